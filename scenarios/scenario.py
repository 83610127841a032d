"""A scenario: what load, in which stages, against which objectives, compared with what."""

from enum import StrEnum
from typing import Annotated, Literal

from pydantic import Field, model_validator

from scenarios.document import Strict
from scenarios.quantity import PositiveDurationS, RatePerS, Ratio

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
    COOL_DOWN = "cool_down"


class Arrivals(StrEnum):
    """How open arrivals are spaced."""

    POISSON = "poisson"
    CONSTANT = "constant"


class Stage(Strict):
    """A stretch of time at one level (times current traffic), reached at once or by a ramp from the level before."""

    name: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$", max_length=40)]
    kind: StageKind
    level: Annotated[float, Field(gt=0, le=MAX_LEVEL)]
    duration: PositiveDurationS
    ramp: bool = False


class Traffic(Strict):
    """What 1.0 x current traffic is."""

    sessions_per_s: RatePerS | None = None
    users: Annotated[int, Field(ge=1)] | None = None
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
    """

    baseline: str | None = None
    operations: tuple[str, ...] = ()
    tolerated: Tolerated = Tolerated()
    required: bool = False


class Scenario(Strict):
    """One scenario file."""

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

    @model_validator(mode="after")
    def _check(self) -> "Scenario":
        problems = []
        if self.model is Model.OPEN and self.traffic.sessions_per_s is None:
            problems.append('traffic.sessions_per_s is missing; the open model needs it, such as "20 per s"')
        if self.model is Model.CLOSED and self.traffic.users is None:
            problems.append("traffic.users is missing; the closed model needs it")
        names = [stage.name for stage in self.stages]
        twice = sorted({name for name in names if names.count(name) > 1})
        if twice:
            problems.append(f"stages: the name {', '.join(twice)} appears twice; give each stage its own")
        if not any(stage.kind in {StageKind.STEADY, StageKind.STEP} for stage in self.stages):
            problems.append('stages: none is steady, so nothing would be judged; add one with kind = "steady"')
        total_s = sum(stage.duration for stage in self.stages)
        if total_s > MAX_RUN_S:
            problems.append(f"stages: they last {total_s / 86400:.1f} days together; expected at most 7")
        if problems:
            raise ValueError("; ".join(problems))
        return self
