"""Whether the measurement is to be trusted: the run's end, its records, and the generator's health in the judged stages.

A failed check makes the run invalid: the generator was sick, or the load was not the planned one. What the target did to
the generator (arrivals that found everybody waiting for answers) is no sickness: see `analysis.waiting`.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence

import numpy as np

from analysis.figures import counted, listed, milliseconds, number, percent
from analysis.health import MAX_CPU_RATIO, MAX_LOOP_LAG_US_P99, cpu_ratios, lag_us_p99, merged, samples_in
from analysis.observed import Observed, whole_seconds
from analysis.verdict import GeneratorCheck
from analysis.waiting import target_kept_everybody_waiting
from records.event import EventKind
from records.generator import GeneratorSample
from records.run import Run
from records.window import PAYMENT_FLOW
from scenarios.plan import PlannedStage
from scenarios.scenario import Model

# Each threshold with its reason; docs/validity.md says more.
MAX_LATENESS_US_P99 = 50_000.0  # a start 50 ms late moves a response of 200 ms by a quarter
MAX_DROPPED_RATIO = 0.001  # as many as the errors that the product may have
MIN_STARTED_RATIO = 0.99  # less is another level than the planned one
MIN_USERS_RATIO = 0.98  # of the planned users, mean of the stage
MAX_DESCRIPTOR_RATIO = 0.95  # of the limit: the next connections would fail on our side
MAX_WITHOUT_ACCOUNT_RATIO = 0.01  # of the sessions; more is another mix than the planned one
MAX_USER_ERRORS = 0  # an exception in a journey is a defect of ours
UNCUT_S = 1.0  # the last second of a stage may be missing by rounding


def judge_generator(run: Run, stages: Sequence[Observed]) -> tuple[GeneratorCheck, ...]:
    """Return all checks in a fixed order; `stages` are the judged ones."""
    return (
        _ended(run),
        _stages_complete(run),
        _requests_recorded(run),
        _workers_complete(run, stages),
        _lateness(run, stages),
        _dropped(run, stages),
        _started(run, stages),
        _loop_lag(run, stages),
        _cpu(run, stages),
        _users(run, stages),
        _descriptors(run, stages),
        _accounts(run),
        _user_errors(run),
    )


def is_valid(checks: Iterable[GeneratorCheck]) -> bool:
    """Tell whether all checks are healthy."""
    return all(check.healthy for check in checks)


# The end and the records.


def _ended(run: Run) -> GeneratorCheck:
    plan, ended = run.manifest.plan, run.manifest.ended
    length = f"{number(max(0, run.last_second + 1))} s of {number(plan.duration_s)} s were recorded"
    because = ""
    if ended is None:
        because = f"no end was recorded: the run was killed, or is still under way; {length}"
    elif ended.reason == "failed":
        because = f"the run failed: {ended.detail or 'no detail was recorded'}; {length}"
    elif ended.reason == "interrupted" and _cut_stages(run):
        told = f"({ended.detail})" if ended.detail else "by hand"
        because = f"stopped early {told} at {number(ended.at_s)} s, before its judged stages were over; {length}"
    observed = None if ended is None else ended.at_s
    return _check("ended", "The run came to its end", observed, plan.duration_s, "s", because)


def _stages_complete(run: Run) -> GeneratorCheck:
    cut = _cut_stages(run)
    judged = [stage for stage in run.manifest.plan.stages if stage.is_judged]
    because = (
        f"{listed([f'stage {stage.name}' for stage in cut])} {'is' if len(cut) == 1 else 'are'} missing or cut"
        if cut
        else ""
    )
    return _check(
        "stages", "Judged stages complete", float(len(judged) - len(cut)), float(len(judged)), "count", because
    )


def _cut_stages(run: Run) -> list[PlannedStage]:
    """Return the judged stages that the records do not cover to their end."""
    ended = run.manifest.ended
    until = (
        run.last_second + 1 if ended is None or ended.reason == "completed" else min(run.last_second + 1, ended.at_s)
    )
    return [
        stage for stage in run.manifest.plan.stages if stage.is_judged and until < whole_seconds(stage)[1] - UNCUT_S
    ]


def _requests_recorded(run: Run) -> GeneratorCheck:
    ended = run.manifest.ended
    known = [index for index, name in enumerate(run.series.names) if name != PAYMENT_FLOW]
    found = int(run.series.outcomes.count[np.isin(run.series.outcomes.operation, known)].sum())
    counted_there = found if ended is None else ended.requests_counted
    because = ""
    if counted_there != found:
        because = f"{counted(counted_there, 'request')} counted by the users, {found:,} in the records: {abs(counted_there - found):,} lost or doubled"
    elif found == 0:
        because = "no request was recorded"
    if run.torn_lines and ended is not None:
        because = because or f"the last line of {listed(sorted(run.torn_lines))} is cut off"
    return _check("requests", "Requests counted and recorded", float(found), float(counted_there), "count", because)


def _workers_complete(run: Run, stages: Sequence[Observed]) -> GeneratorCheck:
    """Check that each worker's samples are numbered without a gap and cover the judged seconds."""
    numbers: dict[str, list[int]] = defaultdict(list)
    seconds: dict[str, set[int]] = defaultdict(set)
    for sample in run.generator:
        numbers[sample.worker].append(sample.sequence)
        seconds[sample.worker].add(sample.second)
    problems = [
        f"{event.name}{f' ({event.detail})' if event.detail else ''}"
        for event in run.events
        if event.kind is EventKind.WORKER and "lost" in event.name
    ]
    if len(numbers) != run.manifest.workers:
        problems.append(f"{counted(len(numbers), 'worker')} reported, expected {run.manifest.workers}")
    wanted = {second for observed in stages for second in range(observed.first, observed.end)}
    for worker in sorted(numbers):
        if sorted(numbers[worker]) != list(range(len(numbers[worker]))):
            problems.append(f"{worker}: its reports are not numbered without a gap")
        missing = len(wanted - seconds[worker])
        if missing:
            problems.append(f"{worker}: {counted(missing, 'judged second')} without a report")
    return _check(
        "workers", "Reports of the workers complete", float(len(numbers)), float(run.manifest.workers), "count",
        listed(problems),
    )  # fmt: skip


