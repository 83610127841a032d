"""Whose doing it is that arrivals found no free user: the generator's, or a target that kept everybody waiting."""

from analysis.observed import Observed
from records.histogram import Histogram
from records.run import Run

# `scenarios.plan` gives each session 4 s for its requests when it counts the places; a target that needs more, or
# that lets one request in a hundred take over a second, uses them up by its own slowness.
REQUEST_S_PER_SESSION = 4.0
SLOW_US_P99 = 1_000_000.0
HEALTHY_LAG_US_P99 = 50_000.0
HEALTHY_CPU_RATIO = 0.90


def target_kept_everybody_waiting(run: Run, observed: Observed) -> bool:
    """Tell whether sessions came late or were dropped while the generator was healthy and the target slow."""
    samples = [sample for sample in run.generator if observed.first <= sample.second < observed.end]
    if not any(sample.late or sample.dropped for sample in samples):
        return False
    lag = Histogram.empty()
    for sample in samples:
        lag.add_sparse(sample.loop_lag_us)
    cpu = max((sample.cpu_ratio for sample in samples), default=0.0)
    if (lag.quantile_us(0.99) or 0.0) > HEALTHY_LAG_US_P99 or cpu > 2 * HEALTHY_CPU_RATIO:
        return False
    response = observed.histogram()
    started = sum(sample.started for sample in samples)
    busy_s = (response.mean_us() or 0.0) * response.count / 1e6
    slow = (response.quantile_us(0.99) or 0.0) > SLOW_US_P99
    return slow or busy_s > REQUEST_S_PER_SESSION * max(1, started)


def dropped_or_late(run: Run, observed: Observed) -> tuple[int, int, int]:
    """Return how many sessions of a stage were planned, dropped, and started late."""
    samples = [sample for sample in run.generator if observed.first <= sample.second < observed.end]
    return (
        sum(sample.planned for sample in samples),
        sum(sample.dropped for sample in samples),
        sum(sample.late for sample in samples),
    )
