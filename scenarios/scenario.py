"""A scenario: what load, in which stages, against which objectives, compared with what."""

from enum import StrEnum
from typing import Annotated, Literal

from pydantic import Field, model_validator

from scenarios.abort import MAX_RULES, AbortRule
from scenarios.audit import ScenarioAudit
from scenarios.document import Strict
from scenarios.fault import MAX_FAULTS, Fault
from scenarios.quantity import DurationS, PositiveDurationS, RatePerS, Ratio
from scenarios.staircase import BACK_DOWN, REST, Staircase, is_reserved
from scenarios.target import Crowding
from scenarios.think import Think

MAX_LEVEL = 1000.0  # times current traffic; more is a slip of the keyboard
MAX_RUN_S = 7 * 86400.0  # a week; the longest soak anybody means


class Model(StrEnum):
    """Open: sessions arrive by a schedule. Closed: a number of users, each starting over after its session."""

    OPEN = "open"
    CLOSED = "closed"


class StageKind(StrEnum):
    """What a stage is for. Only `steady` ones are judged; `step` ones are measured and shown."""

    WARM_UP = "warm_up"
    STEADY = "steady"
    STEP = "step"
    FAULT = "fault"
    COOL_DOWN = "cool_down"


class Arrivals(StrEnum):
    """How open arrivals are spaced."""

    POISSON = "poisson"
    CONSTANT = "constant"


class Stage(Strict):
    """A stretch of time at one level (times current traffic), reached at once or by a ramp from the level before.

    With recorded arrivals the level multiplies them, and `series_at` says how far into the series the stage begins; without it
    a stage goes on where the one before ended.
    """

    name: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$", max_length=40)]
    kind: StageKind
    level: Annotated[float, Field(gt=0, le=MAX_LEVEL)]
    duration: PositiveDurationS
    ramp: bool = False
    series_at: DurationS | None = None


class Traffic(Strict):
    """What 1.0 x current traffic is: a rate or a recorded series (open), or a number of users (closed).

    `pacing` is from one start of a closed user's session to the next; without it a user thinks between two sessions.
    """

    sessions_per_s: RatePerS | None = None
    series: str | None = None
    users: Annotated[int, Field(ge=1)] | None = None
    pacing: PositiveDurationS | None = None
    arrivals: Arrivals = Arrivals.POISSON
    session_length: PositiveDurationS = 90.0  # expected, for sizing the free places of the open model
    start_within: PositiveDurationS = 5.0  # an arrival that no free user took by then is dropped


class Tolerated(Strict):
    """Changes against the baseline that the gate lets pass (the product's own earlier limits)."""

    response_p50: Ratio = 0.15
    response_p95: Ratio = 0.20
    response_p99: Ratio = 0.25
    rate: Ratio = 0.10


class Comparison(Strict):
    """What is compared with which accepted runs.

    `baseline` names the scenario whose accepted runs are the baseline (with this scenario's own).
    `operations` limits the gate to some operations; empty means all. `required` makes a missing baseline block.
    `reruns`: so many fresh runs are made where the first one alerts, and all are judged together; 0 never.
    `control` names an operation that the product's changes do not touch: what it moves is the environment's doing.
    """

    baseline: str | None = None
    operations: tuple[str, ...] = ()
    control: str | None = None
    tolerated: Tolerated = Tolerated()
    required: bool = False
    reruns: Literal[0, 2] = 0  # the rule of the second stage is made for three runs


class Shop(Strict):
    """What the embedded sandbox is started with for this scenario, laid over the target profile's own options."""

    fast: bool | None = None
    service_factor: Annotated[float, Field(gt=0, le=1000)] | None = None
    keep_alive: PositiveDurationS | None = None
    barbers: Annotated[int, Field(ge=1, le=2000)] | None = None
    pool: Annotated[int, Field(ge=1, le=1000)] | None = None
    contention: Crowding | None = None
    coherence: Crowding | None = None
    instances: Annotated[int, Field(ge=1, le=8)] | None = None
    restart_after: PositiveDurationS | None = None


