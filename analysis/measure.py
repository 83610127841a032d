"""What is compared with accepted runs: percentiles, rate, service demand, the funnel, errors; with the changes that matter."""

import math
from dataclasses import dataclass

TAIL_COUNT = 20  # requests beyond a quantile that make it an estimate: p95 needs 400, p99 needs 2,000
MIN_COUNT = 40  # requests or sessions that make a rate or a share an estimate


@dataclass(frozen=True, slots=True)
class Measure:
    """What is compared; `quantile` is that of response_us, None for other things than latencies.

    `least` (a ratio) and `least_us`: smaller changes do not matter. `same` is the half-width of the band in which two runs are
    called the same. `worse` is the sign of a change for the worse.
    """

    name: str
    quantile: float | None
    least: float
    least_us: float
    same: float
    worse: int = 1
    unit: str = "us"

    @property
    def is_latency(self) -> bool:
        """Return whether it is a percentile of latencies."""
        return self.quantile is not None

    @property
    def needed(self) -> int:
        """Return how many requests (of a share: sessions) it takes."""
        return MIN_COUNT if self.quantile is None else math.ceil(TAIL_COUNT / (1 - self.quantile) - 1e-9)

    def least_ratio(self, baseline: float) -> float:
        """Return the smallest change that matters, as a ratio of the baseline."""
        return max(self.least, self.least_us / baseline)


RATE = Measure("rate", None, 0.05, 0.0, 0.05, worse=-1, unit="per_s")
DEMAND = Measure(
    "demand", None, 0.05, 0.0, 0.075, unit="s"
)  # D = U / X: the share of all cores used over requests per s
SHARE = Measure("share_of_previous", None, 0.03, 0.0, 0.05, worse=-1, unit="ratio")  # a step of the funnel
ERRORS = Measure("error_ratio", None, 0.05, 0.0, 0.05, unit="ratio")
LEAST_ERRORS = 0.0005  # of all requests, more than before: the target beyond the objective's limit
LATENCIES = (
    Measure("response_p50", 0.50, 0.03, 2_000.0, 0.05),
    Measure("response_p95", 0.95, 0.05, 5_000.0, 0.075),
    Measure("response_p99", 0.99, 0.10, 10_000.0, 0.15),
)
MEASURES = (*LATENCIES, RATE, DEMAND, SHARE, ERRORS)
QUANTILES = tuple(measure.quantile for measure in LATENCIES if measure.quantile is not None)


def word(measure: Measure) -> str:
    """Return the short name of a measure: p95, rate."""
    if measure.quantile is not None:
        return f"p{measure.quantile * 100:g}"
    return {"demand": "CPU a request", "share_of_previous": "share", "error_ratio": "errors"}.get(
        measure.name, measure.name
    )
