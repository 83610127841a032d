"""Two builds at once: which became slower (the statement), and whether b may take the place of a (the gate). See docs/duet.md."""

from collections.abc import Mapping, Sequence

from analysis.duet_case import Half
from analysis.duet_errors import compared_errors
from analysis.duet_row import compared_rows, in_words
from analysis.duet_verdict import DuetVerdict, PairedErrors, PairedResult, RestartResult
from analysis.figures import counted
from analysis.observed import observe
from analysis.paired import MIN_RESTARTS
from analysis.validity import judge_generator
from analysis.verdict import Gate, Outcome, Statement
from records.duet import DuetRecord, Restart, Side
from records.run import Run

MOST_REASONS = 6

Runs = Mapping[Side, Run]


def void(runs: Runs, restart: Restart) -> str:
    """Return why a restart does not count, "" where it does: an arm without a run, or whose generator was sick."""
    if restart.because:
        return restart.because
    for side in Side:
        run = runs.get(side)
        if run is None:
            return f"arm {side.value} has no run"
        checks = judge_generator(run, [_half(run).observed])
        sick = [check.because for check in checks if not check.healthy]
        if sick:
            return f"arm {side.value}: {sick[0]}"
    return ""


def judge_duet(record: DuetRecord, restarts: Sequence[tuple[Restart, Runs]]) -> DuetVerdict:
    """Return the verdict on arm b, from the restarts that count."""
    told = [(restart, runs, void(runs, restart)) for restart, runs in restarts]
    pairs = [(_half(runs[Side.A]), _half(runs[Side.B])) for _, runs, because in told if not because]
    comparisons = compared_rows(pairs) if pairs else ()
    errors = compared_errors(pairs) if pairs else None
    results = tuple(
        RestartResult(restart.number, restart.first.value, restart.runs[Side.A], restart.runs[Side.B], because)
        for restart, _, because in told
    )
    outcome, because = _decided(record, results, comparisons, errors)
    return DuetVerdict(record.duet_id, record.scenario, outcome, because, comparisons, errors, results)


def _half(run: Run) -> Half:
    stage = next(stage for stage in run.manifest.plan.stages if stage.is_judged)
    return Half(run, observe(run, stage))


def _decided(
    record: DuetRecord, restarts: Sequence[RestartResult], rows: Sequence[PairedResult], errors: PairedErrors | None
) -> tuple[Outcome, tuple[str, ...]]:
    counting = sum(not restart.void for restart in restarts)
    sick = [f"restart {restart.number + 1} is void: {restart.void}" for restart in restarts if restart.void]
    if counting < MIN_RESTARTS:
        told = f"only {counted(counting, 'restart')} of {record.restarts_wanted} count; a verdict needs {MIN_RESTARTS}"
        stopped = record.ended == "interrupted"
        return (Outcome.INCONCLUSIVE if stopped or not sick else Outcome.INVALID), (told, *sick)
    causes = [] if errors is None or errors.gate is not Gate.FAIL else [f"b fails more often: {errors.because}"]
    causes += [in_words(row) for row in _worst_first(rows, Gate.FAIL)]
    if causes:
        return Outcome.FAIL, (*causes, *sick)
    undecided = [
        in_words(row) if row.change_ratio is None else f"{in_words(row)}: {row.because}"
        for row in _worst_first(rows, Gate.INCONCLUSIVE)
    ]
    if undecided:
        return Outcome.INCONCLUSIVE, (*undecided[:MOST_REASONS], *sick)
    passed = [row for row in rows if row.gate is Gate.PASS]
    if not passed:
        return Outcome.INCONCLUSIVE, ("no comparison had enough requests; longer restarts, or more load, would", *sick)
    same = sum(row.statement is Statement.NO_CHANGE for row in passed)
    better = [in_words(row) for row in rows if row.statement is Statement.IMPROVED]
    told = f"{counted(len(passed), 'comparison')} of {counting} restarts within the tolerated change, {same} of them without any"
    return Outcome.PASS, (told, *better, *sick)


def _worst_first(rows: Sequence[PairedResult], gate: Gate) -> list[PairedResult]:
    found = [row for row in rows if row.gate is gate]
    return sorted(found, key=lambda row: (-(row.change_ratio or 0.0) / row.tolerated_ratio, row.operation, row.metric))
