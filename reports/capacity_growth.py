"""Growth and cost of the quarterly report in tables, and all that was assumed."""

from analysis.growth.backtest import BacktestRow
from analysis.planning.bill import Bill
from analysis.planning.plan import NeedRow
from analysis.planning.quantiles import Quantiles
from analysis.quarter.quarter import Quarter
from reports import wording
from reports.capacity_section import Section, Table
from reports.capacity_source import sources

AHEAD = {0: "now", 13: "+1 quarter", 26: "+2 quarters", 52: "+4 quarters"}


def growth_section(quarter: Quarter) -> Section:
    """Return the forecast with its backtest."""
    plan, tested = quarter.plan, quarter.backtest
    words = [
        f"Method: {plan.method}, {plan.because}. History: {wording.plain(quarter.history.source, 200)}, {wording.counted(quarter.history.measured, 'week')}, {quarter.history.timezone}."
    ]
    words += [wording.sentence(text) for text in (tested.because, tested.warning) if text]
    chosen = [plan.demand[weeks - 1] for weeks in AHEAD if 0 < weeks <= len(plan.demand)]
    return Section(
        "growth",
        "How demand grows",
        tuple(words),
        pictures=("demand",),
        tables=(
            Table(
                "Peak hour of a week, requests per s", ("Week of", "P10", "P50", "P90"),
                tuple((str(week.first), *(wording.number(value) for value in (week.p10, week.p50, week.p90))) for week in chosen),
                note="All weeks are in forecast.csv.",
            ),
            Table(
                "Backtest: the forecast that would have been made then, against what came", ("Ahead", "Forecasts", "MAPE", "MASE", "Inside P10 to P90"),
                tuple(_tested(row) for row in tested.rows),
                note="MAPE: mean absolute error. MASE: the same over that of \"next week as this one\". Of a nominal 80 %.",
            ),
        ),
    )  # fmt: skip


def cost_section(quarter: Quarter) -> Section:
    """Return needs and bills."""
    plan = quarter.plan
    needs = [*plan.needs]
    return Section(
        "cost",
        "What is needed, and what it costs",
        (f"Prices: {wording.plain(plan.prices)}, as of {plan.prices_of}; a month in {plan.currency}.",),
        pictures=("cost",),
        tables=(
            Table(
                "Needed", ("Resource", "When", "Units P10 / P50 / P90", "Size P50 / P90", "Memory P50", "Paths served"), tuple(_need(row) for row in needs),
            ),
            Table(
                "The bill of a month", ("", *(AHEAD[bill.weeks_ahead] for bill in plan.bills)), tuple(_bill_rows(plan.bills)),
                note="P50, and P10 to P90 where it varies.",
            ),
            Table(
                "A promise, were it reached now", ("Promise", "Cost a month", "1,000 bookings", "Units"),
                tuple(
                    (each.target, _spread(each.bill.cost), _spread(each.bill.cost_per_1000_bookings), _units(each.needs)) for each in plan.target_bills
                ),
            ),
        ),
    )  # fmt: skip


def assumptions_section(quarter: Quarter) -> Section:
    """Return what was taken for granted, and where every number is from."""
    known = sources(quarter)
    told = [(source.name, source.mark, source.what) for source in known]
    names = {source.name for source in known}
    others = [climb.run_id for climb in quarter.climbs] + [peak.run_id for peak in quarter.peaks]
    told += [(run_id, "", "run folder") for run_id in dict.fromkeys(others) if run_id not in names]
    return Section(
        "assumptions",
        "What was taken for granted, and where it is from",
        tables=(Table("Sources", ("Source", "Mark", "What it is"), tuple(told)),),
        points=tuple(wording.sentence(text) for text in dict.fromkeys(quarter.assumptions)),
    )


def _tested(row: BacktestRow) -> tuple[str, ...]:
    told = (
        "–" if row.mape is None else wording.percent(row.mape),
        "–" if row.mase is None else wording.number(row.mase),
        "–" if row.coverage is None else wording.percent(row.coverage),
    )
    return wording.counted(row.weeks_ahead, "week"), str(row.count), *told


def _need(row: NeedRow) -> tuple[str, ...]:
    units = " / ".join(wording.count(value) for value in (row.units.p10, row.units.p50, row.units.p90))
    size = row.size_p50 if row.size_p50 == row.size_p90 else f"{row.size_p50} / {row.size_p90}"
    return (
        row.resource,
        AHEAD[row.weeks_ahead],
        units,
        size,
        wording.data_size(row.memory_bytes.p50),
        wording.percent(row.enough_ratio),
    )


def _units(needs: tuple[NeedRow, ...]) -> str:
    return ", ".join(f"{wording.count(need.units.p50)} × {need.size_p50} ({need.resource})" for need in needs)


def _bill_rows(bills: tuple[Bill, ...]) -> list[tuple[str, ...]]:
    names = list(dict.fromkeys(part.name for bill in bills for part in bill.parts))
    costs = [{part.name: part.cost for part in bill.parts} for bill in bills]
    rows = [(name, *(_spread(cost[name]) if name in cost else "–" for cost in costs)) for name in names]
    rows.append(("together", *(_spread(bill.cost) for bill in bills)))
    rows.append(("bookings a month", *(_spread(bill.bookings) for bill in bills)))
    rows.append(("cost per 1,000 bookings", *(_spread(bill.cost_per_1000_bookings) for bill in bills)))
    return rows


def _spread(value: Quantiles) -> str:
    if value.p10 == value.p90:
        return wording.number(value.p50)
    return f"{wording.number(value.p50)} ({wording.number(value.p10)} to {wording.number(value.p90)})"
