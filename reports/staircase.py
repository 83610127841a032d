"""The climb of an exhaustion run as charts: the staircase with its knee, the steps between, and the hold that confirms it."""

import math
from collections.abc import Sequence
from typing import Any

from bokeh.models import Line, NumeralTickFormatter, Range1d, Scatter
from bokeh.models.annotations import Label

from analysis.staircase import Exhaustion, Step
from reports import wording
from reports.canvas import Chart, KeyItem, add_hover, drawn, log_ticker, new_figure, paint, rule, source
from reports.exhaustion import GOOD, confirming
from reports.tables import Table

MARKER = {True: "square", False: "x", None: "circle"}
BETWEEN = {True: "diamond", False: "cross", None: "circle_dot"}  # steps in the middle of the bracket
BETWEEN_WORDS = {True: "diamonds", False: "plus signs", None: "circles with a dot"}
CONFIRMED = {True: "star", False: "asterisk", None: "circle_dot"}
COLOUR = {True: "pass", False: "fail", None: "unknown"}


def staircase_charts(found: Exhaustion) -> tuple[Chart, ...]:
    """Return p95 and what was served against what was offered, the knee marked; none without a step that was measured."""
    steps = [step for step in found.steps if _is_shown(step)]
    if not steps:
        return ()
    return _latency_chart(found, steps), _rate_chart(found, steps)


def _is_shown(step: Step) -> bool:
    return step.offered_per_s > 0 and step.response_us_p95 is not None


def _held_longer(found: Exhaustion) -> list[Step]:
    return [step for step in confirming(found) if _is_shown(step)]


def _x_range(steps: Sequence[Step]) -> tuple[float, float]:
    rates = [step.offered_per_s for step in steps]
    room = 0.06 * (max(rates) - min(rates) or max(rates))
    return min(rates) - room, max(rates) + room


def _by_rate(steps: Sequence[Step]) -> list[Step]:
    """Return steps in the order of what was really offered: arrivals are random, and a short step may have fewer than the one below."""
    return sorted(steps, key=lambda step: step.offered_per_s)


def _columns(steps: Sequence[Step]) -> dict[str, Any]:
    return {
        "x": [step.offered_per_s for step in steps],
        "p95": [(step.response_us_p95 or 0.0) / 1000 for step in steps],
        "rate": [step.request_rate_per_s for step in steps],
        "name": [wording.plain(step.stage, 40) for step in steps],
        "level": [step.level for step in steps],
        "result": [GOOD[step.good][1] for step in steps],
    }


def _marked(made: Any, found: Exhaustion, steps: Sequence[Step], y: str) -> None:
    """Draw the steps as marks that tell by shape and colour whether they held; those in between and the long hold by shapes of their own."""
    between = [step for step in steps if step.stage in found.bisected]
    upward = [step for step in steps if step not in between]
    for part, markers, size in ((upward, MARKER, 11), (between, BETWEEN, 14), (_held_longer(found), CONFIRMED, 18)):
        for good in (True, False, None):
            _mark(
                made,
                [step for step in part if step.good is good],
                y,
                Scatter(x="x", y=y, size=size, marker=markers[good], line_width=2.5),
            )


def _mark(made: Any, steps: Sequence[Step], y: str, mark: Scatter) -> None:
    if not steps:
        return
    colour = COLOUR[steps[0].good]
    shown = drawn(made, source(**_columns(steps)), mark, fill_color=colour, line_color=colour)
    lines = [
        ("step", "@name, level @level{0.00}"), ("offered", "@x{0,0.0} sessions per s"), ("requests", "@rate{0,0.0} per s"),
        ("p95", "@p95{0,0.0} ms"), ("", "@result"),
    ]  # fmt: skip
    add_hover(made, shown, lines, along_x=False)


def _knee(made: Any, found: Exhaustion, ends: tuple[float, float]) -> None:
    if found.breaking_per_s is None:
        return
    made.add_layout(rule(found.breaking_per_s, "fail", dash="dashed", upright=True, width=2))
    on_the_left = found.breaking_per_s > (ends[0] + ends[1]) / 2  # where there is room for the words
    label = Label(
        x=found.breaking_per_s, y=6, y_units="screen", text_font_size="12px", text=f"breaks at {wording.number(found.breaking_per_s)} per s",
        x_offset=-6 if on_the_left else 6, text_align="right" if on_the_left else "left",
    )  # fmt: skip
    made.add_layout(paint(label, text_color="ink", background_fill_color="paper"))


