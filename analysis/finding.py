"""Findings: symptom, evidence, likely cause, next step, and what would refute it; the most urgent first."""

from collections import Counter, defaultdict
from collections.abc import Sequence

from analysis.case import ALL
from analysis.cause import Cause, cause_of, everything_slower
from analysis.climb_finding import climb_findings
from analysis.comparison import in_words as comparison_in_words
from analysis.comparison import severity
from analysis.decision import by_severity, worst_of_each
from analysis.evidence import AVAILABILITY, Evidence
from analysis.figures import change, counted, listed, metric_word, milliseconds, number, percent, quantity
from analysis.objective import in_words as objective_in_words
from analysis.observed import Observed, failed_by_second
from analysis.stall import Stalls, stalls_of
from analysis.steady import drift
from analysis.verdict import (
    RESOLVE_WITHIN_S,
    RESPOND_WITHIN_S,
    ComparisonResult,
    Finding,
    Gate,
    Healing,
    InvariantResult,
    ObjectiveOutcome,
    ObjectiveResult,
    Priority,
)
from analysis.warned import Warned, warnings_of
from records.series import ErrorSeen
from records.window import FAILED, Outcome
from scenarios.objectives import RESILIENCE, Metric

ROLL_BACK_ERROR_RATIO = 0.01  # the product's roll-back line
ROLL_BACK_P95_S = 0.5
SHARED_SHARE = 0.6  # of the gated operations slower at once: what they share is slower
MIN_SHARED = 3
MOST_OBJECTIVE_FINDINGS = 5  # the table has them all
MOST_TEXTS = 3
ORDER = tuple(Priority)

WORD_OF_FAILURE = {
    Outcome.SERVER_ERROR: "server errors",
    Outcome.TIMEOUT: "timeouts",
    Outcome.CONNECTION_ERROR: "connections lost",
}


def findings(evidence: Evidence) -> tuple[Finding, ...]:
    """Return all findings, by priority and then as listed here. An invalid run has those that hold in spite of it."""
    found = [_broken(row, warnings_of(evidence.run.events)) for row in evidence.broken] + _warned(evidence)
    if evidence.sick:
        found += [_sick(check.title, check.because) for check in evidence.sick]
        return _by_priority(found)
    found += _aborted(evidence)
    found += _failures(evidence)
    found += _not_recovered(evidence)
    found += _refused(evidence)
    stalls = [stall for observed in evidence.judged if (stall := stalls_of(evidence.run, observed)) is not None]
    found += [_stalled(stall) for stall in stalls]
    found += _regressions(evidence)
    found += _missed(evidence, has_stalls=bool(stalls))
    found += _kept_waiting(evidence)
    found += _drifting(evidence)
    found += [_finding(*told) for told in climb_findings(evidence)]
    found += _undecided(evidence)
    return _by_priority(found)


def _finding(priority: Priority, symptom: str, evidence: str, cause: Cause) -> Finding:
    return Finding(
        priority=priority,
        symptom=symptom,
        evidence=evidence,
        cause=cause.cause,
        next_step=cause.next_step,
        refuted_by=cause.refuted_by,
        respond_within_s=RESPOND_WITHIN_S[priority],
        resolve_within_s=RESOLVE_WITHIN_S[priority],
    )


def _by_priority(found: Sequence[Finding]) -> tuple[Finding, ...]:
    return tuple(sorted(found, key=lambda finding: ORDER.index(finding.priority)))


# Broken, failing, refusing.


def _broken(row: InvariantResult, warned: Sequence[Warned]) -> Finding:
    requests = [entry for entry in row.witness if "sent_s" in entry]
    times = ", ".join(
        f"{entry['client']} sent {entry['sent_s']:.3f} s, answered {entry['answered_s']:.3f} s" for entry in requests
    )
    told = f"{row.violations:,} of {row.checked:,} checked"
    told += "".join(f"; seen at {one.at_s:.0f} s of the run already" for one in warned if one.invariant == row.name)
    return _finding(Priority.CRITICAL, f"Broken: {row.title[0].lower()}{row.title[1:]}: {row.because}",
                    f"{told}; {times}" if times else told, cause_of(row.name))  # fmt: skip


def _warned(evidence: Evidence) -> list[Finding]:
    """Return what the audit's sample saw during the run and the audit after it does not tell."""
    told = {row.name: row.because for row in evidence.invariants if row.outcome is not ObjectiveOutcome.PASS}
    broken = {row.name for row in evidence.broken}
    return [
        _finding(
            Priority.CRITICAL,
            f"Broken while the load went on ({one.invariant}, at {number(round(one.at_s))} s): {one.line}",
            f"{counted(one.count, 'warning')} of the audit's sample; the audit after the run: {told.get(one.invariant, 'holds')}",
            cause_of(one.invariant),
        )
        for one in warnings_of(evidence.run.events)
        if one.invariant not in broken
    ]


