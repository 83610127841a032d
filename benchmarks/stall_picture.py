"""The picture of a stall: what stock Locust, ours and the truth say of the same server in the same minute."""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import matplotlib as mpl
import numpy as np

if TYPE_CHECKING:  # it imports this module
    from benchmarks.stall_truth import Outcome

mpl.use("Agg")
from matplotlib import pyplot as plt

TRUTH, OURS, STOCK, WORDS = "#b9c2cc", "#1f5fbf", "#d1470f", "#5f6b7a"
RESPONSE = "response time, s"
SIZE_INCHES, DOTS_PER_INCH = (9.0, 6.6), 100
PERCENTILES = (0.0, 50.0, 90.0, 95.0, 99.0, 99.9)


def draw(outcome: "Outcome", path: Path) -> None:
    """Write the picture as a PNG: latency over time through one stall, and by percentile."""
    style: dict[Any, Any] = {
        "font.size": 10,
        "axes.spines.top": False,
        "axes.spines.right": False,
        "axes.grid": True,
        "grid.color": "#e8eaed",
    }
    with plt.rc_context(style):
        figure, (above, below) = plt.subplots(2, 1, figsize=SIZE_INCHES, layout="constrained")
        _over_time(above, outcome)
        _by_percentile(below, outcome)
        figure.savefig(path, dpi=DOTS_PER_INCH, facecolor="white")
        plt.close(figure)


def _over_time(axes: Any, outcome: "Outcome") -> None:
    """Latency by intended start, from 3 s before the first whole stall to 5 s after its beginning."""
    last_s = outcome.zero_s + outcome.arrivals_s[-1] - 3
    stall = next(s for s in outcome.stalls if s.begin_s > outcome.zero_s + 3 and s.end_s < last_s)
    shift_s = outcome.zero_s - stall.begin_s  # from the run's clock to seconds since the stall began
    at_s = outcome.arrivals_s + shift_s
    seen = (at_s > -3) & (at_s < 5)
    axes.axvspan(0, stall.end_s - stall.begin_s, color="#f3f4f6", zorder=0)
    axes.text(1.0, 2.17, "server stands still", ha="center", va="bottom", color=WORDS)
    axes.plot(at_s[seen], outcome.true_us[seen] / 1e6, color=TRUTH, linewidth=7, solid_capstyle="butt", zorder=1)
    for second, low_s, high_s in _ranges(outcome):
        ends = [second + shift_s, second + shift_s + 1]
        axes.plot(ends, [low_s, low_s], color=OURS, linewidth=1.8, zorder=3)
        axes.plot(ends, [high_s, high_s], color=OURS, linewidth=1.8, zorder=3)
        axes.fill_between(ends, low_s, high_s, color=OURS, alpha=0.10, linewidth=0, zorder=2)
    stock_at_s, stock_s = np.array(outcome.stock.requests).T
    stock_at_s = stock_at_s - stall.begin_s
    axes.plot(stock_at_s, stock_s, ".", color=STOCK, markersize=4, zorder=4)
    came = int(((at_s >= 0) & (at_s < 2)).sum())
    waited = int(((stock_at_s > -1) & (stock_at_s < 2) & (stock_s > 1)).sum())
    axes.text(
        2.6, 1.6, f"truth: each of the {came} that came\nin the stall waits for its end", color=WORDS, va="center"
    )
    axes.text(2.6, 1.05, "ours: lowest and highest\nresponse_us of each second", color=OURS, va="center")
    axes.text(2.6, 0.5, f"stock Locust: {waited} requests wait,\nthe others are never sent", color=STOCK, va="center")
    axes.set(xlim=(-3, 5), ylim=(0, 2.4), xlabel="intended start, s from the beginning of the stall", ylabel=RESPONSE)


def _ranges(outcome: "Outcome") -> Iterator[tuple[int, float, float]]:
    """Yield each second of the run with its least and its greatest `response_us`, in s."""
    for second in range(int(outcome.arrivals_s[-1])):
        histogram = outcome.run.response(second, second + 1)
        low_us, high_us = histogram.quantile_us(0.0), histogram.max_us()
        if low_us is not None and high_us is not None:
            yield second, low_us / 1e6, high_us / 1e6


def _by_percentile(axes: Any, outcome: "Outcome") -> None:
    """All of the run: value against percentile, the axis stretched towards the tail."""
    share = 1 - np.logspace(0, -3.3, 400)
    truth = np.sort(outcome.true_us) / 1e6
    ours = np.array(outcome.ours().quantiles_us(share.tolist())) / 1e6
    stock = np.sort(np.array(outcome.stock.requests)[:, 1])
    x = -np.log10(1 - share)
    axes.plot(x, _at(truth, share), color=TRUTH, linewidth=7, solid_capstyle="butt")
    axes.plot(x, ours, color=OURS, linewidth=1.8)
    axes.plot(x, _at(stock, share), color=STOCK, linewidth=1.8)
    axes.set_xticks([-np.log10(1 - p / 100) for p in PERCENTILES], ["0", *(f"p{p:g}" for p in PERCENTILES[1:])])
    axes.text(0.95, 1.72, "truth", color=WORDS, ha="right")
    axes.text(0.95, 1.52, "ours, response_us, upon it", color=OURS, ha="right")
    axes.text(1.62, 0.3, "stock Locust", color=STOCK, ha="center")
    axes.set(xlim=(0, 3.3), ylim=(0, 2.4), xlabel="percentile of the requests of the whole run", ylabel=RESPONSE)


def _at(values: Any, share: Any) -> Any:
    ranks = np.clip(np.ceil(share * values.size).astype(int) - 1, 0, values.size - 1)
    return values[ranks]
