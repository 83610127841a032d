"""Series over time for charts: windows of 1 s or wider, at most 600, percentiles from merged counts, never averaged."""

import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from records.generator import GeneratorSample
from records.histogram import MIDDLE_US, SIZE
from records.run import Run
from records.series import OUTCOMES, Cells

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

MOST_WINDOWS = 600  # more points than a screen has pixels to tell apart
FEWEST_WINDOWS = 24  # a stretch is not widened beyond a 24th of the run, or its course is lost
QUANTILES = (0.50, 0.95, 0.99)
ENOUGH_FOR = {0.50: 2, 0.95: 20, 0.99: 100}  # at least one value above the quantile is expected: n >= 1 / (1 - q)
NICE_STEPS_S = (1, 2, 5, 10, 15, 20, 30, 60, 120, 300, 600, 900, 1200, 1800, 3600, 7200)


@dataclass(frozen=True, slots=True)
class Latencies:
    """Percentiles of `response_us` by window: `us` has shape (3, n) for p50, p95, p99, NaN where too few; `count` (n,)."""

    step_s: int
    start_s: Floats
    us: Floats
    count: Ints

    @property
    def middle_s(self) -> Floats:
        """Return the middles of the windows, shape (n,)."""
        return self.start_s + self.step_s / 2


@dataclass(frozen=True, slots=True)
class Timeline:
    """What happened by window, arrays of shape (n,); rates per s; NaN where nothing was recorded.

    `outcomes_per_s` has shape (n, 8), columns in the order of `Outcome`. Generator figures are sums over workers (users, sessions),
    percentiles of merged histograms (lag, lateness: p99, us) and the highest of any worker (CPU).
    """

    step_s: int
    start_s: Floats
    outcomes_per_s: Floats
    request_rate_per_s: Floats
    planned_per_s: Floats
    started_per_s: Floats
    dropped_per_s: Floats
    users: Floats
    users_planned: Floats
    busy: Floats
    loop_lag_us_p99: Floats
    lateness_us_p99: Floats
    cpu_ratio: Floats

    @property
    def middle_s(self) -> Floats:
        """Return the middles of the windows, shape (n,)."""
        return self.start_s + self.step_s / 2


def seconds_of(run: Run) -> int:
    """Return how many seconds the run's series cover: what was recorded, else what was planned, at least 1.

    Seconds beyond the plan belong to answers that came late; a damaged clock cannot stretch the axis beyond twice the plan.
    """
    recorded = run.last_second + 1
    planned = math.ceil(run.manifest.plan.duration_s)
    return max(1, min(recorded, 2 * planned + 60)) if recorded > 0 else max(1, planned)


def window_s(seconds: int, requests: int, *, enough: int, fewest: int = FEWEST_WINDOWS) -> int:
    """Return the width of windows: at most 600 of them, each with about `enough` requests, but not fewer than `fewest`."""
    needed = max(1.0, seconds / MOST_WINDOWS)
    if requests:
        needed = max(needed, min(enough * seconds / requests, seconds / fewest))
    return next((step for step in NICE_STEPS_S if step >= needed), math.ceil(needed))


def timeline(run: Run) -> Timeline:
    """Return the series of a run, all operations together."""
    seconds = seconds_of(run)
    by_second = run.series.outcomes_by_second(0, seconds, run.operations)
    step = window_s(seconds, int(by_second.sum()), enough=200)
    windows = math.ceil(seconds / step)
    lengths = _lengths(seconds, step, windows)
    outcomes = _summed(by_second, step, windows)
    outcomes_per_s = outcomes / lengths[:, None]
    generator = _generator(run.generator, step, windows, lengths, seconds)
    return Timeline(
        step, np.arange(windows, dtype=np.float64) * step, outcomes_per_s, outcomes_per_s.sum(axis=1), *generator
    )


