"""Signals: what the probes' raw values come to over a stretch of a run.

Counters become increases, and histograms the quantiles of what was added between two samples (Prometheus'
`histogram_quantile`: a straight line inside a bucket). A counter that falls was set back by a restart: what it shows then was
added since. Nothing is made up: too few samples are None with the reason.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.stats import binom

from analysis.figures import percent
from analysis.interval import TAIL, Interval, ratio_interval
from records.probe import UP, Column, ProbeSeries, bucket_bound
from scenarios.probe import Over, Probe, Signal

MIN_SEEN = 0.8  # of a stretch: with less, what was not seen could be another story

Span = tuple[int, int]
"""Whole seconds [first, end) of a run; a sample of second s was taken when s seconds were over."""


@dataclass(frozen=True, slots=True)
class Figure:
    """What a signal came to. `value` None: not known, and `because` says why. `count`: the events or seconds it stands on."""

    value: float | None
    interval: Interval | None
    count: int
    because: str = ""


@dataclass(frozen=True, slots=True)
class Increase:
    """What counters grew by, and over how many seconds they were seen."""

    amount: float
    seconds: int


def figure_of(
    series: ProbeSeries, probe: Probe, signal: Signal, spans: Sequence[Span], quantile: float | None = None
) -> Figure:
    """Return a signal over some stretches together; `quantile` is for histograms (0.95 where it is None)."""
    unseen = _unseen(series, probe, spans)
    if unseen:
        return Figure(None, None, 0, unseen)
    if signal.histogram is not None:
        return _quantile(series, probe, signal.histogram, spans, 0.95 if quantile is None else quantile)
    if signal.counter is not None and signal.of:
        return _ratio(series, probe, signal, spans)
    if signal.counter is not None:
        return _rate(series, probe, signal, spans)
    return _gauge(series, probe, signal, spans)


def _unseen(series: ProbeSeries, probe: Probe, spans: Sequence[Span]) -> str:
    """Return why a probe has not seen enough of some stretches, "" where it has."""
    seconds = sum(end - first for first, end in spans)
    up = series.column(probe.name, UP)
    seen = 0 if up is None else sum(up.between(first, end - 1).second.size for first, end in spans)
    if seconds > 0 and seen >= MIN_SEEN * seconds:
        return ""
    because = _first_gap(series, probe, spans)
    told = f": {because}" if because else ""
    if seen == 0:
        return f"the probe {probe.name} saw nothing{told or ' (it was not running)'}"
    return f"the probe {probe.name} saw only {percent(seen / max(1, seconds))} of the time{told}"


def _first_gap(series: ProbeSeries, probe: Probe, spans: Sequence[Span]) -> str:
    for gap in series.gaps:
        if gap.probe == probe.name and any(first <= gap.second < end for first, end in spans):
            return gap.because
    return ""


# Counters.


def increase(column: Column | None, spans: Sequence[Span]) -> Increase | None:
    """Return what a counter grew by over some stretches, None where it has no two samples in any."""
    amount, seconds = 0.0, 0
    for first, end in spans:
        part = None if column is None else column.between(first, end)
        if part is None or part.second.size < 2:
            continue
        steps = np.diff(part.value)
        amount += float(np.where(steps >= 0, steps, part.value[1:]).sum())
        seconds += int(part.second[-1] - part.second[0])
    return Increase(amount, seconds) if seconds else None


def _missing(probe: Probe, metric: str) -> Figure:
    return Figure(None, None, 0, f"the probe {probe.name} gave no {metric}")


def _rate(series: ProbeSeries, probe: Probe, signal: Signal, spans: Sequence[Span]) -> Figure:
    assert signal.counter is not None
    grown = increase(series.column(probe.name, signal.counter), spans)
    if grown is None:
        return _missing(probe, signal.counter)
    rate = grown.amount / grown.seconds
    if signal.share_of is None:
        return Figure(rate, (rate, rate), grown.seconds)
    whole = _samples(series, probe, signal.share_of, spans)
    if whole is None or not float(whole.mean()) > 0:
        return _missing(probe, signal.share_of)
    share = rate / float(whole.mean())
    return Figure(share, (share, share), grown.seconds)


def _ratio(series: ProbeSeries, probe: Probe, signal: Signal, spans: Sequence[Span]) -> Figure:
    """Return one counter's increase over that of others: a share (with Wilson's interval), or a mean such as sum / count."""
    assert signal.counter is not None
    part = increase(series.column(probe.name, signal.counter), spans)
    found = [increase(series.column(probe.name, metric), spans) for metric in signal.of]
    known = [grown.amount for grown in found if grown is not None]
    if not known:
        return _missing(probe, signal.of[0])
    whole = sum(known)
    if whole <= 0:
        return Figure(None, None, 0, f"nothing was counted by {' and '.join(signal.of)} in this time")
    amount = 0.0 if part is None else part.amount
    ratio, count = amount / whole, round(whole)
    if signal.unit != "ratio":
        return Figure(ratio, (ratio, ratio), count)
    return Figure(ratio, ratio_interval(min(round(amount), count), count), count)


# Gauges.


def _samples(series: ProbeSeries, probe: Probe, metric: str, spans: Sequence[Span]) -> NDArray[np.float64] | None:
    column = series.column(probe.name, metric)
    if column is None:
        return None
    values = np.concatenate([column.between(first, end - 1).value for first, end in spans])
    return values if values.size else None


def _gauge(series: ProbeSeries, probe: Probe, signal: Signal, spans: Sequence[Span]) -> Figure:
    """Return the mean or the highest of a gauge. Every second was looked at, so that there is no interval."""
    assert signal.gauge is not None
    values = _samples(series, probe, signal.gauge, spans)
    if values is None:
        return _missing(probe, signal.gauge)
    value = float(values.max() if signal.over is Over.MAX else values.mean())
    if signal.share_of is not None:
        whole = _samples(series, probe, signal.share_of, spans)
        if whole is None or not float(whole.mean()) > 0:
            return _missing(probe, signal.share_of)
        value /= float(whole.mean())
    return Figure(value, (value, value), int(values.size))


# Histograms.


@dataclass(frozen=True, slots=True)
class Buckets:
    """Upper bounds, ascending, the last infinite, and how many values are at most each."""

    bound: tuple[float, ...]
    below: tuple[float, ...]

    @property
    def count(self) -> int:
        """Return how many values there are."""
        return round(self.below[-1]) if self.below else 0

    def place(self, rank: float) -> int:
        """Return the bucket that holds a rank from 1 to the count."""
        return next(index for index, below in enumerate(self.below) if below >= rank or index == len(self.below) - 1)

    def edges(self, place: int) -> tuple[float, float]:
        """Return a bucket's bounds; that without an upper one has its lower one, just passed, on both sides."""
        low = self.bound[place - 1] if place else 0.0
        high = self.bound[place]
        passed = math.nextafter(low, math.inf)
        return (low, high) if math.isfinite(high) else (passed, passed)

    def value(self, quantile: float) -> float:
        """Return the quantile on a straight line inside its bucket."""
        rank = max(1e-12, quantile * self.below[-1])
        place = self.place(rank)
        low, high = self.edges(place)
        before = self.below[place - 1] if place else 0.0
        inside = self.below[place] - before
        return low + (high - low) * ((rank - before) / inside if inside > 0 else 1.0)


