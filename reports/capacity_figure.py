"""The pictures of the quarterly report, for the page and for paper: climb, gaps, law of scaling, demand, cost."""

from datetime import date

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from analysis.planning.quantiles import Quantiles
from analysis.quarter.quarter import Quarter
from analysis.scaling.law import Law
from reports import wording
from reports.capacity_growth import AHEAD
from reports.capacity_sizes import sizes_figure
from reports.palette import LIGHT
from reports.png import new_figure
from reports.staircase_figure import staircase_figure

CURVE_POINTS = 200
PAPER_IN = 7.2  # width of a picture: on A4 its letters are then about as large as those of the tables
MOST_ROOM = 2.0  # times what is drawn: a promise far above it would flatten all else, and has a picture of its own
DOTTED = {Law.LINEAR: ":", Law.USL: "--", Law.CAPPED: "-."}  # laws that were not chosen
EPOCH = date(1970, 1, 1)  # Matplotlib counts days from it
PART_COLOURS = ("candidate", "pass", "marginal", "invalid", "client_error", "baseline", "fail", "warm")


def capacity_figures(quarter: Quarter) -> dict[str, Figure]:
    """Return the pictures by name; those without data are left out."""
    drawn = {
        "climb": staircase_figure(quarter.last.found, PAPER_IN),
        "gaps": _gaps(quarter),
        "scaling": _scaling(quarter),
        "sizes": sizes_figure(quarter.sizes),
        "demand": _demand(quarter),
        "cost": _cost(quarter),
    }
    return {name: figure for name, figure in drawn.items() if figure is not None}


def captions(quarter: Quarter) -> dict[str, str]:
    """Return what is to be seen in each picture, and from which files; a picture without one needs none."""
    runs, plan = ", ".join(quarter.sustained.used), quarter.plan
    return {
        "climb": f"Each mark is a step of {quarter.last.run_id}; dotted: limits of p95 of all operations.",
        "gaps": f"Line: 90 % interval; dashed: enough. From {runs}.",
        "scaling": f"Each dot is a level of {', '.join(climb.run_id for climb in quarter.climbs)}.",
        "demand": f"The busiest hour of each week: {quarter.history.source}, then {plan.method} from {plan.as_of} on. Carried: from {runs}.",
        "cost": f"P50 of each part; line: P10 to P90 of the whole. Prices: {plan.prices}.",
    }


def _gaps(quarter: Quarter) -> Figure | None:
    known = [(each, each.gap) for each in quarter.promises if each.gap is not None]
    if not known:
        return None
    worst, gap = min(known, key=lambda pair: pair[1].ratio)
    figure, axes = new_figure(
        1.2 + 0.45 * len(known), f"{wording.percent(gap.ratio)} of {worst.name} is carried", PAPER_IN
    )
    places = np.arange(len(known))[::-1]
    for place, (_, found) in zip(places, known, strict=True):
        low, high = found.interval
        colour = {True: "pass", False: "fail", None: "unknown"}[found.holds]
        axes.barh(place, found.ratio, height=0.5, color=LIGHT[colour])
        axes.plot([low, high], [place, place], color=LIGHT["ink"], linewidth=2, marker="|", markersize=9)
        axes.annotate(
            wording.percent(found.ratio), (high, place), xytext=(8, -4), textcoords="offset points", fontsize=9
        )
    axes.axvline(1.0, color=LIGHT["limit"], linewidth=1.4, linestyle="--")
    axes.set_yticks(places, [each.name for each, _ in known])
    axes.set_xlim(0, 1.15 * max(1.0, *(found.interval[1] for _, found in known)))
    axes.xaxis.set_major_formatter(lambda value, _: wording.percent(value))
    axes.set_xlabel("carried of what is promised")
    return figure


def _scaling(quarter: Quarter) -> Figure | None:
    if not quarter.levels:
        return None
    scaling = quarter.scaling
    title = (
        "No law follows the levels" if scaling.chosen is None else f"Served over offered: {scaling.chosen.law.value}"
    )
    figure, axes = new_figure(3.0, title, PAPER_IN)
    axes.plot(
        [level.load for level in quarter.levels], [level.served_per_s for level in quarter.levels], "o", color=LIGHT["candidate"], label="levels that were measured"
    )  # fmt: skip
    for made in scaling.tried:
        chosen = made is scaling.chosen
        loads = np.linspace(made.base, scaling.reach if chosen else scaling.largest, CURVE_POINTS)
        axes.plot(
            loads, made.served_per_s(loads), "-" if chosen else DOTTED[made.law], color=LIGHT["ink" if chosen else "baseline"], linewidth=2 if chosen else 1.2, label=made.law.value
        )  # fmt: skip
    if scaling.chosen is not None:
        axes.axvspan(
            scaling.largest,
            scaling.reach,
            color=LIGHT["band"],
            zorder=0,
            label="not measured: 1.5 times the largest level at most",
        )
    axes.set_ylim(bottom=0)
    axes.set_xlabel("sessions per s offered")
    axes.set_ylabel("requests per s served")
    axes.legend(loc="best", fontsize=9)
    return figure


