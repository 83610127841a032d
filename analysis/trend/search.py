"""Change points of one series: binary segmentation on the largest |t|, believed where chance seldom makes it so large.

Lone values are replaced first. A stretch that a straight line tells better than steps is a drift. See docs/history.md; thresholds are simulated (`analysis.trend.threshold`).
"""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from analysis.trend.lone import Levels, without_lone
from analysis.trend.metric import Metric, Reading, floor_of
from analysis.trend.slope import ALPHA as SLOPE_ALPHA
from analysis.trend.slope import Slope, line_error, slope_of
from analysis.trend.split import Best, best_arc, best_split
from analysis.trend.threshold import arc_p_value, split_p_value

ALPHA = 0.01  # of a whole search to say anything where nothing changed
SPLIT_SHARE, ARC_SHARE = 0.6, 0.2  # of it, for steps and for changes that were taken back; the rest is for drifts
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
    told = [searching.stretch(start, end) for start, end in pairwise(borders) if end - start >= MIN_RUNS]
    steps = [step for each in told for step in each.steps]
    return Searched(
        steps=tuple(_kept(metric, readings, steps, borders)),
        drifts=tuple(drift for each in told for drift in each.drifts),
        p_values=tuple(searching.p_values),
    )


class _Search:
    """One search and the p values of its first looks so far."""

    def __init__(self, metric: Metric, readings: Sequence[Reading]) -> None:
        self._metric = metric
        self._levels = np.array([reading.level for reading in readings])
        self._floor = floor_of(readings)
        self.p_values: list[float] = []

    def stretch(self, start: int, end: int) -> "_Told":
        """Search a stretch between known change points."""
        self._levels[start:end] = without_lone(self._levels[start:end], self._floor)
        look = self._look(start, end)
        self.p_values += [look.p_value, *([] if look.slope is None else [look.slope.p_value])]
        return self._divided(start, end, look)

    def _divided(self, start: int, end: int, look: "_Look | None" = None) -> "_Told":
        """Return how a stretch is told best: by steps, by a line, or as one level."""
        levels = self._levels[start:end]
        if levels.size < MIN_RUNS:
            return _level(levels)
        look = look or self._look(start, end)
        places = [start + place for place in look.best.places]
        steps = [Step(place, look.p_value) for place in places]
        is_sure = look.p_value <= ALPHA
        parts = [
            self._divided(*part) if is_sure else _level(self._levels[slice(*part)])
            for part in pairwise([start, *places, end])
        ]
        told = _together(parts, steps)
        slope = look.slope
        if slope is not None and slope.p_value < SLOPE_ALPHA and self._metric.drifts(slope.first, slope.last):
            line = _Told((), (Drift(start, end, slope),), line_error(levels))
            if line.criterion(levels.size) <= told.criterion(levels.size):
                return line
        return told if is_sure else _level(levels)

    def _look(self, start: int, end: int) -> "_Look":
        levels = self._levels[start:end]
        best, p_value = _best(levels, self._floor)
        return _Look(best, p_value, slope_of(levels))


@dataclass(frozen=True, slots=True)
class _Look:
    """The most that a stretch has of a step, and of a slope."""

    best: Best
    p_value: float
    slope: Slope | None


@dataclass(frozen=True, slots=True)
class _Told:
    """How a stretch is told, and what sum of squares that leaves."""

    steps: tuple[Step, ...]
    drifts: tuple[Drift, ...]
    rest: float

    def criterion(self, runs: int) -> float:
        """Return Schwarz's criterion (G. Schwarz, Ann. Stat. 6 (1978) 461): the lower, the better told.

        One step counts as a line does, two numbers, so that they compete by what they leave. Each further one counts three: its
        level, its place, and that the place was searched for.
        """
        numbers = (3 * len(self.steps) - 1 if self.steps else 1) + len(self.drifts)
        return runs * math.log(max(self.rest, 1e-12) / runs) + numbers * math.log(runs)


def _level(levels: Levels) -> _Told:
    return _Told((), (), float(np.square(levels - levels.mean()).sum()))


def _together(parts: Sequence[_Told], steps: Sequence[Step]) -> _Told:
    return _Told(
        steps=(*steps, *(step for part in parts for step in part.steps)),
        drifts=tuple(drift for part in parts for drift in part.drifts),
        rest=sum(part.rest for part in parts),
    )


def _best(levels: Levels, floor: float) -> tuple[Best, float]:
    """Return the best split or arc, and how often the whole search finds so much by chance."""
    split, arc = best_split(levels, floor), best_arc(levels, floor)
    of_split = split_p_value(split.t, levels.size) / SPLIT_SHARE
    of_arc = arc_p_value(arc.t, levels.size) / ARC_SHARE
    return (split, min(1.0, of_split)) if of_split <= of_arc else (arc, min(1.0, of_arc))


def _kept(metric: Metric, readings: Sequence[Reading], steps: Sequence[Step], known: Sequence[int]) -> list[Step]:
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
