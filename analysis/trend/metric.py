"""What is followed from run to run: three percentiles, the rate, the share of failed requests, and the scale each is judged on."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from analysis.measure import LATENCIES, RATE
from analysis.spread import MIN_SD

LEAST_LOG = math.log(1.03)  # smaller changes do not matter
LEAST_DRIFT_LOG = math.log(1.05)
LEAST_SHARE = 0.0005  # of the failed ones: half of the product's objective of 0.1 %
SHARE_NEEDED = 400  # requests; with fewer one failure is more than the 0.25 % that nobody overlooks
ERRORS = "error_ratio"


@dataclass(frozen=True, slots=True)
class Metric:
    """One thing that is followed. `unit`: us, per_s or ratio; `worse`: the sign of a change for the worse.

    Latencies and rates are judged as logarithms. A share of failed requests is often 0, which has none: it is judged as the
    angle of M. F. Freeman and J. W. Tukey (Ann. Math. Stat. 21 (1950) 607), whose variance is 1 / (4 n) for any share.
    """

    name: str
    unit: str
    worse: int
    needed: int
    quantile: float | None = None

    @property
    def is_logarithmic(self) -> bool:
        """Tell whether it is judged as a logarithm."""
        return self.name != ERRORS

    def change_ratio(self, before: float, after: float) -> float | None:
        """Return a change as a ratio, None of a share: from 0 there is none."""
        return after / before - 1 if self.is_logarithmic else None

    def value(self, level: float) -> float:
        """Return a level of the judged scale in the metric's unit."""
        return math.exp(level) if self.is_logarithmic else math.sin(max(0.0, level)) ** 2

    def matters(self, before: float, after: float) -> bool:
        """Tell whether a change between two values in the metric's unit is large enough to be one."""
        if self.is_logarithmic:
            return abs(math.log(after / before)) >= LEAST_LOG
        return abs(after - before) >= LEAST_SHARE

    def drifts(self, first: float, last: float) -> bool:
        """Tell whether a line between two levels of the judged scale rises or falls by enough to be a drift."""
        if self.is_logarithmic:
            return abs(last - first) >= LEAST_DRIFT_LOG
        return abs(self.value(last) - self.value(first)) >= LEAST_SHARE

    def centre(self, readings: "Sequence[Reading]") -> float:
        """Return the middle of readings in the metric's unit: a geometric mean, of shares the mean."""
        if self.is_logarithmic:
            return math.exp(float(np.mean([reading.level for reading in readings])))
        return float(np.mean([reading.value for reading in readings]))


@dataclass(frozen=True, slots=True)
class Reading:
    """One run's value of a metric, in its unit. `place`: the run's place in its course; `level`: on the judged scale.

    `variance` is what the level varies by within a run of the same kind: less than that no two runs agree, but by chance.
    """

    place: int
    value: float
    level: float
    variance: float


METRICS = (
    *(Metric(measure.name, "us", 1, measure.needed, measure.quantile) for measure in LATENCIES),
    Metric(RATE.name, "per_s", -1, RATE.needed),
    Metric(ERRORS, "ratio", 1, SHARE_NEEDED),
)


def logarithmic(place: int, value: float, variance: float) -> Reading:
    """Return the reading of a latency in us or of a rate per s, more than 0."""
    return Reading(place, value, math.log(value), max(variance, MIN_SD**2))


def share(place: int, failed: int, count: int) -> Reading:
    """Return the reading of a share of failed requests, of at least one request."""
    angles = math.asin(math.sqrt(failed / (count + 1))) + math.asin(math.sqrt((failed + 1) / (count + 1)))
    return Reading(place, failed / count, angles / 2, 1 / (4 * count))


def floor_of(readings: Sequence[Reading]) -> float:
    """Return the least standard deviation that is believed of a series."""
    return math.sqrt(float(np.mean([reading.variance for reading in readings]))) if readings else MIN_SD
