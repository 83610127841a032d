"""`rushhour capacity`: the quarter. Runs, a history of traffic and a price list become one report in a folder of its own."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import quote
from zoneinfo import ZoneInfo

from rich.console import Console

from analysis.growth.age import age_of
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
from scenarios.calendar_event import parse_events, twice
from scenarios.errors import ScenarioError, nearest_hint
from scenarios.growth_rate import parse_growth
from scenarios.library import load_price_list, load_traffic, price_list_path, traffic_path
from scenarios.price_list import PriceList
from scenarios.season import parse_season

DOCUMENT, PLAN, FORECAST, INPUTS = "capacity.json", "plan.csv", "forecast.csv", "inputs"
SHIPPED_HISTORY, SHIPPED_PRICES = "example_40_weeks", "example"
MAX_SCALE = 1000.0  # of traffic; beyond it another history was meant
AGAINST = ("growth", "event", "nodes", "prices")
AGAINST_ONCE = ("growth", "prices")


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
    prices, units = load_price_list(request.prices), counts_of(request.measured, "--measured")
    outlook = _outlook(request, prices)
    mixes = named_mixes(request.mixes)
    gathered = gather_runs(request.runs, request.results, [each.mix for each in mixes])
    sizes = given_sizes(request.sizes, gathered.climbs, request.results)
    measured = measured_of(gathered.climbs, gathered.peaks, sizes, gathered.said)
    inputs = changed(inputs_of(measured, outlook, prices, units), counts_of(request.nodes, "--nodes"))
    inputs = _said(inputs, request, began)
    other = against_of(inputs, request.against) if request.against else None
    quarter = quarter_of(measured, inputs, other, other_mixes(mixes, gathered, measured))
    given = {quarter.history.source: traffic_path(request.history), prices.title: price_list_path(request.prices)}
    folder = write_quarter(quarter, request.results, began, given)
    write_index(request.results)
    console.print(render_capacity_terminal(quarter, folder / REPORT))
    return folder


def write_quarter(quarter: Quarter, results: Path, began: datetime, given: Mapping[str, Path]) -> Path:
    """Write page, PDF, document and tables into a folder of their own beside the runs, and return that.

    `given`: files that the numbers are from, by their names in the report; they are copied, since their owner goes on editing them.
    """
    folder = results / f"capacity-{began:%Y%m%dT%H%M%SZ}"
    made_at = began.isoformat(timespec="seconds")
    drawn = capacity_figures(quarter)
    kept = {name: path for name, path in given.items() if path.is_file()}  # a pipe can be read but once
    copies = {name: f"{INPUTS}/{quote(path.name)}" for name, path in kept.items()}
    links = {**report_links(quarter, folder), **copies}
    with written_into(folder), written_into(folder / INPUTS):
        for path in kept.values():
            write_bytes(folder / INPUTS / path.name, path.read_bytes())
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
    values = _against(words)
    for name in values["prices"]:
        inputs = with_prices(inputs, load_price_list(name))
    for text in values["growth"]:
        inputs = with_growth(inputs, parse_growth(text, "--against growth"))
    events = parse_events(tuple(values["event"]), "--against event")
    if problems := twice([*inputs.outlook.events, *events], "--event and --against event"):
        raise ScenarioError(problems)
    for event in events:
        inputs = with_event(inputs, event)
    return changed(inputs, counts_of(tuple(values["nodes"]), "--against nodes"))


def _against(words: tuple[str, ...]) -> dict[str, list[str]]:
    """Return the values of each key of KEY=VALUE words; growth and prices may be given once, since one would undo the other."""
    values: dict[str, list[str]] = {key: [] for key in AGAINST}
    for word in words:
        key, equals, value = (part.strip() for part in word.partition("="))
        if not equals or key not in AGAINST:
            expected = 'expected growth=…, event=…, nodes=… or prices=…, such as "growth=3 % per month" or "nodes=application=6"'
            raise ScenarioError([f'--against: "{word}" is no change of a plan{nearest_hint(key, AGAINST)}; {expected}'])
        values[key].append(value)
    for key in AGAINST_ONCE:
        if len(values[key]) > 1:
            raise ScenarioError(
                [f"--against: {key} is given {len(values[key])} times ({'; '.join(values[key])}); expected it once"]
            )
    return values


def _outlook(request: CapacityRequest, prices: PriceList) -> Outlook:
    """Return what the forecast is made of; users of the history become requests by the price list."""
    if not 0 < request.traffic_scale <= MAX_SCALE:
        raise ScenarioError(
            [f"--traffic-scale: is {request.traffic_scale:g}; expected more than 0 and at most {MAX_SCALE:g}"]
        )
    demand = in_requests(weekly_peaks(load_traffic(request.history)), prices.traffic.requests_per_user_s, prices.name)
    return Outlook(
        scaled_history(demand, request.traffic_scale),
        parse_events(request.events),
        None if request.season is None else parse_season(request.season),
        None if request.growth is None else parse_growth(request.growth),
    )


def _said(inputs: PlanInputs, request: CapacityRequest, began: datetime) -> PlanInputs:
    """Return the inputs; where the shipped examples stand for files of one's own, or files are of another time, they say so."""
    demand = inputs.outlook.demand
    aged = age_of(demand, began.astimezone(ZoneInfo(demand.timezone)).date())
    told = [
        f"the shipped example stands for {what}: give your own with {option}"
        for given, shipped, what, option in (
            (request.history, SHIPPED_HISTORY, "the history of traffic", "--history"),
            (request.prices, SHIPPED_PRICES, "the prices", "--prices"),
        )
        if given == shipped
    ]
    return replace(inputs, assumptions=(*inputs.assumptions, *told, *aged))