def _aborted(evidence: Evidence) -> list[Finding]:
    if not evidence.aborted:
        return []
    plan, last = evidence.run.manifest.plan, max(0, evidence.run.last_second)
    stage = plan.stage_at(last)
    where = "while draining" if stage is None else f"in stage {stage.name} at {stage.level:g} x current traffic"
    told = f"{number(last + 1)} s of {number(plan.duration_s)} s were recorded; it ended {where}"
    return [
        _finding(Priority.CRITICAL, f"The run was aborted: {evidence.aborted}", told, cause_of("aborted")),
    ]


def _not_recovered(evidence: Evidence) -> list[Finding]:
    """Return a finding for each fault after which the objectives did not hold again with the load still on."""
    down: dict[str, list[str]] = defaultdict(list)
    for row in evidence.resilience:
        if row.healing is Healing.NOT_RECOVERED:
            down[row.fault].append(f"{row.side} (injection {row.number}): {row.because}")
    return [
        _finding(
            Priority.CRITICAL,
            f"The target did not recover by itself after {fault}, with the load still on",
            listed(sides),
            cause_of("not_recovered"),
        )
        for fault, sides in down.items()
    ]


def _sick(title: str, because: str) -> Finding:
    cause = Cause(
        "the generator or its machine, not the target",
        "settle this and run it again; nothing can be said of the release before",
        "the same sickness on a machine with nothing else on it",
    )
    return _finding(Priority.MEDIUM, f"The measurement is invalid: {title}", because, cause)


def _failures(evidence: Evidence) -> list[Finding]:
    """Return one finding for the failures of all judged stages, where an objective on them was missed."""
    missed = [row for row in evidence.missed if row.metric in AVAILABILITY]
    if not missed:
        return []
    worst = by_severity(evidence, missed)[0]
    errors = [row for row in missed if row.metric == Metric.ERROR_RATIO.value]
    beyond = any((row.observed or 0.0) > ROLL_BACK_ERROR_RATIO for row in errors)
    down = any(row.metric == Metric.UPTIME_RATIO.value and row.operation is None for row in missed)
    told = _failed_where(evidence.judged) + _failed_how(evidence.run.series.errors)
    return [
        _finding(
            Priority.CRITICAL if beyond or down else Priority.HIGH,
            objective_in_words(worst),
            f"{told}; objectives missed: {listed(sorted({row.title for row in missed}))}",
            cause_of("errors"),
        )
    ]


def _failed_how(errors: Sequence[ErrorSeen]) -> str:
    """Return the most frequent texts of the run's failures as the end of a sentence, "" where none was recorded."""
    texts: Counter[str] = Counter()
    for error in errors:
        if error.outcome in FAILED:
            texts[error.text] += error.count
    most = [f"{text} ({count:,})" for text, count in texts.most_common(MOST_TEXTS)]
    return f"; over the whole run most often {listed(most)}" if most else ""


def _failed_where(stages: Sequence[Observed]) -> str:
    """Return which failures there were, in which operation most, and over how many seconds."""
    kinds: dict[Outcome, int] = dict.fromkeys(sorted(FAILED), 0)
    by_operation: dict[str, int] = defaultdict(int)
    seconds = 0
    for observed in stages:
        counts = observed.outcome_counts()
        kinds = {kind: count + counts[kind] for kind, count in kinds.items()}
        seconds += int((failed_by_second(observed.outcomes_by_second()) > 0).sum())
        for operation in observed.operations:
            mine = observed.outcome_counts([operation])
            by_operation[operation] += sum(mine[kind] for kind in FAILED)
    total = sum(kinds.values())
    if total == 0:
        return "no request failed"
    worst = max(sorted(by_operation), key=lambda name: by_operation[name])
    parts = [f"{count:,} {WORD_OF_FAILURE[kind]}" for kind, count in kinds.items() if count]
    return f"{', '.join(parts)} in {counted(seconds, 'second')}; most in {worst} ({by_operation[worst]:,} of {total:,})"


def _refused(evidence: Evidence) -> list[Finding]:
    return [
        _finding(
            Priority.HIGH,
            refusal.in_words(),
            f"{refusal.count:,} of {counted(refusal.attempts, 'request')} in the judged stages",
            cause_of(refusal.kind.value),
        )
        for refusal in evidence.refusals
    ]


# Slower, too slow.


def _regressions(evidence: Evidence) -> list[Finding]:
    """Return a finding for each operation that regressed at its lowest level; one for all where most of them did."""
    rows = worst_of_each(evidence, evidence.regressed)
    first: dict[str, ComparisonResult] = {}
    for row in rows:
        first.setdefault(row.operation, row)
    compared = {
        row.operation for row in evidence.comparisons if row.gate is not Gate.NOT_GATED and row.metric != "rate"
    }
    slower = [row for row in first.values() if row.metric != "rate"]
    found = []
    if len(slower) >= MIN_SHARED and len(slower) >= SHARED_SHARE * len(compared):
        found.append(
            _finding(
                Priority.HIGH,
                f"{len(slower)} of {counted(len(compared), 'compared operation')} became slower at once",
                "; ".join(f"{row.operation} {change(row.change_ratio or 0.0)}" for row in slower[:5]),
                everything_slower(),
            )
        )
    for row in first.values():
        cause = cause_of("rate" if row.metric == "rate" else row.operation)
        found.append(_finding(Priority.HIGH, comparison_in_words(row), _beside(evidence, row), cause))
    return found


