"""The run over time: charts on one shared axis, with stages as bands and faults as marks."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from bokeh.models import ColumnDataSource, Line, NumeralTickFormatter, Range1d, Scatter, Step, VArea
from numpy.typing import NDArray

from records.run import Run
from records.series import OUTCOMES
from records.window import PAYMENT_FLOW
from records.window import Outcome as RequestOutcome
from reports import titles, wording
from reports.backdrop import new_backdrop, stage_strip
from reports.canvas import (
    Axes,
    Chart,
    Choice,
    KeyItem,
    add_hover,
    draw_limit,
    drawn,
    limit_words,
    log_ticker,
    new_figure,
    new_pointer,
    sendable,
    source,
    without_x_labels,
)
from reports.limits import latency_limit_us
from reports.palette import DASH, MARKER
from reports.series import Latencies, Timeline
from reports.tables import Table, thinned

Floats = NDArray[np.float64]
ALL = "all operations"
MOST_TABLE_ROWS = 60  # the numbers behind a chart: enough to see its course, short enough to read
LABELLED = {"stages", "latency", "generator-cpu"}  # the time is never far from where one reads


@dataclass(frozen=True, slots=True)
class Course:
    """What charts over time are drawn from."""

    run: Run
    timeline: Timeline
    together: Latencies
    apart: dict[str, Latencies]
    end_s: float


def time_charts(course: Course) -> tuple[Chart, ...]:
    """Return the charts of the section "The run over time", top to bottom, linked by their axis."""
    axes = shared_axes(course.end_s)
    backdrop = new_backdrop(course.run, axes, course.end_s)
    charts = [
        stage_strip(course.run, backdrop, course.end_s),
        _sessions(course, axes),
        _latency(course, axes),
        _requests(course, axes),
        _failures(course, axes),
        _users(course, axes),
        _lag(course, axes),
        _cpu(course, axes),
    ]
    for chart in charts:
        if chart.name not in LABELLED:
            without_x_labels(chart.figure)
    for chart in charts[1:]:
        backdrop.draw(chart.figure)
    return tuple(charts)


def shared_axes(end_s: float) -> Axes:
    """Return the axis of time: seconds up to 3 min, minutes up to 3 h, hours beyond."""
    divisor, unit = (1.0, "s") if end_s <= 180 else (60.0, "min") if end_s <= 10_800 else (3600.0, "h")
    end = end_s / divisor
    return Axes(
        Range1d(start=0, end=end, bounds=(0, end), name="stages-axis"),
        divisor,
        f"time since the start ({unit})",
        new_pointer(),
    )


def _columns(course: Course, axes: Axes, **values: Floats) -> ColumnDataSource:
    timeline = course.timeline
    return source(
        x=timeline.middle_s / axes.divisor,
        at=[wording.moment(second) for second in timeline.start_s],
        **{name: column.astype(np.float32) for name, column in values.items()},
    )


def _line(
    made: Any, columns: ColumnDataSource, name: str, colour: str, *, width: float = 2.0, dash: str = "solid"
) -> Any:
    renderer = drawn(made, columns, Line(x="x", y=name, line_width=width, line_dash=dash), line_color=colour)
    if len(columns.data["x"]) <= 120:
        drawn(made, columns, Scatter(x="x", y=name, size=4, line_color=None), fill_color=colour)
    return renderer


def _from_zero(made: Any) -> None:
    made.y_range.start = 0
    made.yaxis[0].formatter = NumeralTickFormatter(format="0,0[.]00")


def _sessions(course: Course, axes: Axes) -> Chart:
    timeline = course.timeline
    made = new_figure(170, "sessions per s", axes, x_axis_label=axes.label)
    columns = _columns(
        course, axes, planned=timeline.planned_per_s, started=timeline.started_per_s, dropped=timeline.dropped_per_s
    )
    drawn(made, columns, Step(x="x", y="planned", mode="center", line_width=3), line_color="baseline")
    started = _line(made, columns, "started", "candidate")
    _from_zero(made)
    lines = [
        ("at", "@at"),
        ("planned", "@planned{0,0.0} per s"),
        ("started", "@started{0,0.0} per s"),
        ("dropped", "@dropped{0,0.0} per s"),
    ]
    add_hover(made, started, lines)
    return Chart(
        "sessions",
        titles.sessions(timeline),
        f"Sessions per s, windows of {wording.length(timeline.step_s)}.",
        made,
        _table(timeline, ("planned per s", "started per s", "dropped per s"),
               (timeline.planned_per_s, timeline.started_per_s, timeline.dropped_per_s)),
        key=(KeyItem("baseline-line", "planned"), KeyItem("candidate-line", "started")),
        linked=True,
    )  # fmt: skip


def _latency(course: Course, axes: Axes) -> Chart:
    kind = "log" if _decade(course) else "linear"
    made = new_figure(270, "response (ms)", axes, x_axis_label=axes.label, y_axis_type=kind)
    names = (ALL, *(name for name in course.apart if name != PAYMENT_FLOW), *_flow(course))
    columns = source(**_latency_columns(course.together, axes))
    for name, dash, width in (("p50", "dotted", 2.0), ("p95", "solid", 2.5), ("p99", "dashed", 1.6)):
        line = Line(x="x", y=name, line_width=width, line_dash=dash)
        renderer = drawn(made, columns, line, line_color="candidate")
        if name == "p95":
            drawn(made, columns, Scatter(x="x", y=name, size=4, line_color=None), fill_color="candidate")
            lines = [("at", "@at"), ("p50", "@p50{0,0.0} ms"), ("p95", "@p95{0,0.0} ms"), ("p99", "@p99{0,0.0} ms")]
            add_hover(made, renderer, [*lines, ("requests", "@count{0,0}")])
    limit_us = latency_limit_us(course.run, None)
    draw_limit(made, limit_us, "latency", (0.0, course.end_s / axes.divisor))
    if kind == "log":
        made.yaxis[0].ticker = log_ticker()
        made.yaxis[0].formatter = NumeralTickFormatter(format="0,0[.]000")
    else:
        _from_zero(made)
    columns.name = "latency"
    together = course.together
    return Chart(
        "latency",
        _titled(course, ALL),
        f"Response from the intended start, windows of {wording.length(together.step_s)} for all operations, wider for rare ones. "
        "p95 needs 20 requests in a window, p99 100; where there are fewer the line has a gap.",
        made,
        Table(
            f"All operations, windows of {wording.length(together.step_s)}",
            ("at", "p50", "p95", "p99", "requests"),
            tuple(
                (
                    wording.moment(together.start_s[row]),
                    *(wording.latency_us(float(together.us[place, row])) for place in range(3)),
                    wording.count(float(together.count[row])),
                )
                for row in thinned(together.start_s.size, MOST_TABLE_ROWS)
            ),
        ),
        key=(
            KeyItem("p99-line", "p99"),
            KeyItem("candidate-line", "p95"),
            KeyItem("p50-line", "p50"),
        ),
        choices=tuple(_choice(course, axes, name) for name in names),
        linked=True,
    )


def _flow(course: Course) -> tuple[str, ...]:
    return (PAYMENT_FLOW,) if PAYMENT_FLOW in course.apart else ()


def _titled(course: Course, name: str) -> str:
    found = course.together if name == ALL else course.apart[name]
    return titles.latency(course.run, name, found, latency_limit_us(course.run, None if name == ALL else name))


def _latency_columns(found: Latencies, axes: Axes) -> dict[str, Any]:
    milliseconds = (found.us / 1000).astype(np.float32)
    return {
        "x": (found.middle_s / axes.divisor).astype(np.float32),
        "at": [wording.moment(second) for second in found.start_s],
        "p50": milliseconds[0],
        "p95": milliseconds[1],
        "p99": milliseconds[2],
        "count": found.count.astype(np.float32),
    }


def _choice(course: Course, axes: Axes, name: str) -> Choice:
    found = course.together if name == ALL else course.apart[name]
    limit_us = latency_limit_us(course.run, None if name == ALL else name)
    columns: dict[str, Sequence[float | str | None]] = {
        "x": sendable(found.middle_s / axes.divisor),
        "at": [wording.moment(second) for second in found.start_s],
        "count": [float(count) for count in found.count.tolist()],
    }
    for row, percentile in enumerate(("p50", "p95", "p99")):
        columns[percentile] = sendable(found.us[row] / 1000)
    limit_ms = None if limit_us is None else limit_us / 1000
    return Choice(name, _titled(course, name), limit_ms, limit_words(limit_us), columns)


def _decade(course: Course) -> bool:
    """Tell whether the latencies that can be chosen span more than a decade."""
    values = [float(part) for found in (course.together, *course.apart.values()) for part in found.us.ravel()]
    finite = [value for value in values if math.isfinite(value) and value > 0]
    return bool(finite) and max(finite) > 10 * min(finite)


def _requests(course: Course, axes: Axes) -> Chart:
    timeline = course.timeline
    made = new_figure(150, "requests per s", axes, x_axis_label=axes.label)
    columns = _columns(course, axes, rate=timeline.request_rate_per_s)
    drawn(made, columns, VArea(x="x", y1=0, y2="rate", fill_alpha=0.15), fill_color="candidate")
    add_hover(made, _line(made, columns, "rate", "candidate"), [("at", "@at"), ("requests", "@rate{0,0.0} per s")])
    _from_zero(made)
    return Chart(
        "requests",
        titles.requests(timeline),
        "All requests, however they ended, by the second they were meant to start in.",
        made,
        _table(timeline, ("requests per s",), (timeline.request_rate_per_s,)),
        linked=True,
    )


def _failures(course: Course, axes: Axes) -> Chart:
    timeline = course.timeline
    seen = [
        (index, outcome)
        for index, outcome in enumerate(OUTCOMES)
        if outcome is not RequestOutcome.OK and timeline.outcomes_per_s[:, index].sum() > 0
    ]
    columns = _columns(
        course,
        axes,
        **{outcome.value: timeline.outcomes_per_s[:, index] for index, outcome in seen},
        **{f"seen_{outcome.value}": _or_gap(timeline.outcomes_per_s[:, index]) for index, outcome in seen},
    )
    made = new_figure(170, "per s", axes, x_axis_label=axes.label)
    for _, outcome in seen:
        line = Line(x="x", y=outcome.value, line_dash=DASH[outcome], line_width=1.6)
        renderer = drawn(made, columns, line, line_color=outcome.value)
        if timeline.start_s.size <= 240:
            mark = Scatter(x="x", y=f"seen_{outcome.value}", size=6, marker=MARKER[outcome], line_width=1.5)
            drawn(made, columns, mark, line_color=outcome.value, fill_color=outcome.value)
    if seen:
        lines = [(wording.REQUEST_OUTCOME_WORD[o], f"@{o.value}{{0,0.00}} per s") for _, o in seen]
        add_hover(made, renderer, [("at", "@at"), *lines])
    else:
        made.y_range = Range1d(start=0, end=1)
    _from_zero(made)
    return Chart(
        "outcomes",
        titles.outcomes(course.run, course.end_s),
        "Every request that did not end in a plain ok. Refusals are business (slot taken, card declined on purpose), not failures.",
        made,
        _table(
            timeline,
            tuple(f"{wording.REQUEST_OUTCOME_WORD[o]} per s" for o in OUTCOMES),
            tuple(timeline.outcomes_per_s[:, index] for index in range(len(OUTCOMES))),
        ),
        key=tuple(KeyItem(f"key-{o.value.replace('_', '-')}", wording.REQUEST_OUTCOME_WORD[o]) for _, o in seen),
        linked=True,
    )


def _or_gap(values: Floats) -> Floats:
    """Return values with gaps for 0: a mark stands only where something happened."""
    return np.where(values > 0, values, np.nan)


def _users(course: Course, axes: Axes) -> Chart:
    timeline = course.timeline
    made = new_figure(150, "users", axes, x_axis_label=axes.label)
    columns = _columns(course, axes, users=timeline.users, planned=timeline.users_planned, busy=timeline.busy)
    drawn(made, columns, Step(x="x", y="planned", mode="center", line_width=3), line_color="baseline")
    _line(made, columns, "users", "ink", width=1.2, dash="dashed")
    busy = _line(made, columns, "busy", "candidate")
    _from_zero(made)
    add_hover(
        made, busy, [("at", "@at"), ("planned", "@planned{0,0}"), ("there", "@users{0,0}"), ("busy", "@busy{0,0}")]
    )
    return Chart(
        "users",
        titles.users(timeline),
        "Busy: inside a session. In the open model users are free places that arrivals take.",
        made,
        _table(timeline, ("planned", "there", "busy"), (timeline.users_planned, timeline.users, timeline.busy)),
        key=(
            KeyItem("baseline-line", "planned"),
            KeyItem("ink-line", "there"),
            KeyItem("candidate-line", "busy"),
        ),
        linked=True,
    )


def _lag(course: Course, axes: Axes) -> Chart:
    timeline = course.timeline
    made = new_figure(150, "p99 (ms)", axes, x_axis_label=axes.label)
    lag, late = timeline.loop_lag_us_p99 / 1000, timeline.lateness_us_p99 / 1000
    columns = _columns(course, axes, lag=lag, late=late)
    _line(made, columns, "late", "baseline", dash="dashed")
    shown = _line(made, columns, "lag", "candidate")
    _from_zero(made)
    add_hover(made, shown, [("at", "@at"), ("loop lag p99", "@lag{0,0.00} ms"), ("lateness p99", "@late{0,0.00} ms")])
    return Chart(
        "generator-lag",
        titles.generator_lag(timeline),
        "Loop lag: how long the generator's own loop stood still. Lateness: how long after its planned moment a session started.",
        made,
        _table(timeline, ("loop lag p99 (ms)", "lateness p99 (ms)"), (lag, late)),
        key=(KeyItem("candidate-line", "loop lag p99"), KeyItem("baseline-dashed", "lateness p99")),
        linked=True,
    )


def _cpu(course: Course, axes: Axes) -> Chart:
    timeline = course.timeline
    made = new_figure(160, "CPU (%)", axes, x_axis_label=axes.label)
    columns = _columns(course, axes, cpu=timeline.cpu_ratio * 100)
    add_hover(made, _line(made, columns, "cpu", "candidate"), [("at", "@at"), ("busiest worker", "@cpu{0,0.0} %")])
    _from_zero(made)
    made.y_range.end = max(100.0, float(np.nanmax(timeline.cpu_ratio * 100, initial=0.0)) * 1.05)
    return Chart(
        "generator-cpu",
        titles.generator_cpu(timeline),
        "CPU of the generator's busiest worker; above 90 % its own figures cannot be trusted.",
        made,
        _table(timeline, ("CPU (%)",), (timeline.cpu_ratio * 100,)),
        linked=True,
    )


def _table(timeline: Timeline, head: tuple[str, ...], columns: Sequence[Floats]) -> Table:
    rows = thinned(timeline.start_s.size, MOST_TABLE_ROWS)
    left_out = timeline.start_s.size - len(rows)
    caption = f"Windows of {wording.length(timeline.step_s)}" + (
        f"; {len(rows)} of {timeline.start_s.size} shown" if left_out else ""
    )
    return Table(
        caption,
        ("at", *head),
        tuple(
            (wording.moment(timeline.start_s[row]), *(_cell(float(column[row])) for column in columns)) for row in rows
        ),
    )


def _cell(value: float) -> str:
    return "none" if math.isnan(value) else wording.number(value)
