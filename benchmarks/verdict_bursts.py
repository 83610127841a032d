"""Errors that come in bursts of 28: how often the same code is said to have more of them, and a real rise is found."""

import numpy as np
from numpy.typing import NDArray
from scipy.stats import binom

from analysis.errors import ErrorCase, Tally
from analysis.interval import overdispersion
from analysis.weighing import weigh
from benchmarks.table import Row
from benchmarks.verdict_trial import Share
from benchmarks.verdict_weeks import BASELINES, OPERATIONS, PER_SECOND, SECONDS

BURST = 28
BURST_S = 3  # how long one lasts
BURSTS_A_RUN = (0.3, 1.0, 3.0)
REQUESTS = SECONDS * PER_SECOND
MORE = 5.0  # times as many bursts, or an error ratio as if
SPREAD_RATIO = 0.005  # errors that do not cluster: 0.5 % of all requests where there were 0.1 %


def burst_rows(rng: np.random.Generator, trials: int) -> list[Row]:
    """Return the rows: the family of errors of a week, one candidate and three, and a binomial test beside it."""
    rows = []
    for candidates in (1, 3):
        false, plain = Share(), Share()
        for trial in range(trials):
            mean = BURSTS_A_RUN[trial % len(BURSTS_A_RUN)]
            case = _case(rng, candidates, mean, mean)
            false.add(_regressed(case))
            plain.add(_binomial(case))
        rows.append(
            Row(
                f"bursts of {BURST} errors, same code, {candidates} candidate(s): false 'regressed'",
                f"{false}; a binomial test {plain.ratio:.0%}".replace("%;", "%;"),
                "≤ 5 %",
                false.ratio <= 0.05,
            )
        )
    real, scattered = Share(), Share()
    for _ in range(trials):
        real.add(_regressed(_case(rng, 3, 1.0, MORE)))
        scattered.add(_regressed(_scattered(rng, 1)))
    rows.append(Row(f"{MORE:g} times as many bursts, 3 candidates: found", str(real)))
    rows.append(Row("errors without bursts, 0.5 % instead of 0.1 %, 1 candidate: found", str(scattered)))
    return rows


def _regressed(case: ErrorCase) -> bool:
    """Return whether the week states it: the case is one of the family of all that is no latency."""
    others = tuple(_quiet(number) for number in range(OPERATIONS))
    weighed = weigh((), (case, *others), None)
    return case.name in weighed.worse and case.is_worth


def _quiet(number: int) -> ErrorCase:
    """Return an operation without any error."""
    calm = Tally(0, REQUESTS, 1.0)
    return ErrorCase(
        "baseline", f"GET /operation/{number:02d}", (calm,), (calm,) * BASELINES, (), gated=True, reason=None
    )


def _case(rng: np.random.Generator, candidates: int, before: float, now: float) -> ErrorCase:
    return ErrorCase(
        "baseline",
        "all operations",
        tuple(_burst_tally(rng, now) for _ in range(candidates)),
        tuple(_burst_tally(rng, before) for _ in range(BASELINES)),
        (),
        gated=True,
        reason=None,
    )


def _burst_tally(rng: np.random.Generator, mean: float) -> Tally:
    failed = np.zeros(SECONDS, dtype=np.int64)
    for _ in range(rng.poisson(mean)):
        start = int(rng.integers(SECONDS - BURST_S))
        failed[start : start + BURST_S] += rng.multinomial(BURST, np.full(BURST_S, 1 / BURST_S))
    return _tally(failed)


def _scattered(rng: np.random.Generator, candidates: int) -> ErrorCase:
    now = tuple(_tally(rng.poisson(SPREAD_RATIO * PER_SECOND, SECONDS)) for _ in range(candidates))
    then = tuple(_tally(rng.poisson(SPREAD_RATIO / MORE * PER_SECOND, SECONDS)) for _ in range(BASELINES))
    return ErrorCase("baseline", "all operations", now, then, (), gated=True, reason=None)


def _tally(failed: NDArray[np.int64]) -> Tally:
    trials = np.full(SECONDS, PER_SECOND, dtype=np.int64)
    return Tally(int(failed.sum()), REQUESTS, overdispersion(failed, trials))


def _binomial(case: ErrorCase) -> bool:
    """Return what the plain test says at 5 %, as if each error were by itself."""
    here, there = sum(t.events for t in case.now), sum(t.events for t in case.then)
    share = len(case.now) / (len(case.now) + len(case.then))
    return here > 0 and float(binom.sf(here - 1, here + there, share)) < 0.05
