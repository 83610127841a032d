"""The main charts as PNG files, for a wiki, a chat or a slide."""

import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter

from analysis.verdict import ComparisonResult, Statement, Verdict
from records.baseline import Baseline
from records.run import Run
from reports import titles, wording
from reports.distribution import MARKS, Tail, baseline_histogram, tail
from reports.limits import latency_limit_us
from reports.palette import LIGHT
from reports.rows import signed_tolerance
from reports.series import latencies, seconds_of, timeline
from reports.stages import compared_stage, faults, stage_words
from reports.summary import ranked_comparisons, worsening

WIDTH_IN, DPI = 10.0, 120
MOST_BARS = 20
SETTINGS = {"Software": None}  # Matplotlib's own name and version in the file would change its bytes
COLOUR = {
    Statement.REGRESSED: LIGHT["fail"],
    Statement.IMPROVED: LIGHT["pass"],
    Statement.NO_CHANGE: LIGHT["candidate"],
    Statement.CANNOT_TELL: LIGHT["unknown"],
}


def write_pngs(drawn: Mapping[str, Figure], folder: Path) -> list[Path]:
    """Write each picture as `<name>.png` and return the paths."""
    written = []
    for name, figure in drawn.items():
        path = folder / f"{name}.png"
        figure.savefig(path, dpi=DPI, metadata=SETTINGS)
        written.append(path)
    return written


def charts(run: Run, verdict: Verdict, baselines: tuple[Baseline, ...]) -> dict[str, Figure]:
    """Return latency, rate, distribution and comparison, by name, in the order of a page; those without data are left out."""
    used = tuple(baseline for baseline in baselines if baseline.run_id in verdict.baseline.run_ids)
    drawn = {
        "latency": _latency(run),
        "rate": _rate(run),
        "distribution": _distribution(run, used),
        "comparison": _comparison(verdict),
    }
    return {name: figure for name, figure in drawn.items() if figure is not None}


def new_figure(height_in: float, title: str, width_in: float = WIDTH_IN) -> tuple[Figure, Axes]:
    """Return an empty picture with its title; the narrower it is, the larger its letters on a page."""
    figure = Figure(figsize=(width_in, height_in), layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.subplots()
    figure.suptitle(
        _literal(title),
        x=0.01,
        ha="left",
        fontsize=12 if width_in >= WIDTH_IN else 10,
        fontweight="bold",
        color=LIGHT["ink"],
    )
    axes.spines[["top", "right"]].set_visible(False)
    axes.grid(visible=True, color=LIGHT["grid"], linewidth=0.8)
    axes.set_axisbelow(True)
    return figure, axes


def _literal(text: str) -> str:
    """Return text that Matplotlib does not take for mathematics."""
    return text.replace("$", r"\$")


def _stages(axes: Axes, run: Run, end_s: float) -> None:
    for stage in run.manifest.plan.stages:
        if stage.start_s >= end_s:
            continue
        end = min(stage.end_s, end_s)
        style: dict[str, Any] = {"color": LIGHT["raised"], "zorder": 0}
        if not stage.is_measured:
            style = {
                "facecolor": LIGHT["raised"],
                "edgecolor": LIGHT["warm"],
                "hatch": "///",
                "linewidth": 0,
                "zorder": 0,
            }
        axes.axvspan(stage.start_s, end, **style)
        if end - stage.start_s > 0.12 * end_s:
            axes.annotate(
                stage_words(stage), (stage.start_s, 1), xycoords=("data", "axes fraction"), xytext=(4, -12),
                textcoords="offset points", fontsize=9, color=LIGHT["muted"],
            )  # fmt: skip
    for mark in faults(run, end_s):
        axes.axvspan(mark.start_s, mark.end_s, color=LIGHT["fault"], alpha=0.6, zorder=0.5)
        axes.annotate(
            _literal(f"fault: {mark.name}"), (mark.start_s, 0), xycoords=("data", "axes fraction"), xytext=(3, 5),
            textcoords="offset points", fontsize=9, color=LIGHT["ink"],
        )  # fmt: skip
    axes.set_xlim(0, end_s)
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: wording.moment(value)))
    axes.set_xlabel("time since the start (min:s); hatched: not judged")


def _latency(run: Run) -> Figure | None:
    found = latencies(run)
    if not np.isfinite(found.us).any():
        return None
    limit_us = latency_limit_us(run, None)
    figure, axes = new_figure(4.6, titles.latency(run, "all operations", found, limit_us))
    for row, (name, style) in enumerate((("p50", ":"), ("p95", "-"), ("p99", "--"))):
        axes.plot(found.middle_s, found.us[row] / 1000, style, color=LIGHT["candidate"], linewidth=2, label=name)
    if limit_us is not None:
        axes.axhline(
            limit_us / 1000, color=LIGHT["limit"], linewidth=1.2, label=f"limit of p95 {wording.latency_us(limit_us)}"
        )
    finite = found.us[np.isfinite(found.us)]
    if float(finite.max()) > 10 * float(finite.min()):
        log_y(axes)
    else:
        axes.set_ylim(bottom=0)
    axes.set_ylabel("response (ms)")
    _stages(axes, run, float(seconds_of(run)))
    axes.legend(loc="best", fontsize=9)
    return figure