def _latency_chart(found: Exhaustion, steps: Sequence[Step]) -> Chart:
    ends = _x_range(steps)
    made = new_figure(
        320, "p95 (ms)", x_axis_label="sessions per s offered", y_axis_type="log", x_range=Range1d(start=ends[0], end=ends[1])
    )  # fmt: skip
    made.yaxis[0].ticker = log_ticker()
    made.yaxis[0].formatter = NumeralTickFormatter(format="0,0[.]000")
    drawn(made, source(**_columns(_by_rate(steps))), Line(x="x", y="p95", line_width=2), line_color="candidate")
    for crossing in found.crossings:
        limit_ms = crossing.limit_us / 1000
        ruled = source(x=list(ends), y=[limit_ms, limit_ms])
        drawn(made, ruled, Line(x="x", y="y", line_width=1, line_dash="dotted"), line_color="limit")
        label = Label(x=4, y=limit_ms, x_units="screen", y_offset=1, text=wording.latency_us(crossing.limit_us))
        label.text_font_size = "11px"
        made.add_layout(paint(label, text_color="muted"))
    _knee(made, found, ends)
    _marked(made, found, steps, "p95")
    return Chart(
        "staircase",
        latency_title(steps),
        f"p95 of all operations at each step, from the intended start. Dotted: limits; the dashed line is the breaking point.{_shapes(found)}",
        made,
        _table(found, steps),
        key=_key(steps),
    )


def _shapes(found: Exhaustion) -> str:
    """Return what the marks that are no plain step are, as a sentence."""
    held = {step.good for step in found.steps if step.stage in found.bisected}
    told = [f"{BETWEEN_WORDS[good]} are steps between" for good in BETWEEN if good in held]
    told += ["the star is the hold that confirms it"] if _held_longer(found) else []
    return f" {wording.sentence('; '.join(told))}" if told else ""


def latency_title(steps: Sequence[Step]) -> str:
    """Return what the staircase says of p95, from its lowest step to its highest."""
    ordered = _by_rate(steps)
    low, high = ordered[0], ordered[-1]
    return (
        f"p95 went from {wording.latency_us(low.response_us_p95)} at {wording.number(low.offered_per_s)} sessions per s "
        f"to {wording.latency_us(high.response_us_p95)} at {wording.number(high.offered_per_s)}"
    )


def _rate_chart(found: Exhaustion, steps: Sequence[Step]) -> Chart:
    ends = _x_range(steps)
    made = new_figure(
        220, "requests per s", x_axis_label="sessions per s offered", x_range=Range1d(start=ends[0], end=ends[1])
    )
    first = min(steps, key=lambda step: step.offered_per_s)
    each = first.request_rate_per_s / first.offered_per_s
    ideal = source(x=list(ends), y=[end * each for end in ends])
    drawn(made, ideal, Line(x="x", y="y", line_width=3), line_color="baseline")
    drawn(made, source(**_columns(_by_rate(steps))), Line(x="x", y="rate", line_width=2), line_color="candidate")
    made.yaxis[0].formatter = NumeralTickFormatter(format="0,0[.]00")
    _knee(made, found, ends)
    _marked(made, found, steps, "rate")
    return Chart(
        "staircase-rate",
        _rate_title(steps, each),
        "Grey: as many requests a session as at the lowest step. Below it sessions were cut short, dropped or still waiting.",
        made,
        _table(found, steps),
        key=(KeyItem("baseline-line", "in proportion"), *_key(steps)),
    )


def _rate_title(steps: Sequence[Step], each: float) -> str:
    last = max(steps, key=lambda step: step.offered_per_s)
    share = last.request_rate_per_s / (last.offered_per_s * each) if each > 0 else math.nan
    served = f"{wording.number(last.request_rate_per_s)} requests per s at {wording.number(last.offered_per_s)} sessions per s offered"
    return (
        served
        if math.isnan(share)
        else f"{served}: {wording.percent(share)} of what the lowest step's sessions would make"
    )


def _key(steps: Sequence[Step]) -> tuple[KeyItem, ...]:
    seen = {step.good for step in steps}
    words = {True: ("key-pass", "held"), False: ("key-fail", "broke"), None: ("key-unknown", "cannot tell")}
    return tuple(KeyItem(*words[good]) for good in (True, False, None) if good in seen)


def _table(found: Exhaustion, steps: Sequence[Step]) -> Table:
    return Table(
        "Steps in the order of their levels",
        ("step", "sessions per s offered", "requests per s", "p95", "result"),
        tuple(
            (
                wording.plain(step.stage), wording.number(step.offered_per_s), wording.number(step.request_rate_per_s),
                wording.latency_us(step.response_us_p95), GOOD[step.good][1],
            )
            for step in (*steps, *_held_longer(found))
        ),
    )  # fmt: skip
