"""Change points of one series: binary segmentation on the largest |t|, believed where chance seldom makes it so large.

Lone values are replaced first. A stretch that a straight line tells better than a step is a drift, and is not split. See
docs/history.md; thresholds are simulated (`analysis.trend.threshold`).
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from analysis.trend.lone import Levels, without_lone
from analysis.trend.metric import Metric, Reading, floor_of
from analysis.trend.slope import ALPHA as SLOPE_ALPHA
from analysis.trend.slope import Slope, line_error, slope_of
from analysis.trend.split import LEAST_SIDE, Best, best_arc, best_split
from analysis.trend.threshold import arc_p_value, split_p_value

ALPHA = 0.01  # of a whole search to find a step where nothing changed
ARC_SHARE = 0.2  # of it is spent on arcs: changes that were taken back
MIN_RUNS = 8  # fewer say nothing


@dataclass(frozen=True, slots=True)
class Step:
    """A change point: `place` is that of the first reading after it; `p_value` of the search that found it."""

    place: int
    p_value: float


@dataclass(frozen=True, slots=True)
class Drift:
    """A stretch of readings that drifted: its first place, its end, and the line through it."""

    start: int
    end: int
    slope: Slope


@dataclass(frozen=True, slots=True)
class Searched:
    """What a search found. `p_values`: of its first looks, one for a step and (of 12 runs) one for a drift in each stretch."""

    steps: tuple[Step, ...]
    drifts: tuple[Drift, ...]
    p_values: tuple[float, ...]


def search(metric: Metric, readings: Sequence[Reading], known: Iterable[int] = ()) -> Searched:
    """Return the change points and drifts of a series of readings, oldest first.

    `known` are places that are change points already: each stretch between them is searched by itself, if it has 8 readings.
    """
    borders = sorted({0, len(readings), *(place for place in known if 0 < place < len(readings))})
    searching = _Search(metric, readings)
    for start, end in zip(borders, borders[1:], strict=False):
        if end - start >= MIN_RUNS:
            searching.stretch(start, end)
    return Searched(
        tuple(_kept(metric, readings, searching.steps, borders)), tuple(searching.drifts), tuple(searching.p_values)
    )


class _Search:
    """One search and what it has found so far."""

    def __init__(self, metric: Metric, readings: Sequence[Reading]) -> None:
        self._metric = metric
        self._levels = np.array([reading.level for reading in readings])
        self._floor = floor_of(readings)
        self.steps: list[Step] = []
        self.drifts: list[Drift] = []
        self.p_values: list[float] = []

    def stretch(self, start: int, end: int) -> None:
        """Search a stretch between known change points."""
        self._levels[start:end] = without_lone(self._levels[start:end], self._floor)
        levels = self._levels[start:end]
        slope = slope_of(levels)
        self.p_values += [_best(levels, self._floor)[1], *([] if slope is None else [slope.p_value])]
        self._divide(start, end)

    def _divide(self, start: int, end: int) -> None:
        if end - start < MIN_RUNS:
            return
        levels = self._levels[start:end]
        best, p_value = _best(levels, self._floor)
        slope = slope_of(levels)
        if slope is not None and self._drifts(slope) and line_error(levels) <= _step_error(levels, best):
            self.drifts.append(Drift(start, end, slope))
        elif p_value <= ALPHA:
            places = [start + place for place in best.places]
            self.steps += [Step(place, p_value) for place in places]
            for left, right in zip([start, *places], [*places, end], strict=True):
                self._divide(left, right)

    def _drifts(self, slope: Slope) -> bool:
        return slope.p_value < SLOPE_ALPHA and self._metric.drifts(slope.first, slope.last)


def _best(levels: Levels, floor: float) -> tuple[Best, float]:
    """Return the best split or arc, and how often the whole search finds so much by chance."""
    split, arc = best_split(levels, floor), best_arc(levels, floor)
    p_value = split_p_value(split.t, levels.size) / (1 - ARC_SHARE)
    if arc is not None:
        of_arc = arc_p_value(arc.t, levels.size) / ARC_SHARE
        if of_arc < p_value:
            return arc, min(1.0, of_arc)
    return split, min(1.0, p_value)


def _step_error(levels: Levels, best: Best) -> float:
    """Return the sum of squares that a step (or an arc) leaves."""
    parts = np.split(levels, best.places)
    return float(sum(np.square(part - part.mean()).sum() for part in parts))


def _kept(
    metric: Metric, readings: Sequence[Reading], steps: Sequence[Step], known: Sequence[int]
) -> list[Step]:
    """Return the steps in order, without those whose sides differ by too little to matter; the least goes first."""
    kept = sorted(steps, key=lambda step: step.place)
    while kept:
        borders = sorted({*known, *(step.place for step in kept)})
        small = []
        for step in kept:
            at = borders.index(step.place)
            before = metric.centre(readings[borders[at - 1] : step.place])
            after = metric.centre(readings[step.place : borders[at + 1]])
            if not metric.matters(before, after):
                small.append(step)
        if not small:
            break
        kept.remove(max(small, key=lambda step: step.p_value))
    return kept
