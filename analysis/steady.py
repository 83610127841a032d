"""Whether a stage was steady: a drift test between its halves, and no stretch of it far from its end."""

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from scipy.special import ndtri, stdtr

from analysis.bootstrap import MIN_BLOCKS, Floats, block_log_medians, blocks, log_quantiles
from analysis.figures import change
from analysis.observed import Observed
from analysis.verdict import Steadiness
from analysis.warm_up import warm_up

MIN_DRIFT_RATIO = 0.20  # less than this moves no percentile of the whole stage beyond what the gate tolerates
MIN_DRIFT_US = 2_000.0  # less than this nobody notices
MAX_P = 0.001  # shared machines wander; a drift must be plain to be called one

WINDOW_S = 10  # before time_scale
MIN_WINDOW_S = 2  # as blocks: shorter ones hold too few requests
MIN_WINDOWS, MAX_WINDOWS = 20, 360  # fewer cannot be told apart from noise; all pairs of more take seconds
MIN_SEGMENT = 3  # windows: a shorter stretch is an incident, not another state
MAX_SEGMENTS = 20
MAX_CORRELATION = 0.95
TOLERATED = 0.05  # between a segment and the last one (Barrett et al. 2017)


@dataclass(frozen=True, slots=True)
class Drift:
    """The median moved between the halves of a stage. Medians in us; `ratio` 0.3 is 30 % more in the second half."""

    first_us: float
    second_us: float
    ratio: float


@dataclass(frozen=True, slots=True)
class Segment:
    """A stretch of windows [first, end) of one level; `mean` of the logarithms."""

    first: int
    end: int
    mean: float


def steadiness(observed: Observed, time_scale: float) -> Steadiness:
    """Return how a whole stage settled and whether the rest of it was steady; `steady` None where it was too short to tell."""
    start = warm_up(observed, time_scale)
    rest = observed.after(start.cut_s)
    moved = unsteady_in_words(rest, time_scale)
    steady: bool | None
    if moved is not None:
        steady, because = False, moved
    elif start.short:
        steady, because = None, start.because
    elif block_log_medians(rest, time_scale).size < MIN_BLOCKS:
        steady, because = None, "too short to tell whether it was steady"
    else:
        steady, because = True, start.because
    return Steadiness(
        stage=observed.stage.name,
        running_s=float(rest.first),
        cut_s=float(start.cut_s),
        compared_s=float(rest.seconds),
        steady=steady,
        because=because,
    )


def unsteady_in_words(observed: Observed, time_scale: float) -> str | None:
    """Return what moved within a stage, its warm-up left out already; None where nothing did."""
    start = warm_up(observed, time_scale)
    if start.unsettled:
        return start.because
    moved = drift(observed, time_scale)
    if moved is not None:
        return f"not steady: p50 moved by {change(moved.ratio)} between the halves of the stage"
    length_s = max(MIN_WINDOW_S, round(WINDOW_S * min(1.0, time_scale)), -(-observed.seconds // MAX_WINDOWS))
    counts, logs = blocks(observed, None, length_s)
    filled = counts[counts.sum(axis=1) > 0]
    found = segments(log_quantiles(filled, logs, 0.5))
    if not found:
        return None
    last = found[-1]
    far = max(found, key=lambda segment: abs(segment.mean - last.mean))
    ratio = float(np.expm1(far.mean - last.mean))
    if abs(ratio) <= TOLERATED or abs(np.exp(far.mean) - np.exp(last.mean)) < MIN_DRIFT_US:
        return None
    begin_s, end_s = (observed.first + length_s * place for place in (far.first, far.end))
    return f"not steady: p50 from second {begin_s} to {end_s} differs by {change(ratio)} from the end of the stage"


def segments(values: Floats) -> list[Segment]:
    """Return the stretches of one level in a series of logarithms, in order; none where it is too short to tell.

    Circular binary segmentation (A. Olshen et al., Biostatistics 5 (2004) 557) by Student's t, at most p = 0.001 over all
    stretches. Neighbours that are alike make noise look like levels: what is left between them after a first segmentation
    widens the error, as an AR(1)'s would. That no segment may lie far from the last: E. Barrett et al., Proc. ACM Program.
    Lang. 1 (OOPSLA 2017) 52.
    """
    if values.size < MIN_WINDOWS:
        return []
    plain = _segmented(values, 1.0)
    rest = np.concatenate([values[segment.first : segment.end] - segment.mean for segment in plain])
    within = float((rest**2).sum())
    correlation = float((rest[1:] * rest[:-1]).sum()) / within if within > 0 else 0.0
    correlation = min(MAX_CORRELATION, max(0.0, correlation))
    return _segmented(values, float(np.sqrt((1 + correlation) / (1 - correlation))))


def _segmented(values: Floats, widened: float) -> list[Segment]:
    """Return the segments by a t whose standard error is `widened` so many times."""
    threshold = -float(ndtri(MAX_P / values.size**2)) * widened
    borders, waiting = {0, values.size}, [(0, values.size)]
    while waiting and len(borders) <= MAX_SEGMENTS:
        first, end = waiting.pop(0)
        arc = _arc(values[first:end], threshold)
        if arc is not None:
            places = sorted({first, first + arc[0], first + arc[1], end})
            borders.update(places)
            waiting += pairwise(places)
    return [Segment(first, end, float(values[first:end].mean())) for first, end in pairwise(sorted(borders))]


def _arc(values: Floats, threshold: float) -> tuple[int, int] | None:
    """Return the stretch that differs most plainly from the rest, at an end or in the middle; None where none does plainly."""
    n = values.size
    sums = np.concatenate([[0.0], np.cumsum(values)])
    first, end = np.triu_indices(n + 1, k=MIN_SEGMENT)
    length = end - first
    allowed = (
        (n - length >= MIN_SEGMENT) & ((first == 0) | (first >= MIN_SEGMENT)) & ((end == n) | (n - end >= MIN_SEGMENT))
    )
    if not allowed.any():
        return None
    first, end, length = first[allowed], end[allowed], length[allowed]
    inside = sums[end] - sums[first]
    between = (inside / length - (sums[-1] - inside) / (n - length)) ** 2 * length * (n - length) / n
    place = int(np.argmax(between))
    within = max(0.0, float(((values - values.mean()) ** 2).sum() - between[place]))
    if np.sqrt(between[place] * (n - 2)) <= threshold * np.sqrt(within) or between[place] <= 0:
        return None
    return int(first[place]), int(end[place])


def drift(observed: Observed, time_scale: float) -> Drift | None:
    """Return the drift of a stage, None where it was steady or too short to tell.

    Welch's t on ln(median of all requests) of the blocks of the two halves (B. L. Welch, Biometrika 34 (1947) 28).
    """
    logs = block_log_medians(observed, time_scale)
    if logs.size < MIN_BLOCKS:
        return None
    first, second = logs[: logs.size // 2], logs[-(logs.size // 2) :]
    change_log = float(second.mean() - first.mean())
    first_us, second_us = float(np.exp(first.mean())), float(np.exp(second.mean()))
    if abs(np.expm1(change_log)) < MIN_DRIFT_RATIO or abs(second_us - first_us) < MIN_DRIFT_US:
        return None
    parts = np.array([first.var(ddof=1) / first.size, second.var(ddof=1) / second.size])
    error = float(np.sqrt(parts.sum()))
    if error > 0:
        dof = float(parts.sum() ** 2 / (parts**2 / (first.size - 1)).sum())  # Satterthwaite's
        if 2 * float(stdtr(dof, -abs(change_log) / error)) > MAX_P:
            return None
    return Drift(first_us, second_us, float(np.expm1(change_log)))
