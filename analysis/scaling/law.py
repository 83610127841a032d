"""Laws of scaling: how much is served at which load. Fitted to levels, by least squares of logarithms.

Loads are taken relative to the lowest level, n = N / N_0, so that a law does not depend on the unit (users, sessions per s, servers):

- linear: X = r n
- universal scalability law: X = r n / (1 + a (n - 1) + b n (n - 1)), a contention, b coherence (N. J. Gunther, Guerrilla Capacity
  Planning, 2007, ch. 4)
- capped: X = min(r n / (1 + a (n - 1)), cap): Amdahl's law under a hard limit (a pool, a rate limit), which USL cannot follow: it
  bends where the truth has a corner
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import least_squares

Floats = NDArray[np.float64]
LEAST_DEVIATION = 1e-4  # of a logarithm: no measured rate is more exact, and a perfect fit must not divide by 0
MOST_BEND = 10.0  # of a and b: a target that gives a tenth of it at twice the load has no capacity to speak of


class Law(StrEnum):
    """A law, by its usual name."""

    LINEAR = "linear"
    USL = "universal scalability law"
    CAPPED = "Amdahl's law with a cap"


@dataclass(frozen=True, slots=True)
class Level:
    """One measured level: load in any one unit, and what was served in requests per s. A level may be measured several times."""

    load: float
    served_per_s: float


@dataclass(frozen=True, slots=True)
class Fit:
    """A law with its parameters: `values` are r (per s), then a, then b or the cap (per s). `deviation` of ln X, `aicc` smaller is better."""

    law: Law
    base: float
    values: tuple[float, ...]
    deviation: float
    aicc: float
    levels: int

    @property
    def parameters(self) -> int:
        """Return how many parameters the law has."""
        return len(self.values)

    def served_per_s(self, loads: Floats) -> Floats:
        """Return what is served at each load."""
        return FORMULA[self.law](loads / self.base, np.asarray(self.values))

    @property
    def knee(self) -> float | None:
        """Return the load at which no more is served: where USL has its peak, where the cap is reached; None: there is none."""
        match self.law:
            case Law.LINEAR:
                return None
            case Law.USL:
                _, a, b = self.values
                return self.base * math.sqrt((1 - a) / b) if b > 0 and a < 1 else None
            case Law.CAPPED:
                r, a, cap = self.values
                return self.base * cap * (1 - a) / (r - a * cap) if r > a * cap else None


def _linear(n: Floats, values: Floats) -> Floats:
    return np.asarray(values[0] * n)


def _usl(n: Floats, values: Floats) -> Floats:
    r, a, b = values
    return np.asarray(r * n / (1 + a * (n - 1) + b * n * (n - 1)))


def _capped(n: Floats, values: Floats) -> Floats:
    r, a, cap = values
    return np.asarray(np.minimum(r * n / (1 + a * (n - 1)), cap))


FORMULA: dict[Law, Callable[[Floats, Floats], Floats]] = {Law.LINEAR: _linear, Law.USL: _usl, Law.CAPPED: _capped}


def fit(law: Law, levels: Sequence[Level], near: Sequence[float] | None = None) -> Fit:
    """Return a law fitted to levels of which at least one more is there than it has parameters; raise ValueError otherwise.

    `near`: values to begin the search at, where they are known about; else it begins at several places.
    """
    loads = np.array([level.load for level in levels])
    served = np.log([level.served_per_s for level in levels])
    base = float(loads.min())
    n = loads / base
    starts = _starts(law, n, np.exp(served)) if near is None else [near]
    best = min((_solved(law, n, served, start) for start in starts), key=lambda pair: pair[1])
    values, squares = best
    free = len(levels) - len(values)
    if free < 1:
        raise ValueError(f"{len(levels)} levels for a law with {len(values)} parameters; expected at least one more")
    squares = max(squares, len(levels) * LEAST_DEVIATION**2)
    deviation = math.sqrt(squares / free)
    return Fit(law, base, tuple(float(value) for value in values), deviation, _aicc(squares, len(levels), len(values) + 1), len(levels))  # fmt: skip


def _aicc(squares: float, levels: int, parameters: int) -> float:
    """Return Akaike's criterion, corrected for few levels (C. M. Hurvich, C.-L. Tsai, Biometrika 76 (1989) 297); infinite for too few."""
    spare = levels - parameters - 1
    if spare <= 0:
        return math.inf
    return levels * math.log(squares / levels) + 2 * parameters + 2 * parameters * (parameters + 1) / spare


def _starts(law: Law, n: Floats, served: Floats) -> list[list[float]]:
    """Return where the search begins: for the cap at each level, since the corner may be anywhere."""
    r = float(np.median(served[n == n.min()]))
    match law:
        case Law.LINEAR:
            return [[r]]
        case Law.USL:
            return [[r, 0.0, 0.0], [r, 0.1, 0.01]]
        case Law.CAPPED:
            ordered = np.unique(n)
            caps = [float(np.exp(np.mean(np.log(served[n >= place])))) for place in ordered[1:]]
            return [[r, bend, cap] for cap in [*caps, 2 * float(served.max())] for bend in (0.0, 0.1)]


def _solved(law: Law, n: Floats, served_ln: Floats, start: Sequence[float]) -> tuple[Floats, float]:
    rates = {Law.LINEAR: (0,), Law.USL: (0,), Law.CAPPED: (0, 2)}[law]
    most = [math.inf if index in rates else MOST_BEND for index in range(len(start))]
    least = [1e-9 if index in rates else 0.0 for index in range(len(start))]
    held = np.clip(start, np.array(least), np.array(most))

    def off(values: Floats) -> Floats:
        return np.asarray(np.log(FORMULA[law](n, values)) - served_ln)

    found = least_squares(off, held, bounds=(least, most))
    return found.x, float(2 * found.cost)
