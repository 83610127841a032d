"""What one session is made of: requests and thoughts on the average, as measured beforehand; and the rate that follows from it.

A closed population has a planned rate: users begin sessions again and again, so that by the renewal-reward theorem (Ross,
Introduction to Probability Models, 7.4) N users make N / E[cycle] sessions per s in the long run, where a cycle is a session's
thinking and the pause after it. With pacing the cycle is the pacing. Answers are taken to need no time: a target that needs
some makes less than the plan, and that is what a comparison with the plan shows.
"""

import math
from collections.abc import Mapping
from typing import Annotated

from pydantic import Field

from scenarios.document import Strict
from scenarios.think import Think


class SessionSize(Strict):
    """Requests, and thoughts by step, of one persona's session: means of many sessions (`python -m locustfiles.session_size`)."""

    requests: Annotated[float, Field(gt=0)]
    thinks: dict[str, Annotated[float, Field(ge=0)]] = Field(default_factory=dict)


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
