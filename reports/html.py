"""The HTML report: one file that opens offline, on a phone, in light and dark, and on paper."""

import shlex
from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup

from analysis.verdict import Verdict
from records.baseline import Baseline
from records.event import EventKind
from records.run import Run
from reports import exhaustion, resilience, two_stage, wording
from reports.canvas import Chart, choices_json, embedded
from reports.distribution import latency_distribution, response_against_rate
from reports.errors import error_table
from reports.evidence import evidence_chart, witness_chart
from reports.imported import missing_words, origin_words
from reports.latency import latency_rows
from reports.limits import latency_limit_us
from reports.page import Row, environment, page
from reports.probed import outages, signal_table
from reports.rows import (
    OBJECTIVE_CSS,
    change_table,
    finding_row,
    funnel_note,
    funnel_rows,
    funnel_title,
    objective_rows,
)
from reports.series import latencies, latencies_by_operation, seconds_of, timeline
from reports.staircase import staircase_charts
from reports.steadiness import steady_lines
from reports.summary import (
    accept_command,
    accept_words,
    compared_words,
    has_baseline,
    key_figures,
    length_words,
    next_step,
    ranked_findings,
    reason,
)
from reports.timecharts import Course, time_charts
from reports.trust import check_rows, manifest_rows, trust_words
from reports.witness import witness_table

MOST_EVENTS = 200  # an event list longer than this is cut, and says so


@dataclass(frozen=True, slots=True)
class Drawn:
    """The interactive charts of a report."""

    over_time: tuple[Chart, ...]
    distribution: Chart | None
    against_rate: Chart | None
    climb: tuple[Chart, ...] = ()

    @property
    def all(self) -> tuple[Chart, ...]:
        """Return the charts in the order of the page."""
        return (
            *self.climb,
            *self.over_time,
            *(chart for chart in (self.distribution, self.against_rate) if chart is not None),
        )


def render_html(run: Run, verdict: Verdict, baselines: tuple[Baseline, ...]) -> str:
    """Return the report as one HTML document that fetches nothing; the same input gives the same text."""
    used = tuple(baseline for baseline in baselines if baseline.run_id in verdict.baseline.run_ids)
    course = _course(run)
    drawn = _draw(course, verdict, used)
    model, places = embedded(drawn.all) if drawn.all else ("{}", "[]")
    return environment().get_template("report.html").render(
        **_verdict(run, verdict),
        **_findings(course, verdict),
        **_objectives(verdict),
        **_comparison(verdict),
        **_correctness(verdict),
        **_resilience(verdict),
        errors=error_table(run),
        climb=None if verdict.exhaustion is None else exhaustion.section(verdict.exhaustion, drawn.climb),
        **_over_time(course, drawn),
        **_target(run, verdict),
        **_distributions(run, verdict, drawn),
        **_trust(run, verdict),
        **page(bool(drawn.all)),
        charts_json=Markup(model),
        places_json=Markup(places),
        choices_json=Markup(choices_json(drawn.all)),
    )  # fmt: skip


def _course(run: Run) -> Course:
    return Course(run, timeline(run), latencies(run), latencies_by_operation(run), float(seconds_of(run)))


def _draw(course: Course, verdict: Verdict, baselines: tuple[Baseline, ...]) -> Drawn:
    run = course.run
    if not course.together.count.any() and not run.generator:
        return Drawn((), None, None)
    return Drawn(
        time_charts(course),
        latency_distribution(run, baselines),
        response_against_rate(verdict.stages, course.timeline, course.together, latency_limit_us(run, None)),
        () if verdict.exhaustion is None else staircase_charts(verdict.exhaustion),
    )


def _verdict(run: Run, verdict: Verdict) -> Row:
    manifest = run.manifest
    parsed = wording.parsed_moment(manifest.started_at)
    return {
        "run_id": wording.plain(manifest.run_id),
        "title": wording.plain(manifest.plan.title, 200),
        "description": wording.plain(manifest.plan.description, 400),
        "outcome": verdict.outcome.value,
        "outcome_word": wording.OUTCOME_WORD[verdict.outcome],
        "outcome_symbol": wording.OUTCOME_SYMBOL[verdict.outcome],
        "outcome_means": wording.OUTCOME_MEANS[verdict.outcome],
        "reason": reason(verdict),
        "more_reasons": [wording.sentence(text) for text in verdict.because[1:]],
        "next_step": next_step(verdict),
        "figures": key_figures(run, verdict),
        "started_utc": wording.utc(manifest.started_at),
        "started_iso": None if parsed is None else parsed.isoformat(),
        "facts": [
            ("Scenario", wording.plain(manifest.plan.scenario)),
            ("Target", f"{wording.plain(manifest.plan.target.name)} ({manifest.plan.target.kind.value})"),
            ("Build", wording.plain(manifest.target_build) if manifest.target_build else "the target does not tell"),
            ("Length", length_words(run)),
        ],
        "torn": [wording.plain(name) for name in run.torn_lines],
        "plants": [wording.plain(name) for name in manifest.plants],
        "two_stage_head": two_stage.HEAD,
        "two_stage_runs": two_stage.run_rows(verdict),
        "imported": None if manifest.imported is None else origin_words(manifest.imported),
        "not_known": [] if manifest.imported is None else missing_words(manifest.imported),
    }


def _findings(course: Course, verdict: Verdict) -> Row:
    charts = [
        evidence_chart(finding, course.run, verdict, course.apart, course.end_s) for finding in ranked_findings(verdict)
    ]
    return {
        "findings": [
            {**finding_row(finding), "chart": chart if chart not in charts[:index] else None}
            for index, (finding, chart) in enumerate(zip(ranked_findings(verdict), charts, strict=True))
        ]
    }


