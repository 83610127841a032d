"""Distributions: latency against percentile with the baseline behind it, and response against the offered rate."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from bokeh.models import FixedTicker, Line, NumeralTickFormatter, Range1d, Scatter, Text
from numpy.typing import NDArray

from analysis.verdict import StageSummary
from records.baseline import Baseline
from records.histogram import Histogram
from records.run import Run
from records.window import PAYMENT_FLOW
from reports import wording
from reports.canvas import (
    Chart,
    Choice,
    KeyItem,
    add_hover,
    draw_limit,
    drawn,
    limit_words,
    log_ticker,
    new_figure,
    rule,
    sendable,
    source,
)
from reports.limits import latency_limit_us
from reports.series import Latencies, Timeline
from reports.stages import compared_stage
from reports.tables import Table
from scenarios.layout import PlannedStage

Floats = NDArray[np.float64]
ALL = "all operations"
MARKS = (
    (0.10, "10"),
    (0.50, "50"),
    (0.90, "90"),
    (0.95, "95"),
    (0.99, "99"),
    (0.999, "99.9"),
    (0.9999, "99.99"),
    (0.99999, "99.999"),
)
POINTS_A_DECADE = 24
FIRST_DECADE = -math.log10(0.9)  # the axis begins at p10: below it nobody waits
SMALLEST_SHARE = 1e-6


@dataclass(frozen=True, slots=True)
class Tail:
    """A latency distribution for the log-survival axis: `decades` is -log10(1 - q), `us` the quantile there."""

    decades: Floats
    us: Floats
    count: int


def tail(histogram: Histogram) -> Tail:
    """Return a histogram's quantiles evenly spread on the log-survival axis, as far as its count reaches (1 in n)."""
    count = histogram.count
    if count == 0:
        return Tail(np.empty(0), np.empty(0), 0)
    last = min(math.log10(count), -math.log10(SMALLEST_SHARE))
    decades = np.linspace(FIRST_DECADE, max(last, 2 * FIRST_DECADE), max(2, math.ceil(last * POINTS_A_DECADE) + 1))
    quantiles = histogram.quantiles_us([float(1 - 10**-decade) for decade in decades]) or []
    return Tail(decades, np.array(quantiles, dtype=np.float64), count)


def baseline_histogram(baselines: Sequence[Baseline], stage: str, operations: Sequence[str]) -> Histogram:
    """Return the merged response histogram of some operations over the accepted runs' stage of that name."""
    total = Histogram.empty()
    for baseline in baselines:
        for measured in baseline.stages:
            if measured.name != stage:
                continue
            for name in operations:
                if name in measured.operations:
                    total.add_sparse(measured.operations[name].response_us)
    return total


def latency_distribution(run: Run, baselines: Sequence[Baseline]) -> Chart | None:
    """Return latency against percentile over the compared stage, one operation at a time; None without requests."""
    stage = compared_stage(run)
    if stage is None:
        return None
    operations = [name for name in run.series.names if name != PAYMENT_FLOW]
    flow = [name for name in run.series.names if name == PAYMENT_FLOW]
    groups = {ALL: sorted(operations), **{name: [name] for name in [*sorted(operations), *flow]}}
    tails = {
        name: (
            tail(run.response(stage.start_s, stage.end_s, members)),
            tail(baseline_histogram(baselines, stage.name, members)),
        )
        for name, members in groups.items()
    }
    tails = {name: pair for name, pair in tails.items() if pair[0].count > 0}
    if ALL not in tails:
        return None
    return _distribution_chart(run, stage, tails, len(baselines))


def _distribution_chart(run: Run, stage: PlannedStage, tails: dict[str, tuple[Tail, Tail]], runs: int) -> Chart:
    last = max(float(pair[0].decades[-1]) for pair in tails.values())
    made = tail_figure("distribution", tails[ALL], last, "this run", latency_limit_us(run, None))
    return Chart(
        "distribution",
        _title(ALL, tails[ALL], stage, runs),
        f"Stage {stage.name}. Each step to the right is a tenth of the requests before it; the dotted line stands at 95 %.",
        made,
        _table(tails),
        key=(
            KeyItem("candidate-line", "this run"),
            *([KeyItem("baseline-line", f"{wording.counted(runs, 'accepted run')} merged")] if runs else []),
        ),
        choices=tuple(_choice(run, name, pair, _title(name, pair, stage, runs)) for name, pair in tails.items()),
    )