def _beside(evidence: Evidence, row: ComparisonResult) -> str:
    """Return the other measures of a regressed operation, and how the other operations of the stage did."""
    same = [other for other in evidence.comparisons if (other.stage, other.operation) == (row.stage, row.operation)]
    measures = ", ".join(
        f"{metric_word(other.metric)} {change(other.change_ratio)}" for other in same if other.change_ratio is not None
    )
    others = {
        other.operation
        for other in evidence.comparisons
        if other.stage == row.stage and other.operation not in {row.operation, ALL} and other.interval is not None
    }
    slower = {other.operation for other in evidence.regressed if other.stage == row.stage} & others
    told = f"{measures}; {len(slower)} of {counted(len(others), 'other operation')} of the stage regressed too"
    return f"{told}; {severity(row):.1f} times the tolerated change"


def _missed(evidence: Evidence, *, has_stalls: bool) -> list[Finding]:
    """Return findings for missed objectives that no finding above explains, one an operation, at the lowest level."""
    explained = {row.operation for row in evidence.regressed}
    rows: dict[tuple[str, str | None], ObjectiveResult] = {}
    for row in by_severity(evidence, evidence.missed):
        if row.metric not in AVAILABILITY and row.operation not in explained:
            key = row.name if row.metric == Metric.PROBE.value else row.metric
            rows.setdefault((key, row.operation), row)
    return [_missed_one(evidence, row, has_stalls=has_stalls) for row in list(rows.values())[:MOST_OBJECTIVE_FINDINGS]]


def _missed_one(evidence: Evidence, row: ObjectiveResult, *, has_stalls: bool) -> Finding:
    held = [
        other.stage
        for other in evidence.objectives
        if (other.name, other.operation) == (row.name, row.operation) and other.outcome.value == "pass" and other.stage
    ]
    beyond = row.metric == Metric.RESPONSE_P95.value and row.operation is None and (row.observed or 0) > ROLL_BACK_P95_S
    told = f"{quantity(row.observed or 0.0, row.unit)} on {row.count:,}"
    told += f"; it held in stage {listed(sorted(held))}" if held else ""
    told += "; the stalls found above are part of it" if has_stalls else ""
    loaded = held or row.metric == Metric.PROBE.value
    key = "slow_recovery" if row.metric in RESILIENCE else row.operation or ("load" if loaded else row.metric)
    priority = Priority.HIGH if row.operation is None or beyond else Priority.MEDIUM
    return _finding(priority, objective_in_words(row), told, cause_of(key))


def _stalled(stalls: Stalls) -> Finding:
    starts = listed([f"{start:,} s" for start in stalls.starts], 5)
    return _finding(
        Priority.HIGH,
        f"The whole target stood still {counted(len(stalls.starts), 'time')} in stage {stalls.stage}, for up to {milliseconds(stalls.longest_us)}",
        f"at {starts} nearly all operations were over {number(10)} times their median in the same seconds; the generator's loop was not",
        cause_of("stalls"),
    )


def _kept_waiting(evidence: Evidence) -> list[Finding]:
    if not evidence.waiting:
        return []
    return [
        _finding(
            Priority.HIGH,
            f"The target kept the users waiting in stage {listed(list(evidence.waiting))}, so that sessions started late or not at all",
            "the generator's loop and CPU were healthy meanwhile; places for users ran out",
            cause_of("load"),
        )
    ]


def _drifting(evidence: Evidence) -> list[Finding]:
    found = []
    for observed in evidence.judged:
        moved = drift(observed, evidence.run.manifest.plan.time_scale)
        if moved is not None and moved.ratio > 0:
            symptom = (
                f"Responses became {percent(moved.ratio)} slower within stage {observed.stage.name}, at the same load"
            )
            told = f"median {milliseconds(moved.first_us)} in its first half, {milliseconds(moved.second_us)} in its second"
            found.append(_finding(Priority.MEDIUM, symptom, told, cause_of("drift")))
    return found


# What cannot be told.


def _undecided(evidence: Evidence) -> list[Finding]:
    rows = worst_of_each(evidence, [row for row in evidence.comparisons if row.gate is Gate.INCONCLUSIVE])
    if not rows:
        return []
    told = "; ".join(f"{row.operation} {metric_word(row.metric)}: {row.because}" for row in rows[:3])
    symptom = (
        f"{counted(len(rows), 'operation')} cannot be told from slower ones: {listed([row.operation for row in rows])}"
    )
    return [_finding(Priority.LOW, symptom, told, cause_of("undecided"))]
