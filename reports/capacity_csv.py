"""The tables of the quarter as CSV, in base units: the plan, and demand week by week."""

import csv
import io
from collections.abc import Iterable, Sequence

from analysis.planning.row import PlanRow
from analysis.quarter.quarter import Quarter
from reports.capacity_plan import units_of

PLAN_HEAD = (
    "target", "unit", "now_p10", "now_p50", "now_p90", "limit", "plus_13_weeks_p50", "plus_13_weeks_p90", "plus_26_weeks_p50",
    "plus_26_weeks_p90", "plus_52_weeks_p50", "plus_52_weeks_p90", "first", "date_p10", "date_p50", "date_p90", "reached_ratio", "action",
    "units", "cost_per_month", "currency", "lead_days", "decide_by", "overdue", "because", "source",
)  # fmt: skip
FORECAST_HEAD = ("week", "measured_per_s", "p10_per_s", "p50_per_s", "p90_per_s")


def plan_csv(quarter: Quarter) -> str:
    """Return a row for each target of the plan; an empty cell is a figure that there is not (`because` says why)."""
    return _text(PLAN_HEAD, (_plan_row(row, quarter.plan.currency) for row in quarter.plan.rows))


def forecast_csv(quarter: Quarter) -> str:
    """Return a row for each week of the history and for each week ahead, requests per s in the peak hour."""
    history = quarter.history
    past = [(history.week(index), value, None, None, None) for index, value in enumerate(history.values)]
    ahead = [(week.first, None, week.p10, week.p50, week.p90) for week in quarter.plan.demand]
    return _text(FORECAST_HEAD, [*past, *ahead])


def _plan_row(row: PlanRow, currency: str) -> Sequence[object]:
    uses = [value for use in row.uses for value in (use.p50, use.p90)]
    dates = (row.date.p10, row.date.p50, row.date.p90)
    return (
        row.target, row.unit, row.now.p10, row.now.p50, row.now.p90, row.limit, *uses, row.first, *dates, row.date.reached_ratio, row.action,
        units_of(row), row.cost_per_month, currency, row.lead_days, row.decide_by, row.overdue, row.because, row.source,
    )  # fmt: skip


def _text(head: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(head)
    writer.writerows(["" if cell is None else cell for cell in row] for row in rows)
    return out.getvalue()