def tail_figure(name: str, pair: tuple[Tail, Tail], last: float, words: str, limit_us: float | None) -> Any:
    """Return latency against percentile, the second tail thick behind the first; `last` is the end of x in decades.

    The sources have the names that the page's script fills when another operation is chosen.
    """
    made = new_figure(
        330,
        "response (ms)",
        x_axis_label="percentile (%)",
        y_axis_type="log",
        x_range=Range1d(start=FIRST_DECADE, end=last * 1.02),
    )
    decades = [-math.log10(1 - quantile) for quantile, _ in MARKS]
    made.xaxis[0].ticker = FixedTicker(ticks=decades)
    made.xaxis[0].major_label_overrides = dict(zip(decades, (mark for _, mark in MARKS), strict=True))
    made.yaxis[0].ticker = log_ticker()
    made.yaxis[0].formatter = NumeralTickFormatter(format="0,0[.]000")
    baseline = source(**tail_columns(pair[1]))
    drawn(made, baseline, Line(x="x", y="ms", line_width=4, line_alpha=0.75), line_color="baseline")
    candidate = source(**tail_columns(pair[0]))
    shown = drawn(made, candidate, Line(x="x", y="ms", line_width=2.5), line_color="candidate")
    add_hover(made, shown, [("percentile", "@q"), (words, "@ms{0,0.0} ms")])
    draw_limit(made, limit_us, name, (FIRST_DECADE, last * 1.02))
    made.add_layout(rule(-math.log10(0.05), "limit", dash="dotted", upright=True, width=1))
    candidate.name, baseline.name = name, f"{name}-baseline"
    return made


def _title(name: str, pair: tuple[Tail, Tail], stage: PlannedStage, runs: int) -> str:
    now, before = pair
    p95, p99 = tail_at(now, 0.95), tail_at(now, 0.99)
    words = (
        f"{wording.capital(wording.plain(name, 60)) if name == ALL else wording.plain(name, 60)} in stage {stage.name}: p95 {wording.latency_us(p95)}, p99 {wording.latency_us(p99)} "
        f"({wording.counted(now.count, 'request')})"
    )
    if before.count == 0:
        return words
    return f"{words}; accepted runs p95 {wording.latency_us(tail_at(before, 0.95))}"


def tail_at(found: Tail, quantile: float) -> float | None:
    """Return a tail's value at a quantile, None where its count does not reach there."""
    place = -math.log10(1 - quantile)
    if found.count == 0 or place > found.decades[-1]:
        return None
    return float(np.interp(place, found.decades, found.us))


def tail_columns(found: Tail) -> dict[str, Any]:
    """Return a tail as the columns of a source."""
    return {
        "x": found.decades.astype(np.float32),
        "ms": (found.us / 1000).astype(np.float32),
        "q": [_percentile(float(decade)) for decade in found.decades],
    }


def _choice(run: Run, name: str, pair: tuple[Tail, Tail], title: str) -> Choice:
    limit_us = latency_limit_us(run, None if name == ALL else name)
    limit_ms = None if limit_us is None else limit_us / 1000
    return Choice(name, title, limit_ms, limit_words(limit_us), tail_sent(pair[0]), tail_sent(pair[1]))


def tail_sent(found: Tail) -> dict[str, Sequence[float | str | None]]:
    """Return a tail as the columns of a choice."""
    return {
        "x": sendable(found.decades),
        "ms": sendable(found.us / 1000),
        "q": [_percentile(float(decade)) for decade in found.decades],
    }


def _percentile(decade: float) -> str:
    places = max(0, math.ceil(decade) - 1)
    return f"{(1 - 10**-decade) * 100:.{places}f}"


