"""Small multiples: one little chart a series, all with the same runs from left to right, each with its own height."""

import math
from collections.abc import Sequence
from itertools import pairwise

from markupsafe import Markup

from analysis.trend.change import ChangePoint, SlowDrift, Status, Trace
from analysis.trend.chronicle import Told
from reports import wording
from reports.drawing import circle, line, rect, svg, text

WIDTH, HEIGHT = 180.0, 84.0
LEFT, RIGHT, TOP, BOTTOM = 5.0, 5.0, 18.0, 8.0
LEAST_REACH = 0.08  # of the middle, up and down: noise of 1 % shall not look like a landslide
LEAST_SHARE = 0.002  # of failed requests: the height of an axis at which one in a thousand is seen to be much
MARK = {Status.CONFIRMED: "confirmed", Status.SUSPECTED: "suspected", Status.ACKNOWLEDGED: "answered"}


class _Axes:
    """Where runs and values stand in one chart."""

    def __init__(self, told: Told, trace: Trace) -> None:
        self._runs = len(told.course.visits)
        values = [reading.value for reading in trace.series.readings]
        self._is_logarithmic = trace.series.metric.is_logarithmic
        heights = [self._height(value) for value in values]
        low, high = min(heights), max(heights)
        if self._is_logarithmic:
            reach = max((high - low) / 2 * 1.08, LEAST_REACH)
            self._low, self._high = (low + high) / 2 - reach, (low + high) / 2 + reach
        else:
            self._low, self._high = 0.0, max(high * 1.08, LEAST_SHARE)

    def _height(self, value: float) -> float:
        return math.log(value) if self._is_logarithmic else value

    def x(self, place: float) -> float:
        """Return where a run stands; one half is between two."""
        return LEFT + (place + 0.5) / self._runs * (WIDTH - LEFT - RIGHT)

    def y(self, value: float) -> float:
        """Return where a value stands."""
        share = (self._height(value) - self._low) / (self._high - self._low)
        return HEIGHT - BOTTOM - min(1.0, max(0.0, share)) * (HEIGHT - TOP - BOTTOM)


def multiple(told: Told, trace: Trace) -> Markup:
    """Return the chart of one series: values, levels between changes, drifts, changes, and where the surroundings changed."""
    axes = _Axes(told, trace)
    shown = [point for point in trace.points if point.status is not Status.HIDDEN]
    parts = [rect(0, TOP - 4, WIDTH, HEIGHT - TOP, "plane")]
    parts += [
        line(axes.x(move.place - 0.5), TOP - 4, axes.x(move.place - 0.5), HEIGHT - 4, "move") for move in told.moves
    ]
    parts += [_border(axes, point) for point in shown]
    parts += _levels(axes, trace)
    parts += [
        line(axes.x(drift.places[0]), axes.y(drift.before), axes.x(drift.places[1]), axes.y(drift.after), "drift")
        for drift in trace.drifts
    ]
    visits = told.course.visits
    parts += [
        circle(
            axes.x(reading.place), axes.y(reading.value), 1.7, "run" if visits[reading.place].accepted else "run open"
        )
        for reading in trace.series.readings
    ]
    parts += _words(trace)
    return svg(WIDTH, HEIGHT, _title(trace), parts, "multiple")


def _border(axes: _Axes, point: ChangePoint) -> str:
    tone = "worse" if point.is_worse else "better"
    x = axes.x(point.place - 0.5)
    return line(x, TOP - 4, x, HEIGHT - 4, f"border {MARK[point.status]} {tone}")


def _levels(axes: _Axes, trace: Trace) -> Sequence[str]:
    """Return the level between each two changes; where a drift is drawn, no level."""
    readings, metric = trace.series.readings, trace.series.metric
    places = [reading.place for reading in readings]
    borders = [0, *(places.index(point.place) for point in trace.points), len(readings)]
    drifting = {drift.places[0] for drift in trace.drifts}
    parts = []
    for start, end in pairwise(borders):
        if end > start and places[start] not in drifting:
            y = axes.y(metric.centre(readings[start:end]))
            parts.append(line(axes.x(places[start] - 0.4), y, axes.x(places[end - 1] + 0.4), y, "level"))
    return parts


def _words(trace: Trace) -> list[str]:
    """Return what stands over the plane: the last change or drift, else nothing, and the newest value."""
    newest = wording.quantity(trace.series.readings[-1].value, trace.series.metric.unit)
    parts = [text(WIDTH - 2, 10, newest, "tick", "end")]
    told = last_words(trace)
    if told is not None:
        words, css = told
        parts.append(text(2, 10, words, css))
    return parts


def last_words(trace: Trace) -> tuple[str, str] | None:
    """Return the last open change, else the drift, in short, with its CSS class; None where there is neither."""
    opened = [point for point in trace.points if point.status in {Status.CONFIRMED, Status.SUSPECTED}]
    found: ChangePoint | SlowDrift
    if opened:
        found = opened[-1]
        symbol = ("▲" if found.after > found.before else "▼") + ("?" if found.status is Status.SUSPECTED else "")
    elif trace.drifts:
        found = trace.drifts[-1]
        symbol = ("↗" if found.after > found.before else "↘") + ("?" if found.status is Status.SUSPECTED else "")
    else:
        return None
    short = f"to {wording.percent(found.after)}" if found.unit == "ratio" else size_words(found)
    return f"{symbol} {short}", f"said-{'worse' if found.is_worse else 'better'}"


def size_words(found: ChangePoint | SlowDrift) -> str:
    """Return how large a change is: +10.2 %; of a share of failed requests 0.02 % to 0.31 %."""
    if found.unit == "ratio":
        return f"{wording.percent(found.before)} to {wording.percent(found.after)}"
    return wording.change(found.after / found.before - 1)


def _title(trace: Trace) -> str:
    """Return the text alternative."""
    series = trace.series
    newest = wording.quantity(series.readings[-1].value, series.metric.unit)
    told = [
        f"{wording.operation(series.operation)} {wording.metric(series.metric.name)}, {wording.counted(len(series.readings), 'run')}, newest {newest}"
    ]
    told += [
        f"{point.status.value} change at {point.run_id}: {size_words(point)}"
        for point in trace.points
        if point.status is not Status.HIDDEN
    ]
    told += [f"{drift.status.value} drift: {size_words(drift)}" for drift in trace.drifts]
    return "; ".join(told if trace.silent is None else [*told, trace.silent])