def _rate(run: Run) -> Figure | None:
    found = timeline(run)
    if not found.request_rate_per_s.any():
        return None
    figure, axes = new_figure(3.8, titles.requests(found))
    axes.plot(found.middle_s, found.request_rate_per_s, color=LIGHT["candidate"], linewidth=2, label="requests per s")
    if np.isfinite(found.planned_per_s).any():
        axes.plot(
            found.middle_s, found.planned_per_s, color=LIGHT["baseline"], linewidth=3, label="sessions planned per s"
        )
        axes.plot(found.middle_s, found.started_per_s, color=LIGHT["ink"], linewidth=1, label="sessions started per s")
    axes.set_ylim(bottom=0)
    axes.set_ylabel("per s")
    _stages(axes, run, float(seconds_of(run)))
    axes.legend(loc="best", fontsize=9)
    return figure


def log_y(axes: Axes) -> None:
    """Let the vertical axis go by ratios, with plain numbers on it."""
    axes.set_yscale("log")
    axes.yaxis.set_major_locator(LogLocator(subs=(1.0, 2.0, 5.0)))
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: wording.number(value)))
    axes.yaxis.set_minor_formatter(NullFormatter())


def _distribution(run: Run, baselines: tuple[Baseline, ...]) -> Figure | None:
    stage = compared_stage(run)
    if stage is None:
        return None
    now = tail(run.response(stage.start_s, stage.end_s))
    if now.count == 0:
        return None
    before = tail(baseline_histogram(baselines, stage.name, run.operations))
    figure, axes = new_figure(
        4.6, f"Response of all operations in stage {stage.name} ({wording.counted(now.count, 'request')})"
    )
    _draw_tail(axes, before, LIGHT["baseline"], 4.0, f"{wording.counted(len(baselines), 'accepted run')} merged")
    _draw_tail(axes, now, LIGHT["candidate"], 2.2, "this run")
    limit_us = latency_limit_us(run, None)
    if limit_us is not None:
        axes.axhline(
            limit_us / 1000, color=LIGHT["limit"], linewidth=1.2, label=f"limit of p95 {wording.latency_us(limit_us)}"
        )
    marks = [(-math.log10(1 - quantile), words) for quantile, words in MARKS]
    axes.set_xticks([place for place, _ in marks], [words for _, words in marks])
    axes.set_xlim(float(now.decades[0]), float(now.decades[-1]))
    log_y(axes)
    axes.set_xlabel("percentile (%)")
    axes.set_ylabel("response (ms)")
    axes.legend(loc="best", fontsize=9)
    return figure


def _draw_tail(axes: Axes, found: Tail, colour: str, width: float, label: str) -> None:
    if found.count:
        axes.plot(found.decades, found.us / 1000, color=colour, linewidth=width, label=label)


def _comparison(verdict: Verdict) -> Figure | None:
    rows = [row for row in ranked_comparisons(verdict) if row.metric == "response_p95" and row.change_ratio is not None]
    if not rows:
        return None
    rows = rows[:MOST_BARS]
    worst = max(rows, key=worsening)
    amount = wording.change(worst.change_ratio or 0.0)
    title = f"p95 against the baseline: at worst {amount}, {wording.plain(worst.operation, 40)}"
    figure, axes = new_figure(1.4 + 0.32 * len(rows), title)
    for place, row in enumerate(rows):
        _draw_change(axes, place, row)
    axes.axvline(0, color=LIGHT["muted"], linewidth=1)
    tolerated = signed_tolerance(rows[0]) * 100
    axes.axvline(
        tolerated,
        color=LIGHT["ink"],
        linewidth=1.2,
        linestyle="--",
        label=f"tolerated {wording.change(tolerated / 100)}",
    )
    labels = [_literal(f"{wording.plain(row.operation, 40)}: {wording.STATEMENT_WORD[row.statement]}") for row in rows]
    axes.set_yticks(range(len(rows)), labels)
    axes.invert_yaxis()
    axes.set_xlabel(f"change of p95 (%), {wording.percent(rows[0].level)} intervals")
    axes.legend(loc="lower right", fontsize=9)
    return figure


def _draw_change(axes: Axes, place: int, row: ComparisonResult) -> None:
    colour = COLOUR[row.statement]
    if row.interval is not None:
        axes.plot([row.interval[0] * 100, row.interval[1] * 100], [place, place], color=colour, linewidth=2)
    filled = colour if row.statement is not Statement.CANNOT_TELL else LIGHT["paper"]
    axes.plot([(row.change_ratio or 0.0) * 100], [place], "o", color=colour, markerfacecolor=filled, markersize=7)