def _table(tails: dict[str, tuple[Tail, Tail]]) -> Table:
    rows = []
    for name, (now, before) in tails.items():
        cells = [_or_none(tail_at(now, quantile)) for quantile in (0.50, 0.90, 0.95, 0.99, 0.999)]
        rows.append(
            (
                wording.plain(name),
                wording.count(now.count),
                *cells,
                _or_none(tail_at(before, 0.95)),
                wording.count(before.count),
            )
        )
    head = ("operation", "requests", "p50", "p90", "p95", "p99", "p99.9", "accepted runs p95", "their requests")
    return Table("Percentiles by operation; none where the count does not reach that far", head, tuple(rows))


def _or_none(value: float | None) -> str:
    return wording.latency_us(value)


def response_against_rate(
    stages: Sequence[StageSummary], timeline: Timeline, together: Latencies, limit_us: float | None
) -> Chart | None:
    """Return p95 against the request rate: a faint dot a window, a labelled square a measured stage; None without any."""
    rate = np.interp(together.middle_s, timeline.middle_s, timeline.request_rate_per_s)
    inside = np.zeros(rate.size, dtype=bool)
    for stage in stages:
        if stage.kind in {"steady", "step"}:
            inside |= (together.start_s >= stage.start_s) & (together.start_s < stage.end_s)
    inside &= np.isfinite(together.us[1])
    measured = [stage for stage in stages if stage.kind in {"steady", "step"} and stage.response_us_p95 is not None]
    if not inside.any() and not measured:
        return None
    fastest = max([*rate[inside].tolist(), *(stage.request_rate_per_s for stage in measured)])
    made = new_figure(300, "p95 (ms)", x_axis_label="requests per s", x_range=Range1d(start=0, end=fastest * 1.12))
    _scatter(made, rate[inside], together, inside)
    points = source(
        x=[stage.request_rate_per_s for stage in measured],
        p95=[(stage.response_us_p95 or 0.0) / 1000 for stage in measured],
        name=[wording.plain(stage.name, 40) for stage in measured],
        count=[stage.count for stage in measured],
    )
    square = Scatter(x="x", y="p95", size=12, marker="square", line_width=2)
    squares = drawn(made, points, square, fill_color="candidate", line_color="paper")
    names = Text(x="x", y="p95", text="name", x_offset=0, y_offset=-12, text_font_size="12px", text_align="center")
    drawn(made, points, names, text_color="ink")
    add_hover(
        made,
        squares,
        [("stage", "@name"), ("rate", "@x{0,0.0} per s"), ("p95", "@p95{0,0.0} ms"), ("requests", "@count{0,0}")],
        along_x=False,
    )
    draw_limit(made, limit_us, "response-rate", (0.0, fastest * 1.12))
    made.y_range.start = 0
    made.xaxis[0].formatter = NumeralTickFormatter(format="0,0[.]00")
    made.yaxis[0].formatter = NumeralTickFormatter(format="0,0[.]00")
    return Chart(
        "response-rate",
        _rate_title(measured),
        f"All operations. Faint dots: windows of {wording.length(together.step_s)}; squares: whole stages.",
        made,
        Table(
            "Measured stages",
            ("stage", "requests per s", "p95", "requests"),
            tuple(
                (
                    wording.plain(stage.name),
                    wording.number(stage.request_rate_per_s),
                    wording.latency_us(stage.response_us_p95),
                    wording.count(stage.count),
                )
                for stage in measured
            ),
        ),
        key=(
            KeyItem("square-mark", "stage"),
            KeyItem("faint-dot", "window"),
        ),
    )


def _scatter(made: Any, rate: Floats, together: Latencies, inside: NDArray[np.bool_]) -> None:
    windows = source(x=rate.astype(np.float32), p95=(together.us[1][inside] / 1000).astype(np.float32))
    dot = Scatter(x="x", y="p95", size=6, line_color=None, fill_alpha=0.35)
    drawn(made, windows, dot, fill_color="candidate")


def _rate_title(measured: Sequence[StageSummary]) -> str:
    if len(measured) < 2:
        return "p95 against the rate of requests"
    low = min(measured, key=lambda stage: stage.request_rate_per_s)
    high = max(measured, key=lambda stage: stage.request_rate_per_s)
    return (
        f"p95 went from {wording.latency_us(low.response_us_p95)} at {wording.number(low.request_rate_per_s)} requests per s "
        f"to {wording.latency_us(high.response_us_p95)} at {wording.number(high.request_rate_per_s)}"
    )
