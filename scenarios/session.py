"""What one session is made of: requests and thoughts on the average, as measured beforehand; and the rate that follows from it.

A closed population has a planned rate: users begin sessions again and again, so that by the renewal-reward theorem (Ross,
Introduction to Probability Models, 7.4) N users make N / E[cycle] sessions per s in the long run, where a cycle is a session's
thinking and the pause after it. With pacing the cycle is the pacing. Answers are taken to need no time: a target that needs
some makes less than the plan, and that is what a comparison with the plan shows.
"""

import math
from collections.abc import Mapping
from typing import Annotated

from pydantic import Field, model_validator

from scenarios.document import Strict
from scenarios.think import Think

MOST_OPERATIONS = 200  # of a persona; a shop's API has some dozens
SUM_WITHIN = 0.01  # of the requests: each operation's mean is rounded


class SessionSize(Strict):
    """Requests, and thoughts by step, of one persona's session: means of many sessions (`python -m locustfiles.session_size`).

    `operations` are the same requests by operation; without them a capacity for the mix needs a run of it (docs/capacity-model.md).
    """

    requests: Annotated[float, Field(gt=0)]
    thinks: dict[str, Annotated[float, Field(ge=0)]] = Field(default_factory=dict)
    operations: Annotated[dict[str, Annotated[float, Field(ge=0)]], Field(max_length=MOST_OPERATIONS)] = Field(
        default_factory=dict
    )

    @model_validator(mode="after")
    def _check(self) -> "SessionSize":
        total = math.fsum(self.operations.values())
        if self.operations and abs(total / self.requests - 1) > SUM_WITHIN:
            raise ValueError(
                f"operations sum to {total:g}, requests is {self.requests:g}; expected the same, measure them together"
            )
        return self


class PlannedSession(Strict):
    """The mean session of a plan. `cycle_s` is from the start of a closed user's session to the next, scaled; None if open.

    `how` says in words where the numbers come from.
    """

    requests: float
    cycle_s: float | None
    how: str


def mean_session(
    personas: Mapping[str, float], sizes: Mapping[str, SessionSize], think: Mapping[str, Think]
) -> tuple[float, float] | None:
    """Return requests and seconds of thinking of the mean session; None where a persona has not been measured."""
    if not personas or any(name not in sizes for name in personas):
        return None
    requests = math.fsum(share * sizes[name].requests for name, share in personas.items())
    think_s = math.fsum(
        share * math.fsum(count * think[step].mean_s() for step, count in sizes[name].thinks.items())
        for name, share in personas.items()
    )
    return requests, think_s


def mean_operations(personas: Mapping[str, float], sizes: Mapping[str, SessionSize]) -> dict[str, float] | None:
    """Return the requests of the mean session by operation; None where a persona's have not been measured."""
    if not personas or any(name not in sizes or not sizes[name].operations for name in personas):
        return None
    names = sorted({operation for name in personas for operation in sizes[name].operations})
    return {
        operation: math.fsum(share * sizes[name].operations.get(operation, 0.0) for name, share in personas.items())
        for operation in names
    }
