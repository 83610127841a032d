"""The breaking point: the highest offered rate at which everything held, between the last good step and the first bad one.

Inside the bracket ln p95 is interpolated over the offered rate by a monotone cubic (F. N. Fritsch, R. E. Carlson, SIAM J. Numer.
Anal. 17 (1980) 238) through values that are made to rise (isotonic regression): near saturation a latency is nearly a straight
line in the logarithm, and never falls.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.interpolate import PchipInterpolator
from scipy.optimize import brentq, isotonic_regression

from analysis.staircase import Crossing, Missed, Step

LIMITS_US = (
    100_000.0,
    150_000.0,
    200_000.0,
    300_000.0,
)  # docs/exhaustion.md: one limit alone hides how steep the wall is
STEEPEST = 1e-9  # that of a flat stretch, so that the curve rises everywhere and can be turned round


@dataclass(frozen=True, slots=True)
class Bracket:
    """The last good step and the first bad one; None where there is none."""

    good: Step | None
    bad: Step | None


def bracket_of(steps: Sequence[Step]) -> Bracket:
    """Return where it broke, of steps in the order of their levels.

    A bad step with a good one above it did not repeat at a higher load: it was something else, and is passed over.
    """
    highest = max((index for index, step in enumerate(steps) if step.good), default=-1)
    bad = next((step for step in steps[highest + 1 :] if step.good is False), None)
    return Bracket(steps[highest] if highest >= 0 else None, bad)


def first_missed(bracket: Bracket) -> tuple[Missed | None, float | None]:
    """Return which objective broke first, and at which offered rate inside the bracket; None where it cannot be told.

    Each missed one that was measured on both sides crosses its limit somewhere; the lowest such rate was the first.
    """
    good, bad = bracket.good, bracket.bad
    if bad is None or not bad.missed:
        return None, None
    if good is None:
        return bad.missed[0], None
    crossed = [(rate, missed) for missed in bad.missed if (rate := _crossed_at(missed, good, bad)) is not None]
    if not crossed:
        return bad.missed[0], None
    rate, missed = min(crossed, key=lambda pair: pair[0])
    return missed, rate


def _crossed_at(missed: Missed, good: Step, bad: Step) -> float | None:
    """Return where a value reaches its limit on a straight line in the logarithm, None where one end is 0 or not known."""
    if missed.before is None or min(missed.before, missed.observed, missed.limit) <= 0:
        return None
    low, high, limit = (math.log(value) for value in (missed.before, missed.observed, missed.limit))
    if high == low:
        return None
    share = min(1.0, max(0.0, (limit - low) / (high - low)))
    return good.offered_per_s + share * (bad.offered_per_s - good.offered_per_s)


class Curve:
    """ln p95 of all operations over the offered rate: monotone, through the steps that have one."""

    def __init__(self, steps: Sequence[Step]) -> None:
        known = [step for step in steps if step.response_us_p95 is not None and step.offered_per_s > 0]
        rates: dict[float, list[tuple[float, int]]] = {}
        for step in known:
            rates.setdefault(step.offered_per_s, []).append((math.log(step.response_us_p95 or 1.0), step.count))
        self.rate = np.array(sorted(rates))
        level = np.array([float(np.mean([log for log, _ in rates[rate]])) for rate in self.rate.tolist()])
        weight = np.array([float(sum(count for _, count in rates[rate])) for rate in self.rate.tolist()])
        rising = isotonic_regression(level, weights=np.maximum(weight, 1.0)).x if level.size else level
        self.level = rising + STEEPEST * np.arange(rising.size)
        self._curve = PchipInterpolator(self.rate, self.level) if self.rate.size >= 2 else None

    def crossing(self, limit_us: float) -> float | None:
        """Return the offered rate at which the curve reaches a limit, None where it does not inside its range."""
        wanted = math.log(limit_us)
        if self._curve is None or not self.level[0] <= wanted <= self.level[-1]:
            return None
        place = max(1, int(np.searchsorted(self.level, wanted)))
        low, high = float(self.rate[place - 1]), float(self.rate[place])
        if self.level[place] == wanted:
            return high
        curve = self._curve
        return float(brentq(lambda rate: float(curve(rate)) - wanted, low, high))


def crossings(steps: Sequence[Step]) -> tuple[Crossing, ...]:
    """Return the offered rate at each of the limits."""
    curve = Curve(steps)
    return tuple(_crossing(curve, steps, limit_us) for limit_us in LIMITS_US)


def _crossing(curve: Curve, steps: Sequence[Step], limit_us: float) -> Crossing:
    rate = curve.crossing(limit_us)
    if rate is not None:
        return Crossing(limit_us, rate, requests_at(steps, rate), "")
    if not curve.rate.size:
        return Crossing(limit_us, None, None, "no step was measured")
    below = math.log(limit_us) < curve.level[0]
    why = "below the lowest step" if below else "not reached in range: more than the highest step"
    return Crossing(limit_us, None, None, why)


def requests_at(steps: Sequence[Step], offered_per_s: float) -> float | None:
    """Return the requests per s that belong to an offered rate, None where no step has both."""
    pairs = sorted((step.offered_per_s, step.request_rate_per_s) for step in steps if step.offered_per_s > 0)
    if not pairs:
        return None
    return float(np.interp(offered_per_s, [rate for rate, _ in pairs], [requests for _, requests in pairs]))