# The load.


def _lateness(run: Run, stages: Sequence[Observed]) -> GeneratorCheck:
    worst, where = _worst(
        [
            (merged(samples_in(run, observed), "lateness_us").quantile_us(0.99) or 0.0, observed.stage.name)
            for observed in _innocent(run, stages)
        ]
    )
    because = (
        f"sessions started {milliseconds(worst)} late (p99) in stage {where}: use more workers, or a faster machine"
        if worst > MAX_LATENESS_US_P99
        else _excused(run, stages)
    )
    return _check(
        "lateness", "Lateness of sessions p99", worst, MAX_LATENESS_US_P99, "us", because, healthy=worst <= MAX_LATENESS_US_P99
    )  # fmt: skip


def _dropped(run: Run, stages: Sequence[Observed]) -> GeneratorCheck:
    ratios = []
    for observed in _innocent(run, stages):
        samples = _with_late_drops(run, observed)
        planned = sum(sample.planned for sample in samples_in(run, observed))
        ratios.append((sum(sample.dropped for sample in samples) / planned if planned else 0.0, observed.stage.name))
    worst, where = _worst(ratios)
    because = (
        f"{percent(worst)} of the arrivals of stage {where} found no free user in time: use more workers, or raise traffic.session_length"
        if worst > MAX_DROPPED_RATIO
        else _excused(run, stages)
    )
    return _check(
        "dropped", "Dropped arrivals", worst, MAX_DROPPED_RATIO, "ratio", because, healthy=worst <= MAX_DROPPED_RATIO
    )  # fmt: skip


def _started(run: Run, stages: Sequence[Observed]) -> GeneratorCheck:
    ratios = []
    for observed in _innocent(run, stages):
        samples = samples_in(run, observed)
        planned, started = sum(sample.planned for sample in samples), sum(sample.started for sample in samples)
        if planned:
            ratios.append((started / planned, observed.stage.name))
    ratio, where = min(ratios, default=(1.0, ""))
    because = (
        f"only {percent(ratio)} of the planned sessions of stage {where} started: use more workers"
        if ratio < MIN_STARTED_RATIO
        else _excused(run, stages)
    )
    return _check(
        "started", "Sessions started of those planned", ratio, MIN_STARTED_RATIO, "ratio", because,
        healthy=ratio >= MIN_STARTED_RATIO,
    )  # fmt: skip


def _users(run: Run, stages: Sequence[Observed]) -> GeneratorCheck:
    ratios = []
    for observed in stages:
        samples = samples_in(run, observed)
        planned = sum(sample.users_planned for sample in samples)
        if planned:
            ratios.append((sum(sample.users for sample in samples) / planned, observed.stage.name))
    ratio, where = min(ratios, default=(1.0, ""))
    what = "users" if run.manifest.plan.model is Model.CLOSED else "places for users"
    because = (
        f"only {percent(ratio)} of the planned {what} were there in stage {where}: use more workers, or a longer warm-up"
        if ratio < MIN_USERS_RATIO
        else ""
    )
    return _check("users", "Users of those planned", ratio, MIN_USERS_RATIO, "ratio", because)