def buckets_of(series: ProbeSeries, probe: str, histogram: str, spans: Sequence[Span]) -> Buckets | None:
    """Return what was added to a histogram's buckets over some stretches, None where they were not sampled."""
    found = []
    for metric in series.metrics(probe):
        bound = bucket_bound(histogram, metric)
        grown = None if bound is None else increase(series.column(probe, metric), spans)
        if bound is not None and grown is not None:
            found.append((bound, grown.amount))
    if not found:
        return None
    found.sort()
    below = np.maximum.accumulate([amount for _, amount in found])  # two lines of one page may be a moment apart
    return Buckets(tuple(bound for bound, _ in found), tuple(below.tolist()))


def _quantile(series: ProbeSeries, probe: Probe, histogram: str, spans: Sequence[Span], quantile: float) -> Figure:
    """Return a quantile; the interval is from the lower edge of the bucket of its lowest rank to the upper edge of its highest.

    Inside a bucket the values may be anywhere, so that nothing narrower is known. Ranks as for latencies (David & Nagaraja,
    Order Statistics, 2003, 7.1).
    """
    buckets = buckets_of(series, probe.name, histogram, spans)
    if buckets is None:
        return _missing(probe, histogram)
    count = buckets.count
    if count == 0:
        return Figure(None, None, 0, f"nothing was added to {histogram} in this time")
    low = max(1, int(binom.ppf(TAIL, count, quantile)))
    high = min(count, int(binom.ppf(1 - TAIL, count, quantile)) + 1)
    lowest = buckets.edges(buckets.place(low))[0]  # the lower edge itself belongs to the bucket before
    interval = (math.nextafter(lowest, math.inf) if lowest > 0 else 0.0, buckets.edges(buckets.place(high))[1])
    return Figure(buckets.value(quantile), interval, count)
