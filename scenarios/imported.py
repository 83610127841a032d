"""The plan of an imported run: what stands in the place of a scenario that nobody here carried out."""

import hashlib

from scenarios.errors import ScenarioError
from scenarios.layout import PlannedStage
from scenarios.mix import Mix, Persona, Step
from scenarios.objectives import ObjectiveSet
from scenarios.plan import Plan
from scenarios.quantity import duration_s
from scenarios.scenario import Arrivals, Comparison, Model, StageKind
from scenarios.target import Accounts, Limits, Target, TargetKind
from scenarios.think import Think, ThinkKind

WARM_UP, STEADY = "warm_up", "steady"
ELSEWHERE = "elsewhere"


def imported_plan(
    name: str, title: str, objectives: ObjectiveSet, target: Target, *, length_s: int, warm_up_s: float, users: int
) -> Plan:
    """Return the plan: perhaps a warm-up, then one judged stage; raise ScenarioError where nothing would be left to judge.

    Mix and model are not known; they stand as one persona and the closed model, which plans no arrivals.
    """
    if not 0 <= warm_up_s < length_s:
        raise ScenarioError(
            [
                f"--warm-up is {warm_up_s:g} s; expected less than the run's length, {length_s} s, so that there is something to judge"
            ]
        )
    return Plan(
        scenario=name,
        title=title,
        description="Imported: another tool made the load, and only what its file tells is known.",
        scenario_digest=hashlib.sha256(f"imported {name}".encode()).hexdigest()[:16],
        model=Model.CLOSED,
        arrivals=Arrivals.POISSON,
        seed=0,
        time_scale=1.0,
        load_scale=1.0,
        start_within_s=1.0,
        places=users,
        stages=_stages(length_s, float(round(warm_up_s)), users),
        mix=_unknown_mix(),
        objectives=objectives,
        comparison=Comparison(),
        target=target,
    )


def unknown_target() -> Target:
    """Return the profile of a target of which nothing is known here."""
    return Target(
        format_version=1,
        name=ELSEWHERE,
        title="not told at the import",
        kind=TargetKind.UNKNOWN,
        url="http://elsewhere.invalid",
        limits=Limits(sessions_per_s=1.0, users=1),
        clients=Accounts(source="file", file="none"),
    )


def seconds_of(option: str, text: str) -> float:
    """Return the seconds of an option such as --warm-up "30 s"; raise ScenarioError where it is no duration."""
    try:
        return duration_s(text)
    except ValueError as error:
        raise ScenarioError([f"{option} {error}"]) from error


def _stages(length_s: int, warm_up_s: float, users: int) -> tuple[PlannedStage, ...]:
    def stage(name: str, kind: StageKind, start_s: float, end_s: float) -> PlannedStage:
        return PlannedStage(
            name=name, kind=kind, level=1.0, from_level=1.0, start_s=start_s, end_s=end_s, sessions_per_s=None, users=users
        )  # fmt: skip

    steady = stage(STEADY, StageKind.STEADY, warm_up_s, float(length_s))
    return (stage(WARM_UP, StageKind.WARM_UP, 0.0, warm_up_s), steady) if warm_up_s else (steady,)


def _unknown_mix() -> Mix:
    return Mix(
        format_version=1,
        name="not known",
        title="not known: imported",
        personas={Persona.NEW_CUSTOMER.value: 1.0},
        think={step.value: Think(kind=ThinkKind.FIXED, time=1.0) for step in Step},
    )
