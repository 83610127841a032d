"""What is compared with accepted runs: three percentiles and the rate, with the changes that matter."""

import math
from dataclasses import dataclass

TAIL_COUNT = 20  # requests beyond a quantile that make it an estimate: p95 needs 400, p99 needs 2,000
MIN_RATE_COUNT = 40


@dataclass(frozen=True, slots=True)
class Measure:
    """What is compared: a quantile of response_us or (None) the rate. `least` and `least_us`: smaller changes do not matter.

    `same` is the half-width of the band in which two runs are called the same.
    """

    name: str
    quantile: float | None
    least: float
    least_us: float
    same: float

    @property
    def worse(self) -> int:
        """Return the sign of a change for the worse."""
        return -1 if self.quantile is None else 1

    @property
    def needed(self) -> int:
        """Return how many requests it takes."""
        return MIN_RATE_COUNT if self.quantile is None else math.ceil(TAIL_COUNT / (1 - self.quantile) - 1e-9)

    @property
    def unit(self) -> str:
        """Return the unit of its values."""
        return "per_s" if self.quantile is None else "us"

    def least_ratio(self, baseline: float) -> float:
        """Return the smallest change that matters, as a ratio of the baseline."""
        return max(self.least, self.least_us / baseline)


MEASURES = (
    Measure("response_p50", 0.50, 0.03, 2_000.0, 0.05),
    Measure("response_p95", 0.95, 0.05, 5_000.0, 0.075),
    Measure("response_p99", 0.99, 0.10, 10_000.0, 0.15),
    Measure("rate", None, 0.05, 0.0, 0.05),
)
LATENCIES = tuple(measure for measure in MEASURES if measure.quantile is not None)
RATE = MEASURES[-1]
QUANTILES = tuple(measure.quantile for measure in LATENCIES if measure.quantile is not None)


def word(measure: Measure) -> str:
    """Return the short name of a measure: p95, rate."""
    return "rate" if measure.quantile is None else f"p{measure.quantile * 100:g}"
