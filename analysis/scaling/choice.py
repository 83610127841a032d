"""Which law the levels follow, what it says beyond them and how far, or why none is believed."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.special import stdtrit

from analysis.figures import counted, number, percent
from analysis.scaling.law import Fit, Floats, Law, Level, fit

MIN_LEVELS = 6  # different loads; the law with most parameters then has two to spare
MAX_DEVIATION = 0.10  # of ln X: a law that is off by a tenth says nothing about a margin of a fifth
MAX_RANGE = 1.5  # times the largest level: beyond, another resource may have its say
CLEARLY = 2.0  # AICc: a law with more parameters has to be better by so much
DRAWS = 200
LEVEL = 0.90
BEYOND = {
    Law.LINEAR: 0,
    Law.USL: 1,
    Law.CAPPED: 2,
}  # levels beyond a knee that is believed; one alone may be a bad minute
NORMAL = 1.645  # of 90 %: bootstrap intervals of a few levels are too narrow by t / 1.645 (docs/capacity.md)


@dataclass(frozen=True, slots=True)
class Scaling:
    """The chosen law and all that were tried, best first; `chosen` None: `because` says why. `draws` are fits of the bootstrap."""

    chosen: Fit | None
    tried: tuple[Fit, ...]
    because: str
    loads: tuple[float, ...]
    draws: tuple[Fit, ...] = ()

    @property
    def largest(self) -> float:
        """Return the largest load that was measured, 0 for none."""
        return self.loads[-1] if self.loads else 0.0

    @property
    def reach(self) -> float:
        """Return the largest load of which it speaks."""
        return MAX_RANGE * self.largest

    @property
    def knee_in_range(self) -> float | None:
        """Return the load from which on no more is served, None where that was not seen: two levels beyond it, of USL one."""
        knee = None if self.chosen is None else self.chosen.knee
        if self.chosen is None or knee is None:
            return None
        beyond = sum(load > knee for load in self.loads)
        return knee if beyond >= BEYOND[self.chosen.law] else None


@dataclass(frozen=True, slots=True)
class Predicted:
    """What is served at a load, in requests per s, with its 90 % interval; None: `because` says why."""

    load: float
    served_per_s: float | None
    interval: tuple[float, float] | None
    because: str


def scaling_of(levels: Sequence[Level], seed: int) -> Scaling:
    """Return which law the levels follow, by AICc; a law with more parameters must be better by 2 than a simpler one.

    Refused: too few levels, and a fit that is off by more than a tenth. `seed` is of the bootstrap.
    """
    loads = tuple(sorted({level.load for level in levels if level.load > 0 and level.served_per_s > 0}))
    if len(loads) < MIN_LEVELS:
        return Scaling(None, (), f"{counted(len(loads), 'level')}; a law needs {MIN_LEVELS} different loads", loads)
    known = [level for level in levels if level.load > 0 and level.served_per_s > 0]
    tried = tuple(sorted((fit(law, known) for law in Law), key=lambda made: made.aicc))
    chosen = min(
        (made for made in tried if made.aicc <= tried[0].aicc + CLEARLY), key=lambda made: (made.parameters, made.aicc)
    )
    if chosen.deviation > MAX_DEVIATION:
        told = f"the best of them, {chosen.law.value}, is off by {percent(chosen.deviation)} (at most {percent(MAX_DEVIATION)})"
        return Scaling(None, tried, f"no law follows these levels: {told}", loads)
    told = f"{chosen.law.value} follows the levels within {percent(chosen.deviation)}"
    return Scaling(chosen, tried, told, loads, _drawn(chosen, known, seed))


def _drawn(chosen: Fit, levels: Sequence[Level], seed: int) -> tuple[Fit, ...]:
    """Return fits of the same law to levels with their deviations shuffled (residual bootstrap)."""
    rng = np.random.default_rng(seed)
    loads = np.array([level.load for level in levels])
    expected = chosen.served_per_s(loads)
    off = np.log([level.served_per_s for level in levels]) - np.log(expected)
    off = (off - off.mean()) * math.sqrt(len(levels) / max(1, len(levels) - chosen.parameters))
    made = []
    for _ in range(DRAWS):
        served = expected * np.exp(rng.choice(off, loads.size))
        again = [Level(float(load), float(rate)) for load, rate in zip(loads, served, strict=True)]
        made.append(fit(chosen.law, again, chosen.values))
    return tuple(made)


def predict(scaling: Scaling, load: float) -> Predicted:
    """Return what is served at a load with a 90 % prediction interval; nothing beyond 1.5 times the largest level."""
    chosen = scaling.chosen
    if chosen is None:
        return Predicted(load, None, None, scaling.because)
    if load > scaling.reach * (1 + 1e-9):
        told = f"{number(load)} is beyond {MAX_RANGE:g} times the largest level, {number(scaling.largest)}; measure nearer to it"
        return Predicted(load, None, None, told)
    at = np.array([load])
    middle = float(chosen.served_per_s(at)[0])
    drawn = np.array([float(draw.served_per_s(at)[0]) for draw in scaling.draws])
    return Predicted(load, middle, interval_around(middle, drawn, chosen), "")


def interval_around(middle: float, drawn: Floats, chosen: Fit) -> tuple[float, float]:
    """Return the 90 % interval for one more measurement: of the draws, widened for few levels, with the levels' own deviation."""
    spread = float(np.std(np.log(drawn))) if drawn.size else 0.0
    half = NORMAL * math.hypot(spread, chosen.deviation) * _wider(chosen)
    return middle * math.exp(-half), middle * math.exp(half)


def _wider(chosen: Fit) -> float:
    """Return t / 1.645 for the degrees of freedom that are left."""
    free = max(1, chosen.levels - chosen.parameters)
    return float(stdtrit(free, (1 + LEVEL) / 2)) / NORMAL


def capacity(scaling: Scaling) -> Predicted:
    """Return the most that is served, with the 90 % interval of it; without a knee in range: at least what was measured."""
    chosen, knee = scaling.chosen, scaling.knee_in_range
    if chosen is None:
        return Predicted(scaling.largest, None, None, scaling.because)
    if knee is None:
        least = float(chosen.served_per_s(np.array([scaling.largest]))[0])
        return Predicted(
            scaling.largest,
            None,
            None,
            f"no knee in range: at least {number(least)} requests per s, the most that was tried",
        )
    middle = _peak(chosen, scaling.reach)
    drawn = np.array([_peak(draw, scaling.reach) for draw in scaling.draws])
    spread = float(np.std(np.log(drawn))) * NORMAL * _wider(chosen)
    return Predicted(knee, middle, (middle * math.exp(-spread), middle * math.exp(spread)), "")


def _peak(made: Fit, reach: float) -> float:
    knee = min(made.knee or reach, reach)
    return float(made.served_per_s(np.array([knee]))[0])