def _demand(quarter: Quarter) -> Figure:
    history, plan, sustained = quarter.history, quarter.plan, quarter.sustained
    reached = quarter.whole.date.p50
    title = (
        "Demand does not reach what is carried within a year (P50)"
        if reached is None
        else f"Demand reaches what is carried about {reached} (P50)"
    )
    figure, axes = new_figure(3.4, title, PAPER_IN)
    seen = [(history.week(index), value) for index, value in enumerate(history.values) if value is not None]
    axes.plot(
        _days([day for day, _ in seen]),
        [value for _, value in seen],
        ".-",
        color=LIGHT["ink"],
        linewidth=1.2,
        label="measured",
    )
    ahead = _days([week.first for week in plan.demand])
    if plan.interval_claimed:
        axes.fill_between(
            ahead, [week.p10 for week in plan.demand], [week.p90 for week in plan.demand], color=LIGHT["candidate"], alpha=0.18, label="P10 to P90"
        )  # fmt: skip
    axes.plot(ahead, [week.p50 for week in plan.demand], color=LIGHT["candidate"], linewidth=2, label="P50")
    axes.axhspan(*sustained.interval, color=LIGHT["fail"], alpha=0.15)
    axes.axhline(
        sustained.middle_per_s,
        color=LIGHT["fail"],
        linewidth=1.6,
        linestyle="--",
        label="carried by what was measured (90 %)",
    )
    _whole(axes, quarter.whole.capacity_per_s, sustained.middle_per_s)
    top = MOST_ROOM * max(sustained.interval[1], *(week.p90 for week in plan.demand))
    for promise in quarter.promises:
        if promise.rate_per_s is not None and promise.rate_per_s <= top:
            axes.axhline(promise.rate_per_s, color=LIGHT["limit"], linewidth=1, linestyle=":")
            axes.annotate(promise.name, (0, promise.rate_per_s), xycoords=("axes fraction", "data"), xytext=(4, 2), textcoords="offset points", fontsize=8, color=LIGHT["muted"])  # fmt: skip
    if reached is not None:
        axes.axvline(*_days([reached]), color=LIGHT["muted"], linewidth=1.2)
    axes.xaxis_date()
    axes.set_ylim(bottom=0)
    axes.yaxis.set_major_formatter(lambda value, _: wording.number(value))
    axes.set_xlabel("week")
    axes.set_ylabel("requests per s, peak hour")
    axes.legend(loc="best", fontsize=9)
    return figure


def _whole(axes: Axes, estate: Quantiles | None, measured_per_s: float) -> None:
    """Draw what the estate of the price list carries, where that is something else than what was measured."""
    if estate is not None and abs(estate.p50 / measured_per_s - 1) > 0.02:
        axes.axhline(
            estate.p50,
            color=LIGHT["marginal"],
            linewidth=1.4,
            linestyle="-.",
            label="carried by the estate of the price list (P50)",
        )


def _cost(quarter: Quarter) -> Figure:
    bills, currency = quarter.plan.bills, quarter.plan.currency
    title = f"A month costs {wording.number(bills[0].cost.p50)} {currency} now and {wording.number(bills[-1].cost.p50)} in a year (P50)"
    figure, axes = new_figure(3.0, title, PAPER_IN)
    places = np.arange(len(bills))
    bottom = np.zeros(len(bills))
    for index, part in enumerate(bills[0].parts):
        heights = np.array(
            [next((other.cost.p50 for other in bill.parts if other.name == part.name), 0.0) for bill in bills]
        )
        axes.bar(
            places,
            heights,
            0.5,
            bottom=bottom,
            label=part.name,
            color=LIGHT[PART_COLOURS[index % len(PART_COLOURS)]],
            edgecolor=LIGHT["paper"],
        )
        bottom += heights
    for place, bill in zip(places, bills, strict=True):
        axes.plot(
            [place, place], [bill.cost.p10, bill.cost.p90], color=LIGHT["ink"], linewidth=2, marker="_", markersize=9
        )
        axes.annotate(
            wording.number(bill.cost.p50), (place, max(bill.cost.p90, bill.cost.p50)), xytext=(0, 5), textcoords="offset points", ha="center", fontsize=9
        )  # fmt: skip
    axes.set_xticks(places, [AHEAD[bill.weeks_ahead] for bill in bills])
    axes.set_ylim(top=1.12 * max(max(bill.cost.p90, bill.cost.p50) for bill in bills))
    axes.yaxis.set_major_formatter(lambda value, _: wording.number(value))
    axes.set_ylabel(f"{currency} a month")
    axes.legend(loc="center left", bbox_to_anchor=(1.0, 0.5), fontsize=9)
    return figure


def _days(days: list[date]) -> list[float]:
    return [float((day - EPOCH).days) for day in days]
