"""The page of the history: what changed first, then every series through all runs as small multiples."""

from collections.abc import Sequence

from analysis.trend.change import ChangePoint, SlowDrift, Status, Trace
from analysis.trend.chronicle import Happening, Told, happenings
from analysis.trend.course import Visit
from analysis.trend.metric import METRICS
from analysis.trend.search import MIN_RUNS
from records.acknowledgement import MAX_REASON_CHARACTERS
from reports import wording
from reports.multiples import multiple, size_words
from reports.page import Row, environment, page
from reports.tables import Table

MOST_HAPPENINGS = 40  # more are in history.json, and the page says so
MOST_COURSES = 12  # a page of a dozen stages is read; the older ones are in history.json
MOST_NAMES = 3
STATUS_CSS = {
    Status.CONFIRMED: "fail",
    Status.SUSPECTED: "marginal",
    Status.ACKNOWLEDGED: "pass",
    Status.HIDDEN: "unknown",
}
STATUS_SYMBOL = {Status.CONFIRMED: "■", Status.SUSPECTED: "?", Status.ACKNOWLEDGED: "✓", Status.HIDDEN: "–"}


def render_history(told: Sequence[Told]) -> str:
    """Return the page as one HTML document; the same runs and answers give the same page."""
    found = happenings(told)
    drifts = [(each, drift) for each in told for drift in each.drifts]
    return (
        environment()
        .get_template("history.html")
        .render(
            outcome_word="History",
            headline=headline(told),
            counts=counts(told),
            happenings=[_happening(happening) for happening in found[:MOST_HAPPENINGS]],
            happenings_left=max(0, len(found) - MOST_HAPPENINGS),
            drifts=[_drift(each, drift) for each, drift in drifts],
            answers=[_answer(each, point) for each in told for point in each.points if _is_answered(point)],
            courses=[_course(number, each) for number, each in enumerate(told[:MOST_COURSES])],
            courses_left=[course_words(each) for each in told[MOST_COURSES:]],
            metrics=[wording.metric(metric.name) for metric in METRICS],
            **page(has_charts=False),
        )
    )


def headline(told: Sequence[Told]) -> str:
    """Return what the history comes to, in a sentence."""
    found = happenings(told)
    confirmed = sum(happening.status is Status.CONFIRMED for happening in found)
    drifts = sum(drift.status is Status.CONFIRMED for each in told for drift in each.drifts)
    if told and all(each.missing_runs for each in told):
        fewest = min(each.missing_runs for each in told)
        return (
            f"No history yet: {wording.counted(fewest, 'more accepted run')} until it can speak (it takes {MIN_RUNS})."
        )
    parts = [
        f"{wording.counted(confirmed, 'run')} in which something changed" if confirmed else "",
        f"{wording.counted(len(found) - confirmed, 'run')} in which something may have changed"
        if len(found) > confirmed
        else "",
        f"{wording.counted(drifts, 'series', 'series')} that slowly drift" if drifts else "",
    ]
    said = [part for part in parts if part]
    return wording.sentence(", ".join(said)) if said else "Nothing changed that is not accounted for."


def counts(told: Sequence[Told]) -> list[tuple[str, str]]:
    """Return what the history stands on: label and number."""
    runs = {visit.run_id for each in told for visit in each.course.visits}
    series = sum(len(each.traces) for each in told)
    return [
        ("Runs", wording.count(len(runs))),
        ("Series", wording.count(series)),
        ("Target", ", ".join(sorted({wording.plain(each.course.target) for each in told}))),
    ]


def course_words(told: Told) -> str:
    """Return the name of a course: stage, level, scenarios, target."""
    course, key = told.course, told.course.visits[-1].key
    scales = "".join(
        f", {what} × {wording.number(scale)}"
        for what, scale in (("times", key.time_scale), ("loads", key.load_scale))
        if scale != 1
    )
    return (
        f"{wording.plain(course.stage)} at {wording.number(key.level)} × current traffic{scales} on {wording.plain(course.target)} "
        f"({', '.join(wording.plain(name) for name in course.scenarios)})"
    )


def happening_words(happening: Happening) -> str:
    """Return what changed in a run, in a sentence: the operations, the largest changes of each."""
    by_operation: dict[str, list[ChangePoint]] = {}
    for point in happening.points:
        by_operation.setdefault(point.operation, []).append(point)
    told = [
        f"{wording.operation(name)} {', '.join(f'{wording.metric(point.metric)} {size_words(point)}' for point in points)}"
        for name, points in by_operation.items()
    ]
    shown = "; ".join(told[:MOST_NAMES])
    rest = len(told) - MOST_NAMES
    return shown if rest <= 0 else f"{shown}; and {wording.counted(rest, 'more operation')}"