# The machine.


def _loop_lag(run: Run, stages: Sequence[Observed]) -> GeneratorCheck:
    worst, where = _worst([(lag_us_p99(run, observed), observed.stage.name) for observed in stages])
    because = (
        f"the generator's own loop was {milliseconds(worst)} late (p99) in stage {where}, so that latencies look longer than they are: use more workers, or a machine with less beside it"
        if worst > MAX_LOOP_LAG_US_P99
        else ""
    )
    return _check("loop_lag", "Loop lag p99", worst, MAX_LOOP_LAG_US_P99, "us", because)


def _cpu(run: Run, stages: Sequence[Observed]) -> GeneratorCheck:
    worst, where = _worst(
        [
            (ratio, f"{worker} in stage {observed.stage.name}")
            for observed in stages
            for worker, ratio in cpu_ratios(run, observed).items()
        ]
    )
    because = f"{where} used {percent(worst)} of a core: use more workers" if worst > MAX_CPU_RATIO else ""
    return _check("cpu", "CPU of the busiest worker, share of a core", worst, MAX_CPU_RATIO, "ratio", because)


def _descriptors(run: Run, stages: Sequence[Observed]) -> GeneratorCheck:
    worst, where = _worst(
        [
            (sample.descriptors / sample.descriptor_limit, sample.worker)
            for observed in stages
            for sample in samples_in(run, observed)
            if sample.descriptor_limit > 0
        ]
    )
    because = (
        f"{where} had {percent(worst)} of its open files in use: raise the limit (ulimit -n), or use more workers"
        if worst > MAX_DESCRIPTOR_RATIO
        else ""
    )
    return _check("descriptors", "Open descriptors of the limit", worst, MAX_DESCRIPTOR_RATIO, "ratio", because)


# Our own defects.


def _accounts(run: Run) -> GeneratorCheck:
    started = sum(sample.started for sample in run.generator)
    without = _total(run, "accounts_used_up")
    ratio = without / started if started else float(without > 0)
    because = (
        f"{counted(without, 'session')} found no account left ({percent(ratio)}), so that the mix is not the planned one: give the target profile more accounts"
        if ratio > MAX_WITHOUT_ACCOUNT_RATIO
        else ""
    )
    return _check("accounts", "Sessions without an account", ratio, MAX_WITHOUT_ACCOUNT_RATIO, "ratio", because)


def _user_errors(run: Run) -> GeneratorCheck:
    errors = _total(run, "user_errors")
    because = (
        f"{counted(errors, 'session')} broke by an exception in a journey: see the log of the run, and mend the journey"
        if errors > MAX_USER_ERRORS
        else ""
    )
    return _check(
        "user_errors", "Sessions broken by our own defects", float(errors), float(MAX_USER_ERRORS), "count", because
    )


def _total(run: Run, field: str) -> int:
    """Return a count that samples carry as a total so far: each worker's last, added up."""
    last: dict[str, int] = {}
    for sample in run.generator:
        last[sample.worker] = max(last.get(sample.worker, 0), int(getattr(sample, field)))
    return sum(last.values())


# Selections.


def _innocent(run: Run, stages: Sequence[Observed]) -> list[Observed]:
    """Return the stages in which late and dropped sessions are the generator's own doing."""
    return [observed for observed in stages if not target_kept_everybody_waiting(run, observed)]


def _excused(run: Run, stages: Sequence[Observed]) -> str:
    """Say in which stages late and dropped sessions count against the target, "" where in none."""
    names = [observed.stage.name for observed in stages if target_kept_everybody_waiting(run, observed)]
    return f"not judged in stage {listed(names)}: the target kept the users waiting" if names else ""


def _with_late_drops(run: Run, observed: Observed) -> Sequence[GeneratorSample]:
    """Return a stage's samples; of the plan's last stage also those after it: an arrival is dropped when its time is up."""
    if observed.stage.end_s < run.manifest.plan.duration_s:
        return samples_in(run, observed)
    return [sample for sample in run.generator if sample.second >= observed.first]


def _worst(values: Sequence[tuple[float, str]]) -> tuple[float, str]:
    return max(values, default=(0.0, ""), key=lambda pair: pair[0])


def _check(
    name: str, title: str, observed: float | None, limit: float, unit: str, because: str, *, healthy: bool | None = None
) -> GeneratorCheck:
    return GeneratorCheck(name, title, observed, limit, unit, not because if healthy is None else healthy, because)