class Scenario(Strict):
    """One scenario file. `think` takes the place of the mix's think time before every step.

    `not_judged` has objectives that have no meaning for this scenario, by name, each with the reason.
    `all_stages` are the stages that are written out and those of the staircase after them.
    """

    format_version: Literal[1]
    name: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$", max_length=60)]
    title: str
    description: str = ""
    model: Model
    mix: str
    objectives: str
    seed: Annotated[int, Field(ge=0, lt=2**63)]
    traffic: Traffic
    stages: Annotated[tuple[Stage, ...], Field(min_length=1, max_length=500)]
    comparison: Comparison = Comparison()
    personas: tuple[str, ...] = ()
    think: Think | None = None
    sandbox: Shop = Shop()
    not_judged: dict[str, str] = Field(default_factory=dict)
    audit: ScenarioAudit = ScenarioAudit()
    abort: Annotated[tuple[AbortRule, ...], Field(max_length=MAX_RULES)] = ()
    faults: Annotated[tuple[Fault, ...], Field(max_length=MAX_FAULTS)] = ()
    staircase: Staircase | None = None

    @model_validator(mode="after")
    def _check(self) -> "Scenario":
        problems = _traffic_problems(self.model, self.traffic) + _series_problems(self.traffic, self.stages)
        if self.staircase is not None and self.model is Model.CLOSED:
            problems.append("staircase has no meaning in the closed model, which never offers more than is answered")
        if self.staircase is not None and self.traffic.series is not None:
            problems.append(
                "staircase has no meaning with traffic.series, which has its own shape; take one of them out"
            )
        names = [stage.name for stage in self.all_stages]
        taken = [stage.name for stage in self.stages if self.staircase is not None and is_reserved(stage.name)]
        if taken:
            problems.append(f"stages: {', '.join(taken)} is a name of the staircase's own stages; give it another")
        twice = sorted({name for name in names if names.count(name) > 1})
        if twice:
            problems.append(f"stages: the name {', '.join(twice)} appears twice; give each stage its own")
        if not any(stage.kind in {StageKind.STEADY, StageKind.STEP, StageKind.FAULT} for stage in self.all_stages):
            problems.append('stages: none is steady, so nothing would be judged; add one with kind = "steady"')
        total_s = sum(stage.duration for stage in self.all_stages)
        if total_s > MAX_RUN_S:
            problems.append(f"stages: they last {total_s / 86400:.1f} days together; expected at most 7")
        if problems:
            raise ValueError("; ".join(problems))
        return self

    @property
    def all_stages(self) -> tuple[Stage, ...]:
        """Return all stages in the order in which they come."""
        return self.stages if self.staircase is None else (*self.stages, *stairs(self.staircase))


def stairs(staircase: Staircase) -> tuple[Stage, ...]:
    """Return a staircase as stages: for each step one that settles and one that is measured, then a rest and the way back down.

    What follows a rest is decided under way, and put between it and the way back; without anything to decide there is no rest.
    """
    found: list[Stage] = []
    for number, level in enumerate(staircase.levels, start=1):
        found += [
            Stage(name=f"settle_{number}", kind=StageKind.WARM_UP, level=level, duration=staircase.settle),
            Stage(name=f"step_{number}", kind=StageKind.STEP, level=level, duration=staircase.hold),
        ]
    back = staircase.back_down
    names = (f"{REST}1", BACK_DOWN) if staircase.goes_on else (BACK_DOWN,)
    down = [Stage(name=name, kind=StageKind.COOL_DOWN, level=back.level, duration=back.duration) for name in names]
    return (*found, *down)


def _traffic_problems(model: Model, traffic: Traffic) -> list[str]:
    """Return what is missing from the traffic of a model, and what has no meaning there."""
    problems = []
    if model is Model.OPEN:
        if traffic.sessions_per_s is None and traffic.series is None:
            problems.append(
                'traffic.sessions_per_s is missing; the open model needs it, such as "20 per s" (or a series)'
            )
        if traffic.sessions_per_s is not None and traffic.series is not None:
            problems.append(
                "traffic has sessions_per_s and a series; expected one of them (a stage's level scales both)"
            )
        if traffic.pacing is not None:
            problems.append(
                "traffic.pacing has no meaning in the open model, where arrivals are scheduled; take it out"
            )
        return problems
    if traffic.users is None:
        problems.append("traffic.users is missing; the closed model needs it")
    if traffic.series is not None:
        problems.append('traffic.series has no meaning in the closed model; take it out, or set model = "open"')
    return problems


def _series_problems(traffic: Traffic, stages: tuple[Stage, ...]) -> list[str]:
    problems = []
    for index, stage in enumerate(stages):
        if traffic.series is None and stage.series_at is not None:
            problems.append(f"stages[{index}].series_at has no meaning without traffic.series; take it out")
        if traffic.series is not None and stage.ramp:
            problems.append(
                f"stages[{index}].ramp has no meaning with traffic.series, which has its own shape; take it out"
            )
        if stage.series_at is not None and stage.series_at < 0:
            problems.append(f"stages[{index}].series_at is {stage.series_at:g} s; expected 0 or more")
    return problems
