"""Think time: how long people take before a step, as a distribution with a unit, and one draw from it."""

import math
from enum import StrEnum
from random import Random
from typing import Annotated, assert_never

from pydantic import Field, model_validator

from scenarios.document import Strict
from scenarios.quantity import DurationS, PositiveDurationS

DEFAULT_SIGMA = 0.5  # of the logarithm: two in three people within a factor of 1.65 of the median


class ThinkKind(StrEnum):
    """How think times are spread."""

    LOG_NORMAL = "log_normal"
    EXPONENTIAL = "exponential"
    UNIFORM = "uniform"
    FIXED = "fixed"


NEEDS = {
    ThinkKind.LOG_NORMAL: ("median",),
    ThinkKind.EXPONENTIAL: ("mean",),
    ThinkKind.UNIFORM: ("min", "max"),
    ThinkKind.FIXED: ("time",),
}
MAY_HAVE = {ThinkKind.LOG_NORMAL: ("sigma",)}


class Think(Strict):
    """Think time before a step; each kind has its own keys (`NEEDS`), all in seconds but `sigma` (of the logarithm)."""

    kind: ThinkKind = ThinkKind.LOG_NORMAL
    median: PositiveDurationS | None = None
    sigma: Annotated[float, Field(ge=0, le=2)] | None = None
    mean: PositiveDurationS | None = None
    min: DurationS | None = None
    max: PositiveDurationS | None = None
    time: PositiveDurationS | None = None

    @model_validator(mode="after")
    def _check(self) -> "Think":
        given = [name for name in ("median", "sigma", "mean", "min", "max", "time") if getattr(self, name) is not None]
        needs = NEEDS[self.kind]
        missing = [name for name in needs if name not in given]
        foreign = [name for name in given if name not in needs + MAY_HAVE.get(self.kind, ())]
        problems = []
        if missing:
            problems.append(f"has no {' and no '.join(missing)}; {self.kind} needs {' and '.join(needs)}")
        if foreign:
            problems.append(f"has {', '.join(foreign)}; {self.kind} is given by {' and '.join(needs)} alone")
        if self.min is not None and self.min < 0:
            problems.append(f"has the min {self.min:g} s; expected 0 or more")
        if self.min is not None and self.max is not None and self.min > self.max:
            problems.append(f"has the min {self.min:g} s over the max {self.max:g} s; expected min at most max")
        if problems:
            raise ValueError("; ".join(problems))
        return self

    def mean_s(self) -> float:
        """Return the mean in s."""
        a, b = self._parameters()
        match self.kind:
            case ThinkKind.LOG_NORMAL:
                return a * math.exp(b**2 / 2)
            case ThinkKind.UNIFORM:
                return (a + b) / 2
            case ThinkKind.EXPONENTIAL | ThinkKind.FIXED:
                return a
            case _:
                assert_never(self.kind)

    def draw_s(self, rng: Random) -> float:
        """Return one think time in s."""
        a, b = self._parameters()
        match self.kind:
            case ThinkKind.LOG_NORMAL:
                return rng.lognormvariate(math.log(a), b)
            case ThinkKind.EXPONENTIAL:
                return rng.expovariate(1 / a)
            case ThinkKind.UNIFORM:
                return rng.uniform(a, b)
            case ThinkKind.FIXED:
                return a
            case _:
                assert_never(self.kind)

    def _parameters(self) -> tuple[float, float]:
        """Return the kind's one or two numbers; the validator has seen that they are there."""
        match self.kind:
            case ThinkKind.LOG_NORMAL:
                first, second = self.median, DEFAULT_SIGMA if self.sigma is None else self.sigma
            case ThinkKind.EXPONENTIAL:
                first, second = self.mean, 0.0
            case ThinkKind.UNIFORM:
                first, second = self.min, self.max or 0.0
            case ThinkKind.FIXED:
                first, second = self.time, 0.0
            case _:
                assert_never(self.kind)
        assert first is not None
        return first, second