def _objectives(verdict: Verdict) -> Row:
    rows = objective_rows(verdict)
    measured = [row for row in rows if row.used >= 0]
    held = sum(row.css == "pass" for row in rows)
    return {
        "objectives": rows,
        "objectives_title": f"{wording.count(held)} of {wording.count(len(measured))} measured rows held, "
        f"{wording.count(len(rows) - len(measured))} not measured"
        if rows
        else "No objective was judged",
        "objectives_hidden": sum(not row.short for row in rows),
    }


def _comparison(verdict: Verdict) -> Row:
    table = change_table(verdict)
    return {
        "changes": table,
        "changes_hidden": 0 if table is None else sum(not row.short for row in table.rows),
        "compared": compared_words(verdict),
        "accept_words": accept_words(verdict),
        "accept_command": accept_command(verdict),
        "baseline_runs": [wording.plain(name) for name in verdict.baseline.run_ids],
        "baseline_left_out": [wording.plain(name, 300) for name in verdict.baseline.left_out],
        "baseline_missing": not has_baseline(verdict),
        "steady": steady_lines(verdict),
    }


def _correctness(verdict: Verdict) -> Row:
    return {
        "invariants": [
            {
                "title": invariant.title,
                "name": invariant.name,
                "checked": wording.count(invariant.checked),
                "violations": wording.count(invariant.violations),
                "css": OBJECTIVE_CSS[invariant.outcome],
                "symbol": wording.OBJECTIVE_SYMBOL[invariant.outcome],
                "outcome": wording.INVARIANT_WORD[invariant.outcome],
                "because": wording.sentence(invariant.because),
                "witness": witness_table(invariant),
                "chart": witness_chart(invariant.witness),
            }
            for invariant in verdict.invariants
        ],
    }


def _resilience(verdict: Verdict) -> Row:
    return {
        "resilience": resilience.resilience_rows(verdict),
        "resilience_head": resilience.HEAD,
        "resilience_title": resilience.title(verdict),
        "resilience_repeated": resilience.repeated(verdict),
        "resilience_note": resilience.note(verdict.resilience.injections),
    }


def _target(run: Run, verdict: Verdict) -> Row:
    return {
        "signals": signal_table(run, verdict),
        "has_probes": bool(run.manifest.plan.target.probes),
        "outages": outages(run),
    }


def _over_time(course: Course, drawn: Drawn) -> Row:
    divisor = (
        drawn.over_time[0].figure.x_range.end and course.end_s / drawn.over_time[0].figure.x_range.end
        if drawn.over_time
        else 1.0
    )
    zooms = [("Whole run", 0.0, course.end_s)] + [
        (stage.name, stage.start_s, min(stage.end_s, course.end_s))
        for stage in course.run.manifest.plan.stages[:12]
        if stage.start_s < course.end_s
    ]
    return {
        "time_charts": drawn.over_time,
        "zooms": [
            {"name": name, "start": f"{start / divisor:.6g}", "end": f"{end / divisor:.6g}"}
            for name, start, end in zooms
        ],
        "events": [
            {
                "at": wording.moment(event.at_s),
                "kind": event.kind.value,
                "name": wording.plain(event.name),
                "detail": wording.plain(event.detail, 400),
            }
            for event in [event for event in course.run.events if event.kind is not EventKind.STAGE][:MOST_EVENTS]
        ],
    }


def _distributions(run: Run, verdict: Verdict, drawn: Drawn) -> Row:
    return {
        "distribution_charts": [chart for chart in (drawn.distribution, drawn.against_rate) if chart is not None],
        "funnel": funnel_rows(verdict.funnel),
        "funnel_note": funnel_note(run),
        "funnel_title": funnel_title(verdict.funnel) if verdict.funnel else "",
        "stages": _stage_rows(verdict),
        "latency_rows": latency_rows(run),
    }


def _stage_rows(verdict: Verdict) -> Sequence[Row]:
    held = {
        True: ("pass", "✓ objectives held"),
        False: ("fail", "✗ objectives missed"),
        None: ("unknown", "– not judged"),
    }
    rows = []
    for stage in verdict.stages:
        css, words = held[stage.objectives_held]
        planned, started = stage.planned_sessions_per_s, stage.started_sessions_per_s
        rows.append(
            {
                "name": wording.plain(stage.name),
                "kind": stage.kind.replace("_", " "),
                "level": f"{wording.number(stage.level)} ×",
                "planned": "none" if planned is None else f"{wording.number(planned)} per s",
                "started": "none" if started is None else f"{wording.number(started)} per s",
                "rate": f"{wording.number(stage.request_rate_per_s)} per s",
                "latencies": [
                    wording.latency_us(value)
                    for value in (
                        stage.response_us_p50,
                        stage.response_us_p95,
                        stage.response_us_p99,
                        stage.service_us_p50,
                        stage.service_us_p95,
                        stage.service_us_p99,
                    )
                ],
                "count": wording.count(stage.count),
                "errors": "none" if stage.error_ratio is None else wording.percent(stage.error_ratio),
                "css": css,
                "held": words,
                "because": wording.sentence(stage.because),
            }
        )
    return rows


def _trust(run: Run, verdict: Verdict) -> Row:
    return {
        "checks": check_rows(verdict),
        "trust": trust_words(verdict),
        "command": shlex.join(run.manifest.command),
        "load_command": shlex.join(run.manifest.load_command),
        "manifest": manifest_rows(run),
        "scenario_text": run.manifest.scenario_text,
    }
