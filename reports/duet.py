"""The page of a duet: the verdict on b, every comparison with the differences of its restarts, and the runs it stands on."""

from collections.abc import Sequence

from analysis.duet_row import METRIC_WORD
from analysis.duet_verdict import DuetVerdict, PairedResult
from analysis.verdict import Gate, Outcome, Statement
from records.duet import Arm, DuetRecord, Pinning, Side
from reports import wording
from reports.drawing import ChangeAxis, sparkline
from reports.page import Row, environment, page
from reports.rows import LONGEST_AXIS, STATEMENT_CSS

MEANS = {
    Outcome.PASS: "b may take the place of a.",
    Outcome.FAIL: "b should not take the place of a as it is.",
    Outcome.INCONCLUSIVE: "This duet cannot tell whether b may take the place of a.",
    Outcome.INVALID: "This measurement is not to be trusted; it says nothing about b.",
}
PINNING_WORDS = {
    Pinning.TOGETHER: "both generators on one set of cores, both targets on another, swapped each restart",
    Pinning.APART: "each arm on cores of its own, swapped each restart",
    Pinning.NONE: "kept to no cores",
}
GATE_FIRST = (Gate.FAIL, Gate.INCONCLUSIVE, Gate.PASS, Gate.NOT_GATED)
SHORTEST_AXIS = 0.1


def render_duet(record: DuetRecord, verdict: DuetVerdict, link: str) -> str:
    """Return the page as one HTML document; `link` has `{run_id}` where the folder of a run is, seen from the page."""
    axis = ChangeAxis(_reach(verdict.comparisons))
    because = [wording.sentence(text) for text in verdict.because]
    return environment().get_template("duet.html").render(
        outcome=verdict.outcome.value,
        outcome_word=wording.OUTCOME_WORD[verdict.outcome],
        outcome_symbol=wording.OUTCOME_SYMBOL[verdict.outcome],
        outcome_means=MEANS[verdict.outcome],
        reason=because[0] if because else "Nothing was carried out.",
        more_reasons=because[1:],
        scenario=wording.plain(record.scenario),
        facts=facts(record, verdict),
        reach=wording.percent(axis.reach),
        rows=[_comparison(row, axis) for row in ranked(verdict.comparisons) if row.change_ratio is not None],
        bare=[
            f"{wording.plain(row.operation)}, {METRIC_WORD[row.metric]}: {row.because}"
            for row in ranked(verdict.comparisons)
            if row.change_ratio is None
        ],
        errors=errors_words(verdict),
        restarts=[_restart(record, number, verdict, link) for number in range(len(verdict.restarts))],
        command=" ".join(record.command),
        **page(False),
    )  # fmt: skip


def ranked(rows: Sequence[PairedResult]) -> list[PairedResult]:
    """Return the comparisons, what blocks first, then what changed, then the rest by name."""
    return sorted(
        rows,
        key=lambda row: (
            GATE_FIRST.index(row.gate),
            row.statement not in {Statement.REGRESSED, Statement.IMPROVED},
            row.operation,
            list(METRIC_WORD).index(row.metric),
        ),
    )


def arm_words(arm: Arm) -> str:
    """Return what one arm was, in a line."""
    parts = [wording.plain(arm.target)]
    parts += [f"at {wording.plain(arm.url)}"] if arm.url else []
    parts += [f"build {wording.plain(arm.build)}"] if arm.build else []
    parts += [f"planted on purpose: {', '.join(wording.plain(name) for name in arm.plants)}"] if arm.plants else []
    return ", ".join(parts)


