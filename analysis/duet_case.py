"""What is compared in a duet: by metric and operation, the two arms' values in each restart that counts."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from analysis.interval import LEVEL as BOUNDS_LEVEL
from analysis.interval import Z, quantile_interval_us
from analysis.measure import LATENCIES, Measure
from analysis.observed import Observed
from analysis.paired import Differences
from analysis.signal import increase
from records.duet import Side
from records.histogram import MIDDLE_US, Histogram
from records.run import Run
from records.window import PAYMENT_FLOW, SERVED
from scenarios.probe import ProbeKind

ALL = "all operations"
P50, P95 = LATENCIES[0], LATENCIES[1]
TYPICAL = Measure("service_mean", 0.5, P50.least, P50.least_us, P50.same)
"""The geometric mean of `service_us`: as typical as the median, and known 1.6 times as well from as many requests."""
CPU = Measure("cpu_per_request", None, 0.05, 0.0, 0.05)
"""The service demand of the CPU: seconds of the target's processes for each request served."""
LOG_US = np.log(np.maximum(1.0, MIDDLE_US))

assert BOUNDS_LEVEL == 0.90, "Z is the quantile of 95 %"


@dataclass(frozen=True, slots=True)
class Half:
    """One arm of one restart: its run and the steady stage as observed."""

    run: Run
    observed: Observed


@dataclass(frozen=True, slots=True)
class Value:
    """One value and the variance of its logarithm that its own requests make."""

    value: float
    variance: float


@dataclass(frozen=True, slots=True)
class PairedCase:
    """One metric of one operation. `pairs` are (a, b) by restart; with fewer than all, those without enough requests are out.

    `counts` are the requests of a and of b over all restarts, `fewest` those of an arm in the restart with the fewest.
    """

    operation: str
    measure: Measure
    pairs: tuple[tuple[Value, Value], ...]
    counts: tuple[int, int]
    fewest: int

    @property
    def count(self) -> int:
        """Return the requests of the arm with fewer of them."""
        return min(self.counts)

    @property
    def differences(self) -> Differences:
        """Return ln b - ln a by restart."""
        values = tuple(math.log(b.value / a.value) for a, b in self.pairs)
        return Differences(values, float(np.mean([a.variance + b.variance for a, b in self.pairs])) if values else 0.0)

    def mean(self, side: Side) -> float | None:
        """Return the geometric mean of one arm over the restarts."""
        values = [(a if side is Side.A else b).value for a, b in self.pairs]
        return math.exp(float(np.mean(np.log(values)))) if values else None


def cases_of(pairs: Sequence[tuple[Half, Half]]) -> list[PairedCase]:
    """Return the cases by metric and operation; operations in order, flows and single requests alike, CPU last."""
    names = sorted({name for pair in pairs for half in pair for name in half.observed.names})
    cases = [_latency_case(pairs, name, measure) for measure in (TYPICAL, P50, P95) for name in names]
    demand = [(_demand(a), _demand(b)) for a, b in pairs]
    known = [(a, b) for a, b in demand if a is not None and b is not None]
    if known:
        served = [(_served(a), _served(b)) for a, b in pairs]
        cases.append(PairedCase(ALL, CPU, tuple(known), _totals(served), min(map(min, served))))
    return cases


def _latency_case(pairs: Sequence[tuple[Half, Half]], operation: str, measure: Measure) -> PairedCase:
    found: list[tuple[Value, Value]] = []
    counts: list[tuple[int, int]] = []
    for a, b in pairs:
        of_a, of_b = _histogram(a, operation, measure), _histogram(b, operation, measure)
        counts.append((of_a.count, of_b.count))
        if min(counts[-1]) >= measure.needed:
            found.append((_value(of_a, measure), _value(of_b, measure)))
    return PairedCase(operation, measure, tuple(found), _totals(counts), min(map(min, counts)))


def _totals(counts: Sequence[tuple[int, int]]) -> tuple[int, int]:
    return sum(a for a, _ in counts), sum(b for _, b in counts)


def _histogram(half: Half, operation: str, measure: Measure) -> Histogram:
    if measure is TYPICAL and operation != PAYMENT_FLOW:
        return half.run.service(half.observed.first, half.observed.end, [operation])
    return half.observed.histogram([operation])


def _value(histogram: Histogram, measure: Measure) -> Value:
    if measure is TYPICAL:
        return geometric_mean(histogram)
    assert measure.quantile is not None
    value, ends = histogram.quantile_us(measure.quantile), quantile_interval_us(histogram, measure.quantile)
    assert value is not None
    assert ends is not None
    return Value(max(1.0, value), (math.log(max(1.0, ends[1]) / max(1.0, ends[0])) / (2 * Z)) ** 2)


def geometric_mean(histogram: Histogram) -> Value:
    """Return the geometric mean in us of a histogram with at least two values, with the variance of its logarithm."""
    count = histogram.count
    mean = float(np.dot(histogram.counts, LOG_US)) / count
    spread = float(np.dot(histogram.counts, (LOG_US - mean) ** 2)) / max(1, count - 1)
    return Value(math.exp(mean), spread / count)


# The service demand of the CPU.


def _served(half: Half) -> int:
    outcomes = half.observed.outcome_counts()
    return sum(outcomes[outcome] for outcome in SERVED)


def _demand(half: Half) -> Value | None:
    """Return the CPU in s for each request served, None without a probe `process` that saw it.

    The variance comes from the single seconds: what they differ by from one to the next.
    """
    probe = next((probe for probe in half.run.manifest.plan.target.probes if probe.kind is ProbeKind.PROCESS), None)
    column = None if probe is None else half.run.probes.column(probe.name, "cpu_seconds")
    first, end = half.observed.first, half.observed.end
    used, served = increase(column, [(first, end)]), _served(half)
    if used is None or used.amount <= 0 or served == 0 or used.seconds < end - first - 1:
        return None
    assert column is not None
    part = column.between(first, end)
    steps = np.diff(part.value)
    mean = float(steps.mean())
    variance = float(steps.var(ddof=1)) / mean**2 / steps.size if steps.size > 1 and mean > 0 else 0.0
    return Value(used.amount / served * (end - first) / used.seconds, variance)
