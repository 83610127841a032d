"""Whether a run is whole: its end, its judged stages, every request that was counted, every report of every worker."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from analysis.figures import counted, listed, number
from analysis.health import check
from analysis.observed import Observed, whole_seconds
from analysis.verdict import GeneratorCheck
from records.event import EventKind
from records.run import Run
from records.window import PAYMENT_FLOW
from scenarios.layout import PlannedStage

UNCUT_S = 1.0  # the last second of a stage may be missing by rounding


def completeness(run: Run, stages: Sequence[Observed]) -> tuple[GeneratorCheck, ...]:
    """Return the checks of the end and the records; `stages` are the judged ones."""
    return _ended(run), _stages_complete(run), _requests_recorded(run), _workers_complete(run, stages)


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
    return check("ended", "The run came to its end", observed, plan.duration_s, "s", because)


def _stages_complete(run: Run) -> GeneratorCheck:
    cut = _cut_stages(run)
    judged = [stage for stage in run.manifest.plan.stages if stage.is_judged]
    because = (
        f"{listed([f'stage {stage.name}' for stage in cut])} {'is' if len(cut) == 1 else 'are'} missing or cut"
        if cut
        else ""
    )
    row = check("stages", "Judged stages complete", float(len(judged) - len(cut)), float(len(judged)), "count", because)
    ended = run.manifest.ended
    return row if ended is None or ended.reason != "aborted" else replace(row, healthy=True)


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
    return check("requests", "Requests counted and recorded", float(found), float(counted_there), "count", because)


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
    return check(
        "workers", "Reports of the workers complete", float(len(numbers)), float(run.manifest.workers), "count",
        listed(problems),
    )  # fmt: skip
