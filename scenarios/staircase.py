"""A staircase: steps upward by a ratio until the target breaks, a few beyond; then nearer to the break by halves, what was found
held for longer, and back down with the load still on."""

from typing import Annotated

from pydantic import Field, model_validator

from scenarios.document import Strict
from scenarios.quantity import DurationS, PositiveDurationS, Ratio

MAX_STEPS = 60  # +10 % sixty times is three hundred times the start
MAX_BISECTIONS = 6  # from a ratio of 2 to 5 % are four; two more for steps that are void
CONFIRM_SHARE = 0.95  # of the breaking point; one that does not hold there is none
SETTLES = 2  # times `settle` after a rest: the load comes from further down than by one step
MIN_REST_S = 30.0  # however short the run: within it the steps are judged, and all workers told what comes next

BACK_DOWN = "back_down"  # the name of the last stage
CONFIRM = "confirm"
REST, BISECT, SETTLE = "rest_", "bisect_", "settle_"  # beginnings of names


def is_reserved(name: str) -> bool:
    """Tell whether a stage with this name may be put into the plan under way."""
    return name.removeprefix(SETTLE) == CONFIRM or name.startswith((REST, BISECT, f"{SETTLE}{BISECT}"))


class BackDown(Strict):
    """The load after the climb: does the target recover while it is still on?"""

    level: Annotated[float, Field(gt=0)]
    duration: PositiveDurationS


class Staircase(Strict):
    """Steps at `start`, `start x step_ratio`, … up to at most `most` (levels: times current traffic).

    Each step settles, then holds; only the hold is measured. The climb ends `steps_past` steps after the first that missed an
    objective (or at `most`), and rests at the level of the way back until the target has recovered. Then follow steps in the
    middle of the bracket, each with a rest before it, until its ends are no further apart than `bisect_to`; a hold of `confirm`
    at 95 % of the breaking point (0 s: none); and the way back down. What is decided under way: `scenarios.turn`.
    """

    start: Annotated[float, Field(gt=0)]
    step_ratio: Annotated[float, Field(gt=1.0, le=2.0)]
    steps_past: Annotated[int, Field(ge=1, le=10)]
    most: Annotated[float, Field(gt=0)]
    settle: PositiveDurationS
    hold: PositiveDurationS
    back_down: BackDown
    bisect_to: Annotated[Ratio, Field(ge=0.01)] = 0.05
    confirm: DurationS = 600.0

    @model_validator(mode="after")
    def _check(self) -> "Staircase":
        if self.most < self.start:
            raise ValueError(f"most is {self.most:g}; expected at least start, {self.start:g}")
        if len(self.levels) > MAX_STEPS:
            raise ValueError(
                f"from {self.start:g} to {self.most:g} by {self.step_ratio:g} are more than {MAX_STEPS} steps; make the ratio larger"
            )
        if self.confirm < 0:
            raise ValueError(f"confirm is {self.confirm:g} s; expected 0 or more")
        return self

    @property
    def levels(self) -> tuple[float, ...]:
        """Return the level of each step, cut off after more than `MAX_STEPS`."""
        found: list[float] = []
        while len(found) <= MAX_STEPS and self.start * self.step_ratio ** len(found) <= self.most * (1 + 1e-9):
            found.append(round(self.start * self.step_ratio ** len(found), 4))
        return tuple(found)

    @property
    def goes_on(self) -> bool:
        """Tell whether anything is to be found out after the climb: by bisection, or by a hold."""
        return self.confirm > 0 or self.is_wide(1.0, self.step_ratio)

    def is_wide(self, low: float, high: float) -> bool:
        """Tell whether two levels are further apart than `bisect_to`."""
        return high / low - 1 > self.bisect_to + 1e-9
