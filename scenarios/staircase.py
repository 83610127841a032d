"""A staircase: steps upward by a ratio until the target breaks, a few beyond, then back down with the load still on."""

from typing import Annotated

from pydantic import Field, model_validator

from scenarios.document import Strict
from scenarios.quantity import PositiveDurationS

MAX_STEPS = 60  # +10 % sixty times is three hundred times the start
BACK_DOWN = "back_down"  # the name of the last stage


class BackDown(Strict):
    """The load after the climb: does the target recover while it is still on?"""

    level: Annotated[float, Field(gt=0)]
    duration: PositiveDurationS


class Staircase(Strict):
    """Steps at `start`, `start x step_ratio`, … up to at most `most` (levels: times current traffic).

    Each step settles, then holds; only the hold is measured. The climb ends `steps_past` steps after the first that missed an
    objective (or at `most`), and goes back down.
    """

    start: Annotated[float, Field(gt=0)]
    step_ratio: Annotated[float, Field(gt=1.0, le=2.0)]
    steps_past: Annotated[int, Field(ge=1, le=10)]
    most: Annotated[float, Field(gt=0)]
    settle: PositiveDurationS
    hold: PositiveDurationS
    back_down: BackDown

    @model_validator(mode="after")
    def _check(self) -> "Staircase":
        if self.most < self.start:
            raise ValueError(f"most is {self.most:g}; expected at least start, {self.start:g}")
        if len(self.levels) > MAX_STEPS:
            raise ValueError(
                f"from {self.start:g} to {self.most:g} by {self.step_ratio:g} are more than {MAX_STEPS} steps; make the ratio larger"
            )
        return self

    @property
    def levels(self) -> tuple[float, ...]:
        """Return the level of each step, cut off after more than `MAX_STEPS`."""
        found: list[float] = []
        while len(found) <= MAX_STEPS and self.start * self.step_ratio ** len(found) <= self.most * (1 + 1e-9):
            found.append(round(self.start * self.step_ratio ** len(found), 4))
        return tuple(found)
