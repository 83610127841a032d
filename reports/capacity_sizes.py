"""What another size carries: climbs at several sizes in a table and a picture, with what the law over them says of others."""

import numpy as np
from matplotlib.figure import Figure

from analysis.quarter.quarter import Quarter
from analysis.quarter.sizes import Sized, Sizes
from analysis.scaling.choice import MAX_RANGE, Predicted
from reports import wording
from reports.capacity_section import Section, Table
from reports.palette import LIGHT
from reports.png import new_figure

CURVE_POINTS = 200
HEAD = ("Size", "Runs", "Carried", "90 % interval", "By the law", "One more run, 90 %")
NONE = "–"


def sizes_section(quarter: Quarter) -> Section | None:
    """Return what each size carries; None where all climbs are of one size."""
    sizes = quarter.sizes
    if sizes is None:
        return None
    return Section(
        "sizes",
        "What another size carries",
        tuple(_words(sizes)),
        pictures=("sizes",),
        tables=(
            Table(
                "Requests per s with every objective held, by size", HEAD, tuple(_rows(sizes)),
                note=f"✓: the size that this report stands on. Nothing is said beyond {MAX_RANGE:g} times the largest size. The law speaks of the unit that is varied: another resource may hold a "
                "larger size back.",
            ),
        ),
    )  # fmt: skip


def sizes_figure(sizes: Sizes | None) -> Figure | None:
    """Return the sizes with their intervals and the law over them, None where there is one size."""
    if sizes is None:
        return None
    law = sizes.scaling.chosen
    title = "What each size carries" if law is None else f"What a size carries: {law.law.value}"
    figure, axes = new_figure(3.8, title)
    for row in sizes.rows:
        axes.plot([row.size, row.size], row.interval, color=LIGHT["candidate"], linewidth=1.6, marker="_")
    axes.plot([row.size for row in sizes.rows], [row.carried_per_s for row in sizes.rows], "o", color=LIGHT["candidate"], label="measured (90 %)")  # fmt: skip
    if law is not None:
        known = [each for each in sizes.told if each.interval is not None]
        lows, highs = zip(*(each.interval for each in known if each.interval is not None), strict=True)
        axes.fill_between([each.load for each in known], lows, highs, color=LIGHT["baseline"], alpha=0.25, label="one more run (90 %)")  # fmt: skip
        loads = np.linspace(law.base, sizes.scaling.reach, CURVE_POINTS)
        axes.plot(loads, law.served_per_s(loads), color=LIGHT["ink"], linewidth=2, label=law.law.value)
        axes.axvspan(sizes.scaling.largest, sizes.scaling.reach, color=LIGHT["band"], zorder=0, label="not measured")
    axes.set_xlim(left=0)
    axes.set_ylim(bottom=0)
    axes.set_xlabel(f"size, {sizes.unit}s")
    axes.set_ylabel("requests per s carried")
    axes.legend(loc="best", fontsize=9)
    return figure


def _words(sizes: Sizes) -> list[str]:
    told = [wording.sentence(sizes.apart), wording.sentence(sizes.because)]
    most = sizes.most
    if most.served_per_s is not None and most.interval is not None:
        low, high = (wording.number(end) for end in most.interval)
        told.append(
            f"No size carries more than {wording.number(most.served_per_s)} requests per s (90 %: {low} to {high}), which is reached at "
            f"{wording.number(most.load)} {sizes.unit}s: more of them do not help."
        )
    return told


def _rows(sizes: Sizes) -> list[tuple[str, ...]]:
    measured = {row.size: row for row in sizes.rows}
    told = {each.load: each for each in sizes.told}
    return [_row(sizes, size, measured.get(size), told.get(size)) for size in sorted({*measured, *told})]


def _row(sizes: Sizes, size: float, row: Sized | None, told: Predicted | None) -> tuple[str, ...]:
    measured = (NONE, NONE, NONE)
    if row is not None:
        least = "≥ " if row.at_least else ""
        measured = (", ".join(row.runs), f"{least}{wording.number(row.carried_per_s)} per s", _interval(row.interval))
    law = (NONE, NONE)
    if told is not None and told.served_per_s is not None and told.interval is not None:
        law = (f"{wording.number(told.served_per_s)} per s", _interval(told.interval))
    latest = " ✓" if size == sizes.latest else ""
    return (f"{sizes.said(size)}{latest}", *measured, *law)


def _interval(low_high: tuple[float, float]) -> str:
    return " to ".join(wording.number(end) for end in low_high)