def latencies(run: Run, operations: Sequence[str] | None = None, *, enough: int = 200) -> Latencies:
    """Return percentiles of response over time of some operations merged (None: all single requests)."""
    seconds = seconds_of(run)
    chosen = run.series.indices(run.operations if operations is None else operations)
    cells = run.series.response
    mask = cells.where(0, seconds, chosen)
    step = window_s(seconds, int(cells.count[mask].sum()), enough=enough)
    windows = math.ceil(seconds / step)
    us, counts = quantiles_by_group(cells.second[mask] // step, cells.cell[mask], cells.count[mask], windows)
    for row, quantile in enumerate(QUANTILES):
        us[row, counts < ENOUGH_FOR[quantile]] = np.nan
    return Latencies(step, np.arange(windows, dtype=np.float64) * step, us, counts)


def latencies_by_operation(run: Run) -> dict[str, Latencies]:
    """Return percentiles over time of each single request apart, each in windows that hold enough of it."""
    parts = _split(run.series.response, len(run.series.names))
    seconds = seconds_of(run)
    found = {}
    for index, name in enumerate(run.series.names):
        part = parts[index]
        inside = part.second < seconds
        step = window_s(seconds, int(part.count[inside].sum()), enough=40)
        windows = math.ceil(seconds / step)
        us, counts = quantiles_by_group(part.second[inside] // step, part.cell[inside], part.count[inside], windows)
        for row, quantile in enumerate(QUANTILES):
            us[row, counts < ENOUGH_FOR[quantile]] = np.nan
        found[name] = Latencies(step, np.arange(windows, dtype=np.float64) * step, us, counts)
    return {name: found[name] for name in sorted(found)}


def quantiles_by_group(
    group: Ints, bucket: Ints, count: Ints, groups: int, quantiles: Sequence[float] = QUANTILES
) -> tuple[Floats, Ints]:
    """Return quantiles in us by group, shape (len(quantiles), groups), NaN for empty groups, and counts by group.

    The value of rank ceil(q * n), as `Histogram.quantiles_us`; one sort for all groups.
    """
    key = group * SIZE + bucket
    order = np.argsort(key, kind="stable")
    sorted_key = key[order]
    cumulative = np.concatenate(([0], np.cumsum(count[order])))
    edges = np.searchsorted(sorted_key, np.arange(groups + 1, dtype=np.int64) * SIZE)
    before = cumulative[edges[:-1]]
    totals: Ints = cumulative[edges[1:]] - before
    values = np.full((len(quantiles), groups), np.nan)
    filled = totals > 0
    for row, quantile in enumerate(quantiles):
        rank = np.clip(np.ceil(quantile * totals[filled] - 1e-9), 1, totals[filled])
        place = np.searchsorted(cumulative, before[filled] + rank) - 1
        values[row, filled] = MIDDLE_US[sorted_key[place] % SIZE]
    return values, totals


def _split(cells: Cells, operations: int) -> list[Cells]:
    """Return the cells of each operation, by one sort."""
    order = np.argsort(cells.operation, kind="stable")
    edges = np.searchsorted(cells.operation[order], np.arange(operations + 1))
    parts = []
    for start, end in itertools.pairwise(edges.tolist()):
        rows = order[start:end]
        parts.append(Cells(cells.second[rows], cells.operation[rows], cells.cell[rows], cells.count[rows]))
    return parts


def _lengths(seconds: int, step: int, windows: int) -> Floats:
    """Return the lengths of windows in s: all `step`, the last one what is left."""
    lengths = np.full(windows, float(step))
    lengths[-1] = seconds - step * (windows - 1)
    return lengths


def _summed(by_second: Ints, step: int, windows: int) -> Floats:
    padded = np.zeros((windows * step, by_second.shape[1]))
    padded[: by_second.shape[0]] = by_second
    summed: Floats = padded.reshape(windows, step, -1).sum(axis=1)
    return summed


def _generator(
    samples: tuple[GeneratorSample, ...], step: int, windows: int, lengths: Floats, seconds: int
) -> tuple[Floats, ...]:
    """Return planned, started, dropped (per s), users, users planned, busy, lag p99, lateness p99, CPU."""
    inside = [sample for sample in samples if 0 <= sample.second < seconds]
    if not inside:
        return tuple(np.full(windows, np.nan) for _ in range(9))
    second = np.array([sample.second for sample in inside], dtype=np.int64)
    window = second // step
    seen = np.bincount(window, minlength=windows) > 0
    per_s = [
        _where(seen, np.bincount(window, weights=[getattr(s, name) for s in inside], minlength=windows) / lengths)
        for name in ("planned", "started", "dropped")
    ]
    levels = [
        _level(second, [getattr(s, name) for s in inside], step, windows) for name in ("users", "users_planned", "busy")
    ]
    tails = [_tail(window, [getattr(s, name) for s in inside], windows) for name in ("loop_lag_us", "lateness_us")]
    cpu = np.full(windows, -np.inf)
    np.maximum.at(cpu, window, np.array([sample.cpu_ratio for sample in inside]))
    return (*per_s, *levels, *tails, _where(seen, cpu))


def _where(seen: NDArray[np.bool_], values: Floats) -> Floats:
    return np.where(seen, values, np.nan)


def _level(second: Ints, values: list[int], step: int, windows: int) -> Floats:
    """Return the mean over a window's seconds of the sum over workers."""
    totals = np.bincount(second, weights=values, minlength=windows * step)
    present = np.bincount(second, minlength=windows * step) > 0
    sums = totals.reshape(windows, step).sum(axis=1)
    counts = present.reshape(windows, step).sum(axis=1)
    return np.where(counts > 0, sums / np.maximum(counts, 1), np.nan)


def _tail(window: Ints, histograms: list[list[int]], windows: int) -> Floats:
    """Return p99 in us of sparse histograms merged by window."""
    groups, buckets, counts = [], [], []
    for place, sparse in zip(window.tolist(), histograms, strict=True):
        if not sparse:
            continue
        pairs = np.asarray(sparse, dtype=np.int64)
        buckets.append(np.cumsum(pairs[0::2]))
        counts.append(pairs[1::2])
        groups.append(np.full(pairs.size // 2, place, dtype=np.int64))
    if not groups:
        return np.full(windows, np.nan)
    values, _ = quantiles_by_group(
        np.concatenate(groups), np.concatenate(buckets), np.concatenate(counts), windows, (0.99,)
    )
    tail: Floats = values[0]
    return tail


def outcome_totals(run: Run) -> dict[str, int]:
    """Return how many requests of the whole run ended how, by outcome, all present."""
    counts = run.outcomes(0, seconds_of(run))
    return {outcome.value: counts[outcome] for outcome in OUTCOMES}
