"""Distributions of a comparison of any two, laid over each other: percentiles, and the share of requests by latency."""

import math

import numpy as np
from bokeh.models import NumeralTickFormatter, Range1d, Step
from numpy.typing import NDArray

from analysis.contrast import Contrast
from analysis.side import ALL, histogram_of, operations_of
from records.baseline import BaselineStage
from records.histogram import LOW_US, Histogram
from records.window import PAYMENT_FLOW
from reports import wording
from reports.canvas import Chart, Choice, KeyItem, draw_limit, drawn, log_ticker, new_figure
from reports.canvas import source as columns_of
from reports.distribution import Tail, tail, tail_at, tail_figure, tail_sent
from reports.tables import Table

Floats = NDArray[np.float64]
BINS_A_DECADE = 30
QUANTILES = (0.50, 0.90, 0.95, 0.99, 0.999)
MOST_CHARTED = 4  # stages; more are in the table


def contrast_charts(found: Contrast) -> tuple[Chart, ...]:
    """Return two charts a pair of stages, one operation at a time."""
    charts: list[Chart] = []
    for number, (first, second) in enumerate(found.stages[:MOST_CHARTED]):
        there, here = found.before.stages(first), found.now.stages(second)
        pairs = _merged(there, here)
        if pairs:
            charts += [
                _percentiles(f"percentiles-{number}", second, pairs),
                _densities(f"shares-{number}", second, pairs),
            ]
    return tuple(charts)


def _merged(there: list[BaselineStage], here: list[BaselineStage]) -> dict[str, tuple[Histogram, Histogram]]:
    """Return the merged histograms of both sides by operation, those that both have: now, and before."""
    names = sorted(operations_of(there) & operations_of(here))
    singles = [name for name in names if name != PAYMENT_FLOW]
    found = {}
    for name in ([ALL] if singles else []) + names:
        now, before = (Histogram.merged(histogram_of(stage, name) for stage in side) for side in (here, there))
        if now.count and before.count:
            found[name] = (now, before)
    return found


def _percentiles(name: str, stage: str, pairs: dict[str, tuple[Histogram, Histogram]]) -> Chart:
    tails = {operation: (tail(now), tail(before)) for operation, (now, before) in pairs.items()}
    first = next(iter(tails))
    last = max(float(found.decades[-1]) for pair in tails.values() for found in pair)
    rows = tuple(
        (
            wording.plain(operation),
            label,
            wording.count(found.count),
            *(wording.latency_us(tail_at(found, quantile)) for quantile in QUANTILES),
        )
        for operation, pair in tails.items()
        for label, found in (("A", pair[1]), ("B", pair[0]))
    )
    return Chart(
        name,
        _title(first, tails[first], stage),
        f"Stage {stage}, all runs of a side merged. Each step to the right is a tenth of the requests before it; the dotted line stands at 95 %.",
        tail_figure(name, tails[first], last, "B", None),
        Table("Percentiles by operation and side", ("operation", "side", "requests", "p50", "p90", "p95", "p99", "p99.9"), rows),
        key=(KeyItem("candidate-line", "B"), KeyItem("baseline-line", "A")),
        choices=tuple(
            Choice(operation, _title(operation, pair, stage), None, "", tail_sent(pair[0]), tail_sent(pair[1]))
            for operation, pair in tails.items()
        ),
    )  # fmt: skip


def _title(operation: str, pair: tuple[Tail, Tail], stage: str) -> str:
    now, before = pair
    return (
        f"{wording.operation(operation)}, stage {stage}: p95 {wording.latency_us(tail_at(before, 0.95))} in A, "
        f"{wording.latency_us(tail_at(now, 0.95))} in B"
    )


def _densities(name: str, stage: str, pairs: dict[str, tuple[Histogram, Histogram]]) -> Chart:
    """Return the share of requests by latency, in bins of equal width on a logarithmic axis."""
    edges = _edges(pairs)
    shares = {operation: (_shares(now, edges), _shares(before, edges)) for operation, (now, before) in pairs.items()}
    first = next(iter(shares))
    middles = np.sqrt(edges[:-1] * edges[1:]) / 1000
    made = new_figure(
        330, "share of requests (%)", x_axis_label="response (ms)", x_axis_type="log",
        x_range=Range1d(start=float(edges[0]) / 1000, end=float(edges[-1]) / 1000),
    )  # fmt: skip
    made.xaxis[0].ticker = log_ticker()
    made.xaxis[0].formatter = NumeralTickFormatter(format="0,0[.]000")
    behind = columns_of(x=middles, share=shares[first][1])
    shown = columns_of(x=middles, share=shares[first][0])
    drawn(made, behind, Step(x="x", y="share", mode="center", line_width=4, line_alpha=0.75), line_color="baseline")
    drawn(made, shown, Step(x="x", y="share", mode="center", line_width=2), line_color="candidate")
    draw_limit(made, None, name, (float(middles[0]), float(middles[-1])))
    made.y_range.start = 0
    shown.name, behind.name = name, f"{name}-baseline"
    return Chart(
        name,
        f"{wording.operation(first)}, stage {stage}: how requests are spread",
        f"Stage {stage}. Share of a side's requests in bins of a thirtieth of a decade each.",
        made,
        _density_table(pairs, shares, middles),
        key=(KeyItem("candidate-line", "B"), KeyItem("baseline-line", "A")),
        choices=tuple(
            Choice(operation, f"{wording.operation(operation)}, stage {stage}: how requests are spread", None, "", _sent(middles, now), _sent(middles, before))
            for operation, (now, before) in shares.items()
        ),
    )  # fmt: skip


def _edges(pairs: dict[str, tuple[Histogram, Histogram]]) -> Floats:
    """Return the edges of the bins in us, over all that was seen."""
    filled = [np.flatnonzero(histogram.counts) for pair in pairs.values() for histogram in pair]
    low = max(1.0, float(min(LOW_US[places[0]] for places in filled)))
    high = max(float(max(LOW_US[places[-1]] for places in filled)), low * 2)
    first, last = math.floor(math.log10(low) * BINS_A_DECADE), math.ceil(math.log10(high) * BINS_A_DECADE) + 1
    return 10.0 ** (np.arange(first, last + 1, dtype=np.float64) / BINS_A_DECADE)


def _shares(histogram: Histogram, edges: Floats) -> Floats:
    places = np.clip(np.searchsorted(edges, np.maximum(LOW_US, edges[0]), side="right") - 1, 0, edges.size - 2)
    counts = np.bincount(places, weights=histogram.counts, minlength=edges.size - 1)
    return counts / histogram.count * 100


def _sent(middles: Floats, shares: Floats) -> dict[str, list[float]]:
    return {
        "x": [float(f"{value:.4g}") for value in middles.tolist()],
        "share": [float(f"{value:.4g}") for value in shares.tolist()],
    }


def _density_table(
    pairs: dict[str, tuple[Histogram, Histogram]],
    shares: dict[str, tuple[Floats, Floats]],
    middles: Floats,
) -> Table:
    """Return the most frequent latency of each operation and side."""
    rows = tuple(
        (
            wording.plain(operation),
            label,
            wording.count(histogram.count),
            wording.latency_us(float(middles[int(share.argmax())]) * 1000),
            wording.percent(float(share.max()) / 100),
        )
        for operation in pairs
        for label, histogram, share in (
            ("A", pairs[operation][1], shares[operation][1]),
            ("B", pairs[operation][0], shares[operation][0]),
        )
    )
    return Table(
        "The most frequent latency", ("operation", "side", "requests", "most frequent", "share of its bin"), rows
    )
