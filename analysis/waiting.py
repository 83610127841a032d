"""Whose doing it is that arrivals found no free user: the generator's, or a target that kept everybody waiting."""

from analysis.health import MAX_CPU_RATIO, MAX_LOOP_LAG_US_P99, cpu_ratios, lag_us_p99, samples_in
from analysis.observed import Observed
from records.run import Run

# `scenarios.plan` gives each session 4 s for its requests when it counts the places; a target that needs more, or
# that lets one request in a hundred take over a second, uses them up by its own slowness.
REQUEST_S_PER_SESSION = 4.0
SLOW_US_P99 = 1_000_000.0


def target_kept_everybody_waiting(run: Run, observed: Observed) -> bool:
    """Tell whether sessions came late or were dropped while the generator was healthy and the target slow."""
    samples = samples_in(run, observed)
    if not any(sample.late or sample.dropped for sample in samples):
        return False
    busiest = max(cpu_ratios(run, observed).values(), default=0.0)
    if lag_us_p99(run, observed) > MAX_LOOP_LAG_US_P99 or busiest > MAX_CPU_RATIO:
        return False
    response = observed.histogram()
    started = sum(sample.started for sample in samples)
    busy_s = (response.mean_us() or 0.0) * response.count / 1e6
    slow = (response.quantile_us(0.99) or 0.0) > SLOW_US_P99
    return slow or busy_s > REQUEST_S_PER_SESSION * max(1, started)


def dropped_or_late(run: Run, observed: Observed) -> tuple[int, int, int]:
    """Return how many sessions of a stage were planned, dropped, and started late."""
    samples = samples_in(run, observed)
    return (
        sum(sample.planned for sample in samples),
        sum(sample.dropped for sample in samples),
        sum(sample.late for sample in samples),
    )