def _happening(happening: Happening) -> Row:
    first, course = happening.points[0], happening.course
    confirmed = happening.status is Status.CONFIRMED
    return {
        "css": "priority-medium" if confirmed and happening.is_worse else "priority-low",
        "badge": status_css(happening.status, is_worse=happening.is_worse),
        "symbol": STATUS_SYMBOL[happening.status],
        "status": happening.status.value,
        "words": happening_words(happening),
        "run_id": wording.plain(happening.run_id),
        "when": wording.utc(first.started_at),
        "stage": wording.plain(course.stage),
        "code": "no manifest knows the commits" if first.code is None else wording.plain(first.code, 300),
        "surroundings": [wording.plain(line, 300) for line in first.surroundings],
        "points": [_point(point) for point in happening.points],
        "command": f'rushhour history acknowledge {wording.plain(happening.run_id)} --reason "…"',
    }


def _point(point: ChangePoint) -> Row:
    return {
        "id": point.id,
        "operation": wording.operation(point.operation),
        "metric": wording.metric(point.metric),
        "before": wording.quantity(point.before, point.unit),
        "after": wording.quantity(point.after, point.unit),
        "size": size_words(point),
        "tone": "worse" if point.is_worse else "better",
        "runs": f"{point.runs[0]} + {point.runs[1]}",
        "css": status_css(point.status, is_worse=point.is_worse),
        "symbol": STATUS_SYMBOL[point.status],
        "status": point.status.value,
        "because": wording.plain(point.because, MAX_REASON_CHARACTERS),
    }


def status_css(status: Status, *, is_worse: bool) -> str:
    """Return the tone of a standing: nobody is to be alarmed by a confirmed improvement."""
    return "pass" if status is Status.CONFIRMED and not is_worse else STATUS_CSS[status]


def _is_answered(point: ChangePoint) -> bool:
    return point.status in {Status.ACKNOWLEDGED, Status.HIDDEN}


def _answer(told: Told, point: ChangePoint) -> Row:
    return {**_point(point), "run_id": wording.plain(point.run_id), "stage": wording.plain(told.course.stage)}


def _drift(told: Told, drift: SlowDrift) -> Row:
    return {
        "operation": wording.operation(drift.operation),
        "metric": wording.metric(drift.metric),
        "stage": wording.plain(told.course.stage),
        "size": size_words(drift),
        "before": wording.quantity(drift.before, drift.unit),
        "after": wording.quantity(drift.after, drift.unit),
        "tone": "worse" if drift.is_worse else "better",
        "runs": " to ".join(wording.plain(run_id) for run_id in drift.run_ids),
        "css": "marginal",
        "symbol": "↗" if drift.after > drift.before else "↘",
        "status": drift.status.value,
        "because": drift.because,
    }


def _course(number: int, told: Told) -> Row:
    course = told.course
    first, last = course.visits[0], course.visits[-1]
    return {
        "anchor": f"course-{number}",
        "short": wording.plain(course.stage, 40),
        "title": wording.capital(course_words(told)),
        "span": f"{wording.counted(len(course.visits), 'run')}, {wording.utc(first.started_at)} to {wording.utc(last.started_at)}",
        "left_out": course.left_out,
        "missing": told.missing_runs,
        "needed": MIN_RUNS,
        "open": sum(not visit.accepted for visit in course.visits),
        "moves": [
            (wording.plain(move.run_id), "; ".join(wording.plain(line, 300) for line in move.lines))
            for move in told.moves
        ],
        "rows": _rows(told),
        "table": _numbers(told),
    }


def _rows(told: Told) -> list[Row]:
    """Return a row an operation, its charts in the order of the metrics, None where a metric has no run."""
    by_operation: dict[str, dict[str, Trace]] = {}
    for trace in told.traces:
        by_operation.setdefault(trace.series.operation, {})[trace.series.metric.name] = trace
    return [
        {
            "operation": wording.operation(name),
            "charts": [
                (multiple(told, traces[metric.name]), traces[metric.name].silent) if metric.name in traces else None
                for metric in METRICS
            ],
        }
        for name, traces in by_operation.items()
    ]


def _numbers(told: Told) -> Table:
    """Return the values behind the charts: a row a run, a column a series that somebody has changed or all together."""
    shown = [
        trace
        for trace in told.traces
        if trace.points or trace.drifts or trace.series.operation == told.traces[0].series.operation
    ]
    columns = [{reading.place: reading.value for reading in trace.series.readings} for trace in shown]
    heads = [
        f"{wording.operation(trace.series.operation)} {wording.metric(trace.series.metric.name)}" for trace in shown
    ]
    rows = [
        (wording.plain(visit.run_id), _when(visit), visit.commit or "–", *(
            wording.quantity(column[place], trace.series.metric.unit) if place in column else "–"
            for column, trace in zip(columns, shown, strict=True)
        ))
        for place, visit in enumerate(told.course.visits)
    ]  # fmt: skip
    return Table(
        "A row a run; the series that changed, and all operations together",
        ("run", "started", "commit", *heads),
        tuple(rows),
    )


def _when(visit: Visit) -> str:
    return wording.utc(visit.started_at)
