"""Faults of a scenario, carried out beside the load by a process of their own: `python -m loadgen.faults RUN_FOLDER`."""