def facts(record: DuetRecord, verdict: DuetVerdict) -> list[tuple[str, str]]:
    """Return what a duet was, as labels and words."""
    void = len(verdict.restarts) - verdict.counting
    made = f"{verdict.counting} of {record.restarts_wanted} count" + (f", {void} void" if void else "")
    fresh = (
        "both targets started anew for each"
        if record.fresh
        else "the targets ran on: how much one build differs from start to start is not in it"
    )
    found = [
        ("a", arm_words(record.arms[Side.A])),
        ("b", arm_words(record.arms[Side.B])),
        ("Restarts", f"{made}; {fresh}"),
        (
            "Each",
            f"{wording.length(record.warm_up_s)} of warm-up, {wording.length(record.duration_s)} measured; half the load an arm",
        ),
        ("Cores", PINNING_WORDS[record.pinning]),
        ("Made", wording.utc(record.started_at)),
    ]
    scales = [
        f"{word} × {wording.number(value)}"
        for word, value in (("time", record.time_scale), ("load", record.load_scale))
        if value != 1
    ]
    found += [("Scaled", ", ".join(scales))] if scales else []
    found += [("Ended", "stopped before its end")] if record.ended == "interrupted" else []
    return found


def errors_words(verdict: DuetVerdict) -> str:
    """Return the failed requests of both arms in a sentence, "" where nothing was compared."""
    errors = verdict.errors
    if errors is None:
        return ""
    told = {Statement.REGRESSED: "b fails more often", Statement.IMPROVED: "b fails less often"}
    head = told.get(errors.statement, "no difference that could be told from chance")
    return f"Failed requests: {errors.a_failed:,} of {errors.a_attempts:,} in a, {errors.b_failed:,} of {errors.b_attempts:,} in b; {head}."


def change_words(row: PairedResult) -> str:
    """Return "+5.1 % (95 % interval +3.9 % to +6.3 %): 75.6 ms, in a 72 ms", or why there is none."""
    if row.change_ratio is None:
        return row.because
    between = wording.change_interval(row.interval, row.level)
    return f"{wording.change(row.change_ratio)} ({between}): {wording.quantity(row.b, row.unit)}, in a {wording.quantity(row.a, row.unit)}"


def _reach(rows: Sequence[PairedResult]) -> float:
    ends = [abs(end) for row in rows if row.gate is not Gate.NOT_GATED for end in row.interval or (0.0, 0.0)]
    return min(LONGEST_AXIS, max([SHORTEST_AXIS, *ends]))


def _comparison(row: PairedResult, axis: ChangeAxis) -> Row:
    """Return the row of what was compared."""
    assert row.change_ratio is not None
    css = STATEMENT_CSS[row.statement]
    singles = ", ".join(wording.change(each) for each in row.differences)
    return {
        "operation": wording.plain(row.operation),
        "metric": METRIC_WORD[row.metric],
        "css": css,
        "symbol": wording.STATEMENT_SYMBOL[row.statement],
        "statement": wording.STATEMENT_WORD[row.statement],
        "gate": wording.GATE_WORD[row.gate],
        "gated": row.gate is not Gate.NOT_GATED,
        "words": change_words(row),
        "because": wording.sentence(row.because),
        "singles": singles,
        "count": wording.count(row.count),
        "mark": axis.mark(row.change_ratio, row.interval, row.tolerated_ratio, css, change_words(row)),
        "spark": sparkline(row.differences, None, f"by restart: {singles}"),
        "detectable": "" if row.smallest_detectable_ratio is None else wording.percent(row.smallest_detectable_ratio),
    }


def _restart(record: DuetRecord, number: int, verdict: DuetVerdict, link: str) -> Row:
    result, made = verdict.restarts[number], record.restarts[number]
    seats = {side: made.seats[side] for side in Side}
    return {
        "number": result.number + 1,
        "first": result.first,
        "void": wording.sentence(result.void) if result.void else "",
        "runs": [
            (side.value, wording.plain(run_id), link.format(run_id=run_id))
            for side, run_id in ((Side.A, result.a_run), (Side.B, result.b_run))
            if run_id is not None
        ],
        "seats": "; ".join(
            f"{side.value}: load on {_cores(seat.generator)}, target on {_cores(seat.target)}"
            for side, seat in seats.items()
            if seat.generator or seat.target
        ),
    }


def _cores(cores: Sequence[int]) -> str:
    return f"{'core' if len(cores) == 1 else 'cores'} {', '.join(str(core) for core in cores)}" if cores else "any core"
