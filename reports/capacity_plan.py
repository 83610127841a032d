"""The plan of the quarterly report: what is used, when it ends, what to do; and two plans side by side."""

from datetime import date

from analysis.planning.row import PlanRow
from analysis.planning.side_by_side import Beside
from analysis.quarter.quarter import Quarter
from reports import wording
from reports.capacity_section import Section, Table
from reports.capacity_source import marked

NOT_IN_A_YEAR = "not in 52 weeks"
USE_HEAD = (
    "Target",
    "Now (80 %)",
    "Limit",
    "+1 quarter",
    "+2 quarters",
    "+4 quarters",
    "First used up",
    "P10",
    "P50",
    "P90",
    "Risk",
)
DO_HEAD = ("Target", "Action", "Units", "Cost a month", "Lead time", "Decide by")


def plan_section(quarter: Quarter) -> Section:
    """Return the plan as two tables."""
    plan = quarter.plan
    return Section(
        "plan",
        "The plan",
        (f"Counted from {plan.as_of}, the day after the history. A month in {plan.currency}.",),
        tables=(
            Table(
                "How much is used, and until when it lasts",
                USE_HEAD,
                tuple(_use(row) for row in plan.rows),
                note="Use of the limit in the busiest week of the quarter that ends then, P50 / P90. P10, P50, P90: the week by which a tenth, "
                "a half, nine tenths of 2,000 paths of demand have exceeded it. Risk: the share of paths that do within 52 weeks; under a tenth there is "
                "no date, and nothing to be decided by one.",
            ),
            Table(
                "What to do",
                DO_HEAD,
                tuple(_do(row, plan.currency) for row in plan.rows),
                note="Enough for nine paths of ten, until a quarter after P10. Decide by: P10 less the longest lead time.",
            ),
        ),
        points=tuple(
            f"{wording.capital(row.target)}, from {marked(quarter, row.source)}. {wording.sentence(row.because)}".strip()
            for row in plan.rows
        ),
    )


def beside_section(quarter: Quarter) -> Section | None:
    """Return two plans side by side, None where there is one."""
    if quarter.against is None:
        return None
    head = ("What", quarter.plan.name, quarter.against.name, "Change")
    other = [row for row in quarter.beside if row.first != row.second]
    rows = tuple((row.what, _figure(row, row.first), _figure(row, row.second), _change(row)) for row in other)
    same = f"{wording.counted(len(quarter.beside) - len(other), 'figure is', 'figures are')} the same in both, and not listed."
    return Section(
        "against",
        "Two plans side by side",
        (f"Against: {wording.plain(quarter.against.name, 300)}.", *(() if rows else ("Nothing differs.",))),
        tables=(Table("Figures that differ", head, rows, same),),
        points=tuple(each for each in quarter.against.assumptions if each not in quarter.plan.assumptions),
    )


def amount(value: float, unit: str) -> str:
    """Return a figure of a plan row in its unit."""
    match unit:
        case "ratio":
            return wording.percent(value)
        case "count":
            return wording.count(value)
        case _:
            return f"{wording.number(value)} per s"


def day(value: date | None) -> str:
    """Return a date of a quantile, or that it lies beyond the horizon."""
    return NOT_IN_A_YEAR if value is None else str(value)


def units_of(row: PlanRow) -> str:
    """Return how many units each purchase concerns, in the order of the actions; empty where there are none."""
    return "; ".join(wording.count(each.units) for each in row.purchases if each.units is not None)


def money(value: float | None, currency: str) -> str:
    """Return a cost."""
    return "not known" if value is None else f"{wording.number(value)} {currency}"


def _use(row: PlanRow) -> tuple[str, ...]:
    now = amount(row.now.p50, row.unit)
    if row.now.p10 != row.now.p90:
        now = f"{now} ({amount(row.now.p10, row.unit)} to {amount(row.now.p90, row.unit)})"
    later = (f"{amount(use.p50, row.unit)} / {amount(use.p90, row.unit)}" for use in row.uses)
    return (
        row.target, now, amount(row.limit, row.unit), *later, row.first or "not a resource",
        day(row.date.p10), day(row.date.p50), day(row.date.p90), wording.percent(row.date.reached_ratio),
    )  # fmt: skip


def _do(row: PlanRow, currency: str) -> tuple[str, ...]:
    by = "–" if row.decide_by is None else f"{row.decide_by}{' (overdue)' if row.overdue else ''}"
    return (
        row.target,
        row.action,
        units_of(row) or "–",
        "–" if not row.purchases else money(row.cost_per_month, currency),
        "–" if row.lead_days is None else f"{wording.number(row.lead_days)} days",
        by,
    )


def _figure(row: Beside, value: float | date | str | None) -> str:
    if value is None:
        return NOT_IN_A_YEAR if row.unit == "date" else "–"
    if isinstance(value, float | int):
        return wording.count(value) if row.unit == "count" else f"{wording.number(value)} {row.unit}".strip()
    return str(value)


def _change(row: Beside) -> str:
    if row.change is None:
        return "–"
    if row.unit != "date":
        return wording.change(row.change)
    return (
        "the same"
        if row.change == 0
        else f"{wording.counted(abs(row.change), 'day')} {'later' if row.change > 0 else 'earlier'}"
    )
