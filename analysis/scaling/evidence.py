"""What the runs give the capacity model: levels of a climb, the target without a queue, seconds of use with counts."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from analysis.figures import counted, number, percent
from analysis.observed import Observed, attempts_by_second
from analysis.scaling.demand import Demands, demands_of
from analysis.scaling.law import Floats, Level
from analysis.scaling.places import Quiet, hold_of
from analysis.signal import Buckets, Span, buckets_of, figure_of, increase
from analysis.staircase import Step
from records.histogram import MIDDLE_US
from records.probe import sum_metric
from records.run import Run
from scenarios.probe import Probe, Resource, Signal, signal_named

LOW_USE = 0.6  # as for service demands: beyond, the wait is part of what is measured
HELD_USE = 0.9  # of places whose time is measured itself; beyond it requests wait for seconds, and are held long after they came
ENOUGH = 50  # requests of an operation for its mean; times vary by their mean at most, so that it is known to a seventh
QUIET_USE = 0.35  # with a few places hardly anybody waits below it
EXPONENTIAL = 1.0  # the squared coefficient of variation that is taken where nothing tells it


@dataclass(frozen=True, slots=True)
class Pool:
    """What a resource with places was seen to be: its places, and the target without a queue for them; `said` how that is known.

    `stages` are those without a queue.
    """

    resource: str
    places: int
    quiet: Quiet
    said: tuple[str, ...]
    stages: tuple[Observed, ...]


def levels_of(steps: Sequence[Step]) -> list[Level]:
    """Return what was served at each level of a climb, in sessions per s offered; void steps say nothing."""
    return [
        Level(step.offered_per_s, step.request_rate_per_s)
        for step in steps
        if step.good is not None and step.offered_per_s > 0 and step.request_rate_per_s > 0
    ]


def pool_of(run: Run, resource: Resource, stages: Sequence[Observed]) -> Pool | str:
    """Return a pool from the stages in which it was not busy, or why it cannot be told.

    Its use has to be a gauge with `share_of` its places; the wait's second counter is how often a place was asked for.
    """
    probes = run.manifest.plan.target.probes
    use = signal_named(probes, resource.use)
    if use is None or use[1].gauge is None or use[1].share_of is None:
        return f"{resource.name}: its use is not a gauge with a share_of, so that nothing tells how many places it has"
    seen = [
        (stage, value)
        for stage in stages
        if (value := figure_of(run.probes, *use, [_span(stage)]).value) is not None and 0 < value < LOW_USE
    ]
    if not seen:
        return f"{resource.name}: no stage in which it was seen and less than {percent(LOW_USE)} in use"
    spans = [_span(stage) for stage, _ in seen]
    places = _places(run, *use, spans)
    rates = [_rate_per_s(stage) for stage, _ in seen]
    holds, told = _holds(run, resource, seen)
    hold = _hold(run, resource, seen)
    if hold is None:
        demand_s, error = hold_of([value for _, value in seen], places, rates)
        hold_s, how = demand_s / holds, f"use and rate of {counted(len(seen), 'stage')} below {percent(LOW_USE)} in use"
    else:
        hold_s, error = hold
        how = f"its histogram in {counted(len(seen), 'stage')} below {percent(LOW_USE)} in use"
    said = [f"a place is held for {number(hold_s * 1000)} ms, from {how}", told]
    variability, told = _variability(run, resource, spans)
    said.append(told)
    quietest = [stage for stage, value in seen if value < QUIET_USE] or [min(seen, key=lambda pair: pair[1])[0]]
    counts = np.sum([stage.histogram().counts for stage in quietest], axis=0)
    filled = counts > 0
    quiet = Quiet(MIDDLE_US[filled], counts[filled].astype(np.float64), hold_s, holds, variability, error)
    return Pool(resource.name, places, quiet, tuple(said), tuple(quietest))


def _span(stage: Observed) -> Span:
    return stage.first, stage.end


def _rate_per_s(stage: Observed) -> float:
    return float(attempts_by_second(stage.outcomes_by_second()).sum()) / max(1, stage.seconds)


def _places(run: Run, probe: Probe, signal: Signal, spans: Sequence[Span]) -> int:
    assert signal.share_of is not None
    column = run.probes.column(probe.name, signal.share_of)
    assert column is not None, "the use could be told"
    return max(
        1, round(float(np.median(np.concatenate([column.between(first, end - 1).value for first, end in spans]))))
    )


def _holds(run: Run, resource: Resource, seen: Sequence[tuple[Observed, float]]) -> tuple[float, str]:
    """Return how many places a request asks for."""
    wait = None if resource.wait is None else signal_named(run.manifest.plan.target.probes, resource.wait)
    requests = sum(_rate_per_s(stage) * stage.seconds for stage, _ in seen)
    if wait is not None and wait[1].of:
        asked = increase(run.probes.column(wait[0].name, wait[1].of[0]), [_span(stage) for stage, _ in seen])
        if asked is not None and asked.amount > 0 and requests > 0:
            holds = asked.amount / requests
            return holds, f"a request asks {number(holds)} times for a place ({wait[1].of[0]})"
    return 1.0, "taken as one place a request: no counter tells how often one is asked for"


def _hold_histogram(run: Run, resource: Resource) -> tuple[str, str] | None:
    """Return the probe and the histogram that tell how long a place is held, None where none does."""
    hold = None if resource.hold is None else signal_named(run.manifest.plan.target.probes, resource.hold)
    return None if hold is None or hold[1].histogram is None else (hold[0].name, hold[1].histogram)


def _hold(run: Run, resource: Resource, seen: Sequence[tuple[Observed, float]]) -> tuple[float, float] | None:
    """Return the mean time that a place is held and the standard error of its logarithm over the stages; None without a histogram."""
    histogram = _hold_histogram(run, resource)
    if histogram is None:
        return None
    probe, name = histogram
    column, means, counts = run.probes.column(probe, sum_metric(name)), [], []
    for stage, _ in seen:
        added = increase(column, [_span(stage)])
        buckets = buckets_of(run.probes, probe, name, [_span(stage)])
        if added is not None and buckets is not None and buckets.count > 0 and added.amount > 0:
            means.append(added.amount / buckets.count)
            counts.append(buckets.count)
    if not means:
        return None
    mean = float(np.average(means, weights=counts))
    spread = float(np.std(np.log(means), ddof=1) / math.sqrt(len(means))) if len(means) > 1 else 0.0
    return mean, max(spread, 1 / math.sqrt(sum(counts)))


def _variability(run: Run, resource: Resource, spans: Sequence[Span]) -> tuple[float, str]:
    """Return the squared coefficient of variation of the time that a place is held."""
    histogram = _hold_histogram(run, resource)
    buckets = None if histogram is None else buckets_of(run.probes, *histogram, spans)
    if histogram is None or buckets is None or buckets.count < 2:
        return EXPONENTIAL, "taken as exponential: no histogram tells how the time of a place varies"
    variability = spread_of(buckets)
    return variability, f"squared coefficient of variation of a hold {number(variability)} (histogram {histogram[1]})"


def spread_of(buckets: Buckets) -> float:
    """Return the squared coefficient of variation of what is in buckets, each taken as spread evenly over itself."""
    total = mean = square = 0.0
    before = 0.0
    for place, below in enumerate(buckets.below):
        inside, (low, high) = below - before, buckets.edges(place)
        before = below
        total += inside
        mean += inside * (low + high) / 2
        square += inside * (low * low + low * high + high * high) / 3
    if total <= 0 or mean <= 0:
        return EXPONENTIAL
    return max(0.0, square / total / (mean / total) ** 2 - 1)


def demands(run: Run, resource: Resource, stages: Sequence[Observed], seed: int) -> Demands:
    """Return how much of a resource each operation takes, from the seconds of the stages in which it was not busy.

    Where a histogram tells how long places were held, that time has no wait in it: then all stages below 90 % in use tell.
    """
    use = signal_named(run.manifest.plan.target.probes, resource.use)
    if use is None:
        return Demands(resource.name, (), f"no probe gives {resource.use}")
    is_timed = _hold_histogram(run, resource) is not None
    most = HELD_USE if is_timed else LOW_USE
    uses = [(figure_of(run.probes, *use, [_span(stage)]).value or 1.0, stage) for stage in stages]
    low = [stage for value, stage in sorted(uses, key=lambda pair: pair[0]) if value < most]
    if not low:
        return Demands(resource.name, (), f"no stage in which it was less than {percent(most)} in use")
    names = sorted({name for stage in low for name in stage.operations})
    busy = np.concatenate([_busy(run, resource, *use, stage) for stage in low])
    counts = np.vstack([_counts(stage, names) for stage in low])
    most_s = np.array([_takes_s(low, name) for name in names]) if is_timed else None
    return demands_of(resource.name, busy, counts, names, seed, most_s)


def _takes_s(stages: Sequence[Observed], operation: str) -> float:
    """Return how long a request of an operation takes at most on the mean, in s: one standard error above that of the first stages that have enough."""
    count, total_us = 0, 0.0
    for stage in stages:
        histogram = stage.histogram([operation])
        count, total_us = count + histogram.count, total_us + (histogram.mean_us() or 0.0) * histogram.count
        if count >= ENOUGH:
            break
    return math.inf if count == 0 else total_us / count * (1 + 1 / math.sqrt(count)) / 1e6


def units_of(run: Run, resource: Resource, stages: Sequence[Observed]) -> float:
    """Return how many seconds of a resource there are in a second: its places, its cores; 1 where its use is a share as it is read."""
    use = signal_named(run.manifest.plan.target.probes, resource.use)
    if use is None or use[1].share_of is None or run.probes.column(use[0].name, use[1].share_of) is None:
        return 1.0
    return float(_places(run, *use, [_span(stage) for stage in stages]))


def _busy(run: Run, resource: Resource, probe: Probe, signal: Signal, stage: Observed) -> Floats:
    """Return the seconds of the resource that were taken in each second of a stage; nan where the probe did not look.

    Where a histogram tells how long places were held: what its sum grew by; of a counter of seconds what that grew by. Else how
    many were held at the moment of the sample.
    """
    found = np.full(stage.seconds, math.nan)
    histogram = _hold_histogram(run, resource)
    column = None if histogram is None else run.probes.column(histogram[0], sum_metric(histogram[1]))
    if column is None and signal.counter is not None and not signal.of:
        column = run.probes.column(probe.name, signal.counter)
    if column is not None:
        part = column.between(stage.first, stage.end)
        grown, one = np.diff(part.value), np.diff(part.second) == 1
        kept = one & (grown >= 0)
        found[part.second[:-1][kept] - stage.first] = grown[kept]
        return found
    gauge = None if signal.gauge is None else run.probes.column(probe.name, signal.gauge)
    if gauge is not None:
        part = gauge.between(stage.first, stage.end - 1)
        found[part.second - stage.first] = part.value
    return found


def _counts(stage: Observed, names: Sequence[str]) -> Floats:
    return np.column_stack([attempts_by_second(stage.outcomes_by_second([name])) for name in names]).astype(np.float64)
