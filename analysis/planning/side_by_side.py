"""Two plans side by side: the same figure of both, and the difference."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from analysis.planning.plan import CapacityPlan
from analysis.planning.row import PlanRow

Figure = float | date | str | None


@dataclass(frozen=True, slots=True)
class Beside:
    """One figure of both plans, None where a plan has none. `change`: days between dates, a ratio between costs and counts; else None."""

    what: str
    unit: str
    first: Figure
    second: Figure
    change: float | None


def side_by_side(first: CapacityPlan, second: CapacityPlan) -> tuple[Beside, ...]:
    """Return dates, decisions and purchases of each target, and needs and costs of each moment. Costs only in one currency."""
    return (*_targets(first, second), *_needs(first, second), *_bills(first, second))


def _targets(first: CapacityPlan, second: CapacityPlan) -> Iterator[Beside]:
    there = {row.target: row for row in second.rows}
    for row in first.rows:
        other = there.get(row.target)
        for what, one, two in zip(("date P10", "date P50", "decide by"), _dates(row), _dates(other), strict=True):
            days = None if one is None or two is None else float((two - one).days)
            yield Beside(f"{row.target}: {what}", "date", one, two, days)
        yield Beside(f"{row.target}: action", "", row.action, None if other is None else other.action, None)


def _dates(row: PlanRow | None) -> tuple[date | None, date | None, date | None]:
    if row is None:
        return None, None, None
    return row.date.p10, row.date.p50, row.decide_by


def _needs(first: CapacityPlan, second: CapacityPlan) -> Iterator[Beside]:
    there = {(need.resource, need.weeks_ahead): need for need in second.needs}
    for need in first.needs:
        other = there.get((need.resource, need.weeks_ahead))
        what = f"{need.resource}, {_when(need.weeks_ahead)}: units P90"
        yield _ratio(what, "count", need.units.p90, None if other is None else other.units.p90)


def _bills(first: CapacityPlan, second: CapacityPlan) -> Iterator[Beside]:
    same = first.currency == second.currency
    there = {bill.weeks_ahead: bill for bill in second.bills}
    for bill in first.bills:
        other = there[bill.weeks_ahead]
        for what, one, two in (
            ("cost per month P50", bill.cost.p50, other.cost.p50),
            ("cost per month P90", bill.cost.p90, other.cost.p90),
            ("cost per 1,000 bookings P50", bill.cost_per_1000_bookings.p50, other.cost_per_1000_bookings.p50),
        ):
            name = f"{_when(bill.weeks_ahead)}: {what}"
            yield (
                _ratio(name, bill.currency, one, two)
                if same
                else Beside(name, f"{first.currency}, {second.currency}", one, two, None)
            )


def _ratio(what: str, unit: str, first: float, second: float | None) -> Beside:
    change = None if second is None or first == 0 else second / first - 1
    return Beside(what, unit, first, second, change)


def _when(weeks_ahead: int) -> str:
    return "now" if weeks_ahead == 0 else f"in {weeks_ahead} weeks"
