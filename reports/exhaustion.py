"""The climb of an exhaustion run: the staircase with its knee, what was used up, where each limit is reached."""

import math
from collections.abc import Sequence
from typing import Any

from bokeh.models import Line, NumeralTickFormatter, Range1d, Scatter
from bokeh.models.annotations import Label

from analysis.staircase import Exhaustion, Saturation, Step
from reports import wording
from reports.canvas import Chart, KeyItem, add_hover, drawn, log_ticker, new_figure, paint, rule, source
from reports.tables import Table

Row = dict[str, Any]
GOOD = {True: ("pass", "✓ held"), False: ("fail", "✗ broke"), None: ("unknown", "– cannot tell")}
MARKER = {True: "square", False: "x", None: "circle"}
COLOUR = {True: "pass", False: "fail", None: "unknown"}


def staircase_charts(found: Exhaustion) -> tuple[Chart, ...]:
    """Return p95 and what was served against what was offered, the knee marked; none without a step that was measured."""
    steps = [step for step in found.steps if step.offered_per_s > 0 and step.response_us_p95 is not None]
    if not steps:
        return ()
    return _latency_chart(found, steps), _rate_chart(found, steps)


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


def _marked(made: Any, steps: Sequence[Step], y: str) -> None:
    """Draw the steps as marks that tell by shape and colour whether they held."""
    for good in (True, False, None):
        part = [step for step in steps if step.good is good]
        if not part:
            continue
        mark = Scatter(x="x", y=y, size=11, marker=MARKER[good], line_width=2.5)
        shown = drawn(made, source(**_columns(part)), mark, fill_color=COLOUR[good], line_color=COLOUR[good])
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
    made.add_layout(paint(label, text_color="ink"))


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
    _marked(made, steps, "p95")
    return Chart(
        "staircase",
        latency_title(steps),
        "p95 of all operations at each step, from the intended start. Dotted: limits; the dashed line is the breaking point.",
        made,
        _table(steps),
        key=_key(steps),
    )


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
    _marked(made, steps, "rate")
    return Chart(
        "staircase-rate",
        _rate_title(steps, each),
        "Grey: as many requests a session as at the lowest step. Below it sessions were cut short, dropped or still waiting.",
        made,
        _table(steps),
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


def _table(steps: Sequence[Step]) -> Table:
    return Table(
        "Steps in the order of their levels",
        ("step", "sessions per s offered", "requests per s", "p95", "result"),
        tuple(
            (
                wording.plain(step.stage), wording.number(step.offered_per_s), wording.number(step.request_rate_per_s),
                wording.latency_us(step.response_us_p95), GOOD[step.good][1],
            )
            for step in steps
        ),
    )  # fmt: skip


def title(found: Exhaustion) -> str:
    """Return in one sentence where it broke."""
    if found.breaking_per_s is None:
        return wording.sentence(found.because).removesuffix(".")
    requests = (
        "" if found.request_rate_per_s is None else f" ({wording.number(found.request_rate_per_s)} requests per s)"
    )
    between = ""
    if found.bracket is not None:
        low, high = (wording.number(end) for end in found.bracket)
        between = f", between the steps of {low} and {high}"
    return f"It breaks at {wording.number(found.breaking_per_s)} sessions per s{requests}{between}"


def facts(found: Exhaustion) -> list[tuple[str, str]]:
    """Return what broke first, what was used up, and whether it recovered, as labelled sentences."""
    told = []
    if found.breaking_per_s is not None:
        told.append(("How it was found", wording.sentence(found.because)))
    if found.first is not None:
        first = found.first
        who = "" if first.operation is None else f"{wording.plain(first.operation)}: "
        before = "not measured" if first.before is None else wording.quantity(first.before, first.unit)
        words = (
            f"{who}{first.title}, {wording.quantity(first.observed, first.unit)} (limit {wording.quantity(first.limit, first.unit)}; "
            f"at the last good step {before})."
        )
        told.append(("First to break", words))
    named = f"{found.bottleneck}: " if found.bottleneck is not None else "Not a resource that a probe saw: "
    told.append(("Bottleneck", wording.sentence(named + found.bottleneck_because)))
    if found.recovery is not None:
        back = found.recovery
        words = (
            back.because
            if back.recovered_s is None
            else f"back at level {wording.number(back.level)} everything held from {wording.length(back.recovered_s)} on, with the load still on"
        )
        told.append(("Recovery", wording.sentence(words)))
    return told


def step_rows(found: Exhaustion) -> list[Row]:
    """Return the steps as rows of a table."""
    return [
        {
            "stage": wording.plain(step.stage),
            "css": GOOD[step.good][0],
            "result": GOOD[step.good][1],
            "cells": (
                f"{wording.number(step.level)} ×",
                f"{wording.number(step.offered_per_s)} per s",
                "–" if step.started_ratio is None else wording.percent(step.started_ratio),
                f"{wording.number(step.request_rate_per_s)} per s",
                wording.latency_us(step.response_us_p50),
                wording.latency_us(step.response_us_p95),
                "–" if step.error_ratio is None else wording.percent(step.error_ratio),
                "–" if step.little_ratio is None else wording.number(step.little_ratio),
                *(_use(use.use) for use in step.uses),
            ),
            "because": wording.sentence(step.because),
        }
        for step in found.steps
    ]


def step_heads(found: Exhaustion) -> tuple[str, ...]:
    """Return the heads of the steps' table after the name."""
    uses = found.steps[0].uses if found.steps else ()
    own = ("Level", "Offered", "Started", "Requests", "p50", "p95", "Errors", "N / X(R+Z)")
    return (*own, *(f"{use.resource} in use" for use in uses))


def _use(use: float | None) -> str:
    return "–" if use is None else wording.percent(use)


def saturation_rows(found: Exhaustion) -> list[tuple[str, ...]]:
    """Return the resources as rows: name, demand, bound, use and waits."""
    return [_saturation(row) for row in found.saturations]


def _saturation(row: Saturation) -> tuple[str, ...]:
    return (
        row.resource,
        "–" if row.demand_s is None else wording.latency_us(row.demand_s * 1e6),
        "–" if row.bound_per_s is None else f"{wording.number(row.bound_per_s)} per s",
        _use(row.use_before),
        *(
            "–" if wait is None else wording.latency_us(wait * 1e6)
            for wait in (row.wait_least, row.wait_before, row.wait_broken)
        ),
        {True: "grows", False: "does not grow", None: "not known"}[row.grows],
    )


def crossing_rows(found: Exhaustion) -> list[tuple[str, str, str]]:
    """Return where p95 of all operations reaches each limit."""
    return [
        (
            wording.latency_us(crossing.limit_us),
            wording.sentence(crossing.because)
            if crossing.offered_per_s is None
            else f"{wording.number(crossing.offered_per_s)} sessions per s",
            "–" if crossing.request_rate_per_s is None else f"{wording.number(crossing.request_rate_per_s)} per s",
        )
        for crossing in found.crossings
    ]


def section(found: Exhaustion, charts: Sequence[Chart]) -> Row:
    """Return what the template of the section is filled with."""
    return {
        "title": title(found),
        "facts": facts(found),
        "charts": charts,
        "saturations": saturation_rows(found),
        "crossings": crossing_rows(found),
        "heads": step_heads(found),
        "steps": step_rows(found),
    }
