"""Where the warm-up of a stage ends: the seconds at its beginning that no comparison looks at.

At least 120 s of real running come first, then whatever of the stage is still a transient by MSER-5.
Sources: K. P. White, Simulation 69 (1997) 323; K. P. White, M. J. Cobb, S. C. Spratt, Winter Simulation Conf. 2000, 755.
"""

import math
from dataclasses import dataclass

import numpy as np

from analysis.bootstrap import Floats, blocks, log_quantiles
from analysis.figures import counted
from analysis.observed import Observed

MIN_RUNNING_S = (
    120.0  # before time_scale: caches, connections and compilers need it; sessions of every length are under way
)
BATCH_S = 5  # before time_scale: MSER-5 on values of a second
MIN_BATCHES = 12  # fewer say nothing of a transient
MIN_BATCH_COUNT = 60.0  # requests a batch has on the average: p95 has a bound from 59 on
MIN_EFFECT = 0.05  # a beginning that differs by less moves no figure of the whole stage by what matters
MIN_ERRORS = 5.0  # standard errors by which the beginning must differ: the cut was chosen for differing
QUANTILES = (0.5, 0.95)


@dataclass(frozen=True, slots=True)
class WarmUp:
    """`cut_s`: whole seconds to leave out. `because` says why, or why the rest says nothing: `short` or `unsettled`.

    `short`: it is too early in the run. `unsettled`: its figures still change when half of it is over.
    """

    cut_s: int
    because: str
    short: bool = False
    unsettled: bool = False


def too_early(observed: Observed, time_scale: float) -> str:
    """Return why a stage is no measure: half of it or more lies in the first 120 s (x time_scale) of the run; "" where it is one."""
    needed_s = running_needed_s(time_scale)
    if 2 * (needed_s - observed.first) < observed.seconds:
        return ""
    return f"only {observed.first} s of running before the stage; a comparison needs {needed_s} s"


def warm_up(observed: Observed, time_scale: float) -> WarmUp:
    """Return how much of a stage's beginning is warm-up."""
    early = too_early(observed, time_scale)
    if early:
        return WarmUp(0, early, short=True)
    needed_s = running_needed_s(time_scale)
    short_s = max(0, needed_s - observed.first)
    length_s = batch_length_s(time_scale)
    cuts = [mser(series) for series in _series(observed, length_s)]
    if any(cut is None for cut in cuts):
        told = "not steady: its figures still change in the second half of the stage, so that it never settled"
        return WarmUp(short_s, told, unsettled=True)
    transient_s = length_s * max((cut for cut in cuts if cut is not None), default=0)
    if transient_s > short_s:
        return WarmUp(transient_s, f"its first {transient_s} s are still a transient (MSER-5)")
    return WarmUp(short_s, f"the first {counted(needed_s, 'second')} of running are left out" if short_s else "")


def settled(observed: Observed, time_scale: float) -> Observed:
    """Return a stage as comparisons look at it: without its warm-up."""
    return observed.after(warm_up(observed, time_scale).cut_s)


def running_needed_s(time_scale: float) -> int:
    """Return how many seconds must have been run, rounded as the stages of a plan are."""
    return max(1, round(MIN_RUNNING_S * min(1.0, time_scale)))


def batch_length_s(time_scale: float) -> int:
    """Return the length of a batch in whole seconds, at least 1."""
    return max(1, round(BATCH_S * min(1.0, time_scale)))


def mser(values: Floats) -> int | None:
    """Return how many values at the beginning are a transient; None where all of the first half is.

    The cut d minimises sum((x - mean)^2) / (n - d)^2 over what is left, d up to n / 2. It counts only where the part cut off
    differs by 5 % (values are logarithms) and by five standard errors from the rest.
    """
    n = values.size
    if n < MIN_BATCHES:
        return 0
    left = n - np.arange(n // 2 + 1)
    sums, squares = (np.cumsum(part[::-1])[::-1][: n // 2 + 1] for part in (values, values**2))
    cut = int(np.argmin((squares - sums**2 / left) / left**2))
    if cut == 0 or not _differs(values[:cut], values[cut:]):
        return 0
    return None if cut == n // 2 else cut


def _differs(beginning: Floats, rest: Floats) -> bool:
    difference = abs(float(beginning.mean() - rest.mean()))
    error = float(rest.std(ddof=1)) * math.sqrt(1 / beginning.size + 1 / rest.size)
    return difference >= max(math.log1p(MIN_EFFECT), MIN_ERRORS * error)


def _series(observed: Observed, length_s: int) -> list[Floats]:
    """Return ln p50, ln p95 and ln throughput by batch; nothing where there are too few requests to tell."""
    counts, logs = blocks(observed, None, length_s)
    totals = counts.sum(axis=1)
    if totals.size < MIN_BATCHES or totals.mean() < MIN_BATCH_COUNT or not totals.all():
        return []
    return [*(log_quantiles(counts, logs, quantile) for quantile in QUANTILES), np.log(totals)]
