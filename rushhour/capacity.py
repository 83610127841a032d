"""`rushhour capacity`: the quarter. Runs, a history of traffic and a price list become one report in a folder of its own."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

from rich.console import Console

from analysis.growth.demand import in_requests, weekly_peaks
from analysis.growth.forecast import Outlook
from analysis.planning.inputs import PlanInputs
from analysis.planning.what_if import with_event, with_growth, with_nodes, with_prices
from analysis.quarter.document import as_document
from analysis.quarter.quarter import Quarter, inputs_of, measured_of, quarter_of, scaled_history
from records.folder import write_bytes, write_text, written_into
from reports.capacity_csv import forecast_csv, plan_csv
from reports.capacity_figure import capacity_figures
from reports.capacity_html import render_capacity
from reports.capacity_pdf import render_capacity_pdf
from reports.capacity_terminal import render_capacity_terminal
from rushhour.capacity_mixes import named_mixes, other_mixes
from rushhour.capacity_runs import gather_runs, report_links
from rushhour.capacity_sizes import given_sizes
from rushhour.index import write_index
from rushhour.verdicts import PDF, REPORT
from scenarios.calendar_event import parse_event, parse_events
from scenarios.errors import ScenarioError, nearest_hint
from scenarios.growth_rate import parse_growth
from scenarios.library import load_price_list, load_traffic
from scenarios.season import parse_season

DOCUMENT, PLAN, FORECAST = "capacity.json", "plan.csv", "forecast.csv"
SHIPPED_HISTORY, SHIPPED_PRICES = "example_40_weeks", "example"
MAX_SCALE = 1000.0  # of traffic; beyond it another history was meant
AGAINST = ("growth", "event", "nodes", "prices")


@dataclass(frozen=True, slots=True)
class CapacityRequest:
    """What `rushhour capacity` was asked for, as it was written. `against` holds KEY=VALUE words of a second plan."""

    runs: tuple[str, ...] = ()
    history: str = SHIPPED_HISTORY
    prices: str = SHIPPED_PRICES
    growth: str | None = None
    events: tuple[str, ...] = ()
    season: str | None = None
    nodes: tuple[str, ...] = ()
    measured: tuple[str, ...] = ()
    sizes: tuple[str, ...] = ()
    against: tuple[str, ...] = ()
    mixes: tuple[str, ...] = ()
    traffic_scale: float = 1.0
    results: Path = Path("results")


def report_capacity(request: CapacityRequest, console: Console) -> Path:
    """Write the report and tell what it says; return its folder. Raise ScenarioError or RunDataError where it cannot be made."""
    began = datetime.now(UTC)
    outlook, units = _outlook(request), counts_of(request.measured, "--measured")
    prices = load_price_list(request.prices)
    mixes = named_mixes(request.mixes)
    gathered = gather_runs(request.runs, request.results, [each.mix for each in mixes])
    given = given_sizes(request.sizes, gathered.climbs, request.results)
    measured = measured_of(gathered.climbs, gathered.peaks, given, gathered.said)
    inputs = changed(inputs_of(measured, outlook, prices, units), counts_of(request.nodes, "--nodes"))
    inputs = _said(inputs, request)
    other = against_of(inputs, request.against) if request.against else None
    quarter = quarter_of(measured, inputs, other, other_mixes(mixes, gathered, measured))
    folder = write_quarter(quarter, request.results, began)
    write_index(request.results)
    console.print(render_capacity_terminal(quarter, folder / REPORT))
    return folder


def write_quarter(quarter: Quarter, results: Path, began: datetime) -> Path:
    """Write page, PDF, document and tables into a folder of their own beside the runs, and return that."""
    folder = results / f"capacity-{began:%Y%m%dT%H%M%SZ}"
    made_at = began.isoformat(timespec="seconds")
    drawn = capacity_figures(quarter)
    links = report_links(quarter, folder)
    with written_into(folder):
        write_text(folder / REPORT, render_capacity(quarter, drawn, links, made_at))
        write_bytes(folder / PDF, render_capacity_pdf(quarter, drawn, made_at))
        write_text(folder / DOCUMENT, json.dumps(as_document(quarter, made_at), indent=1, ensure_ascii=False) + "\n")
        write_text(folder / PLAN, plan_csv(quarter))
        write_text(folder / FORECAST, forecast_csv(quarter))
    return folder


def counts_of(words: tuple[str, ...], where: str) -> dict[str, int]:
    """Return the numbers of NAME=NUMBER words; raise ScenarioError with a line for each that is none."""
    found: dict[str, int] = {}
    problems = []
    for word in words:
        name, _, number = (part.strip() for part in word.rpartition("="))
        if not name or not number.isdecimal():
            problems.append(
                f'{where}: "{word}" is no number of a resource; expected NAME=NUMBER, such as application=6'
            )
        elif name in found:
            problems.append(f"{where}: {name} is given twice; expected it once")
        else:
            found[name] = int(number)
    if problems:
        raise ScenarioError(problems)
    return found


def changed(inputs: PlanInputs, nodes: Mapping[str, int]) -> PlanInputs:
    """Return the inputs with other numbers of units."""
    for name, count in nodes.items():
        inputs = with_nodes(inputs, name, count)
    return inputs


def against_of(inputs: PlanInputs, words: tuple[str, ...]) -> PlanInputs:
    """Return the inputs of the second plan: the first one's, changed by KEY=VALUE words. Raise ScenarioError for one that is unknown."""
    for word in words:
        key, equals, value = (part.strip() for part in word.partition("="))
        if not equals or key not in AGAINST:
            expected = 'expected growth=…, event=…, nodes=… or prices=…, such as "growth=3 % per month" or "nodes=application=6"'
            raise ScenarioError([f'--against: "{word}" is no change of a plan{nearest_hint(key, AGAINST)}; {expected}'])
        where = f"--against {key}"
        match key:
            case "growth":
                inputs = with_growth(inputs, parse_growth(value, where))
            case "event":
                inputs = with_event(inputs, parse_event(value, where))
            case "nodes":
                inputs = changed(inputs, counts_of((value,), where))
            case _:
                inputs = with_prices(inputs, load_price_list(value))
    return inputs


def _outlook(request: CapacityRequest) -> Outlook:
    """Return what the forecast is made of; users of the history become requests by the price list."""
    if not 0 < request.traffic_scale <= MAX_SCALE:
        raise ScenarioError(
            [f"--traffic-scale: is {request.traffic_scale:g}; expected more than 0 and at most {MAX_SCALE:g}"]
        )
    prices = load_price_list(request.prices)
    demand = in_requests(weekly_peaks(load_traffic(request.history)), prices.traffic.requests_per_user_s, prices.name)
    return Outlook(
        scaled_history(demand, request.traffic_scale),
        parse_events(request.events),
        None if request.season is None else parse_season(request.season),
        None if request.growth is None else parse_growth(request.growth),
    )


def _said(inputs: PlanInputs, request: CapacityRequest) -> PlanInputs:
    """Return the inputs; where the shipped examples stand for files of one's own, they say so."""
    told = [
        f"the shipped example stands for {what}: give your own with {option}"
        for given, shipped, what, option in (
            (request.history, SHIPPED_HISTORY, "the history of traffic", "--history"),
            (request.prices, SHIPPED_PRICES, "the prices", "--prices"),
        )
        if given == shipped
    ]
    return replace(inputs, assumptions=(*inputs.assumptions, *told))
