"""Probes: a companion process that reads the target each second beside the load (`python -m loadgen.probes RUN_FOLDER`)."""
