"""Which injector carries out which kind of fault, and whether all of a plan can be carried out here."""

from typing import assert_never

from loadgen.faults.commanding import Commanding
from loadgen.faults.experiment import Experiment
from loadgen.faults.injector import Injector, Surroundings
from loadgen.faults.killing import Killing
from loadgen.faults.planting import Planting
from loadgen.faults.toxic import Intoxication
from scenarios.errors import ScenarioError
from scenarios.fault import FaultKind
from scenarios.injection import PlannedFault
from scenarios.plan import Plan


def injector_of(planned: PlannedFault, around: Surroundings) -> Injector:
    """Return what carries out one injection."""
    match planned.fault.kind:
        case FaultKind.SANDBOX:
            return Planting(planned, around)
        case FaultKind.KILL:
            return Killing(planned, around)
        case FaultKind.COMMAND:
            return Commanding(planned, around)
        case FaultKind.TOXIPROXY:
            return Intoxication(planned, around)
        case FaultKind.CHAOS:
            return Experiment(planned, around)
        case _:
            assert_never(planned.fault.kind)


def check_faults(plan: Plan, around: Surroundings) -> None:
    """Raise ScenarioError with a line for each fault that cannot be injected here; nothing is broken yet."""
    problems = [
        f"scenario {plan.scenario}: fault {planned.name}: {problem}"
        for planned in plan.faults
        if planned.number == 1 and (problem := injector_of(planned, around).problem())
    ]
    if problems:
        raise ScenarioError(problems)
