"""What the runs give the capacity model: levels of a climb, the target without a queue, seconds of use with counts."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from analysis.figures import counted, listed, number, percent
from analysis.observed import Observed, attempts_by_second
from analysis.scaling.demand import Demands, demands_of
from analysis.scaling.law import Floats, Level
from analysis.scaling.places import Quiet, hold_of, waits
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
QUIET_WAITS = 0.02  # share of requests that wait (Erlang's C): with many places nobody does at half of their use either
MUCH_APART = 1.3  # rates: nearer ones do not tell what does not depend on the rate
FEW_OTHERS = 0.1  # of all that is asked for: more is no health check, and the line is not to be believed
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


def pool_of(run: Run, resource: Resource, stages: Sequence[Observed], later: Sequence[Observed] = ()) -> Pool | str:
    """Return a pool from the stages in which it was not busy, or why it cannot be told.

    `later`: stages of which nothing but the mix of operations is taken. A climb begins with sessions that begin, so that its first
    stages have more of what is asked for first (signing in); the responses of each operation then count as often as it came later.
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
    holds, others_per_s, told = _holds(run, resource, seen)
    hold = _hold(run, resource, seen)
    if hold is None:
        demand_s, error = hold_of([value for _, value in seen], places, rates)
        hold_s, how = (
            demand_s / (holds + others_per_s / float(np.median(rates))),
            f"use and rate of {counted(len(seen), 'stage')} below {percent(LOW_USE)} in use",
        )
    else:
        hold_s, error = hold
        how = f"its histogram in {counted(len(seen), 'stage')} below {percent(LOW_USE)} in use"
    said = [f"a place is held for {number(hold_s * 1000)} ms, from {how}", told]
    variability, told = _variability(run, resource, spans)
    said.append(told)
    quietest = [stage for stage, value in seen if value < QUIET_USE or waits(places, value) < QUIET_WAITS]
    quietest = quietest or [min(seen, key=lambda pair: pair[1])[0]]
    counts, told = _as_mixed(quietest, later)
    said.append(told)
    filled = counts > 0
    quiet = Quiet(MIDDLE_US[filled], counts[filled], hold_s, holds, variability, error, others_per_s)
    return Pool(resource.name, places, quiet, tuple(text for text in said if text), tuple(quietest))


def _as_mixed(quietest: Sequence[Observed], later: Sequence[Observed]) -> tuple[Floats, str]:
    """Return the responses of some stages, as many as they are worth, each operation's as often as it came in later ones; and what was done.

    An operation that was not answered in the quiet stages cannot be told, and counts nowhere.
    """
    columns = quietest[0].columns()
    cells = np.sum([stage.histograms[columns] for stage in quietest], axis=0).astype(np.float64)
    seen = cells.sum(axis=1)
    if not later:
        return np.asarray(cells.sum(axis=0)), ""
    wanted = np.sum([stage.histograms[columns].sum(axis=1) for stage in later], axis=0).astype(np.float64)
    known = seen > 0
    if not wanted[known].sum():
        return np.asarray(cells.sum(axis=0)), ""
    weights = np.zeros(len(columns))
    weights[known] = wanted[known] / seen[known]
    mixed = np.asarray(weights @ cells)
    moved = float(np.abs(wanted[known] / wanted[known].sum() - seen[known] / seen.sum()).sum() / 2)
    told = f"responses without a queue from {listed([stage.stage.name for stage in quietest])}, mixed as over the steps that held: {percent(moved)} of them are another operation's"
    worth = float(
        mixed.sum() ** 2 / (weights**2 @ seen)
    )  # as many equal ones would tell as much (L. Kish, Survey Sampling, 1965)
    return mixed * (worth / mixed.sum()), told


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


def _holds(run: Run, resource: Resource, seen: Sequence[tuple[Observed, float]]) -> tuple[float, float, str]:
    """Return how many places a request asks for, how many a second others ask for, and how that is known.

    A straight line through what was asked for in a second over the rate: a health check asks as often at half the load. Where it
    makes no sense (one stage, or chance alone) all is taken to be the load's.
    """
    wait = None if resource.wait is None else signal_named(run.manifest.plan.target.probes, resource.wait)
    if wait is None or not wait[1].of:
        return 1.0, 0.0, "taken as one place a request: no counter tells how often one is asked for"
    column, counter = run.probes.column(wait[0].name, wait[1].of[0]), wait[1].of[0]
    amounts = [(stage, asked.amount) for stage, _ in seen if (asked := increase(column, [_span(stage)])) is not None]
    requests = sum(_rate_per_s(stage) * stage.seconds for stage, _ in amounts)
    total = sum(amount for _, amount in amounts)
    if not total or not requests:
        return 1.0, 0.0, f"taken as one place a request: {counter} counted nothing"
    rates = np.array([_rate_per_s(stage) for stage, _ in amounts])
    asked_per_s = np.array([amount / stage.seconds for stage, amount in amounts])
    if rates.max() >= MUCH_APART * rates.min():
        slope, others_per_s = (float(value) for value in np.polyfit(rates, asked_per_s, 1))
        if 0 < others_per_s < FEW_OTHERS * asked_per_s.min() and slope > 0:
            told = f"a request asks {number(slope)} times for a place, others {number(others_per_s)} times a second ({counter})"
            return slope, others_per_s, told
    return total / requests, 0.0, f"a request asks {number(total / requests)} times for a place ({counter})"


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
