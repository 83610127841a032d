"""Little's law as a gate: in a step that is what it seems, N = X (R + Z) (J. D. C. Little, Operations Research 9 (1961) 383).

N is the mean number of users inside a session, counted each second; X the sessions that started a second; R the response times of
a session's requests together; Z its thinking. N is counted, the others are measured or known beforehand, so that a generator
that lost sessions, clocks that ran apart or users that stuck show up as a difference.
"""

import math

from analysis.health import samples_in
from analysis.observed import Observed
from records.run import Run
from scenarios.session import mean_session

MAX_OFF = 0.05  # docs/exhaustion.md: a step is void beyond it
SIGMAS = 2.0  # and beyond what so few sessions vary by chance


def little_ratio(run: Run, observed: Observed) -> float | None:
    """Return N / (X (R + Z)) of a stage, None where no session started or the mix's thinking has not been measured."""
    plan, samples = run.manifest.plan, samples_in(run, observed)
    measured = mean_session(plan.mix.personas, plan.mix.sessions, plan.mix.think)
    started = sum(sample.started for sample in samples)
    response = observed.histogram()
    if measured is None or started == 0 or observed.seconds == 0 or response.count == 0:
        return None
    users = sum(sample.busy for sample in samples) / observed.seconds
    response_s = (response.mean_us() or 0.0) * response.count / 1e6 / started
    think_s = measured[1] * plan.time_scale
    return users / (started / observed.seconds * (response_s + think_s))


def off_by(run: Run, observed: Observed, ratio: float) -> float:
    """Return by how much more than chance Little's law is off, 0 where it holds.

    Chance: the number of sessions varies as a Poisson count does, their lengths by as much again.
    """
    started = sum(sample.started for sample in samples_in(run, observed))
    tolerated = MAX_OFF + SIGMAS * math.sqrt(2 / max(1, started))
    return max(0.0, abs(ratio - 1) - tolerated)
