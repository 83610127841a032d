"""Stalls: seconds in which nearly every operation at once was far slower than it is otherwise."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from analysis.observed import Observed
from records.histogram import MIDDLE_US, Histogram
from records.run import Run
from records.window import PAYMENT_FLOW

MIN_STALL_US = 250_000.0  # shorter ones hide in ordinary tails
TIMES_MEDIAN = 10.0
MIN_OPERATIONS = 3  # at work in that second; fewer may be slow together by chance
MIN_SHARE = 0.8  # of the operations at work
MAX_SECONDS_SHARE = 0.5  # beyond it slow is the ordinary state, not a stall


@dataclass(frozen=True, slots=True)
class Stalls:
    """`starts` are seconds from the run's start; `longest_us` the slowest answer in any of them."""

    stage: str
    starts: tuple[int, ...]
    seconds: int
    longest_us: float


def stalls_of(run: Run, observed: Observed) -> Stalls | None:
    """Return the stalls of a stage, None where there was none, or where the generator itself stood still."""
    slowest = _slowest(observed)
    medians = np.array([Histogram(row).quantile_us(0.5) or 0.0 for row in observed.histograms])
    active = slowest > 0
    slow = slowest > np.maximum(MIN_STALL_US, TIMES_MEDIAN * medians)[None, :]
    at_work = active.sum(axis=1)
    stalled = (at_work >= MIN_OPERATIONS) & (slow.sum(axis=1) >= MIN_SHARE * at_work)
    if not stalled.any() or stalled.mean() > MAX_SECONDS_SHARE:
        return None
    longest_us = float(slowest[stalled].max())
    places = np.flatnonzero(stalled)
    if _generator_lag_us(run, [observed.first + int(place) for place in places]) > longest_us / 2:
        return None
    starts = places[np.diff(places, prepend=-2) > 1] + observed.first
    return Stalls(observed.stage.name, tuple(starts.tolist()), int(stalled.sum()), longest_us)


def _slowest(observed: Observed) -> NDArray[np.float64]:
    """Return the slowest answer in us by second and operation, 0 where there was none, shape (seconds, operations)."""
    slowest = np.zeros((observed.seconds, len(observed.names)))
    cells = observed.response
    np.maximum.at(slowest, (cells.second - observed.first, cells.operation), MIDDLE_US[cells.cell])
    if PAYMENT_FLOW in observed.names:
        slowest[:, observed.names.index(PAYMENT_FLOW)] = 0
    return slowest


def _generator_lag_us(run: Run, seconds: Sequence[int]) -> float:
    """Return the greatest loop lag in some seconds, with the one after each: a lag is noted when it is over."""
    wanted = {second for start in seconds for second in (start, start + 1)}
    lags = (
        Histogram.from_sparse(sample.loop_lag_us).max_us() or 0.0 for sample in run.generator if sample.second in wanted
    )
    return max(lags, default=0.0)
