"""Finding scenarios, mixes, objectives and targets by name among the shipped files, or by path."""

from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from pydantic import BaseModel

from scenarios.document import load_document, read_text
from scenarios.errors import ScenarioError, nearest_hint
from scenarios.mix import Mix
from scenarios.objectives import ObjectiveSet
from scenarios.plan import Plan, make_plan
from scenarios.price_list import PriceList
from scenarios.recorded import Recorded, load_recorded
from scenarios.scenario import Scenario
from scenarios.target import Target
from scenarios.traffic_history import TrafficHistory, load_traffic_history

SHIPPED = Path(__file__).parent
Model = TypeVar("Model", bound=BaseModel)


def scenario_names() -> list[str]:
    """Return the names of the shipped scenarios."""
    return sorted(path.stem for path in SHIPPED.glob("*.toml"))


def load_plan(
    scenario: str,
    target: str | None = None,
    *,
    url: str | None = None,
    time_scale: float = 1.0,
    load_scale: float = 1.0,
    mix_name: str | None = None,
    reshape: Callable[[Scenario], Scenario] = lambda scenario: scenario,
) -> Plan:
    """Return the plan for a scenario and a target, each a shipped name or a path to a TOML file.

    `url` replaces the profile's own (the embedded sandbox listens where it can), `mix_name` the scenario's mix; `reshape` gives the scenario another
    shape before it is laid out, and raises ScenarioError where it has none to give. All problems of all files are in
    the ScenarioError.
    """
    loaded = _load(scenario, "scenario", SHIPPED, Scenario)
    problems: list[str] = []
    mix = _collect(problems, mix_name or loaded.mix, "mix", SHIPPED / "mixes", Mix)
    objectives = _collect(problems, loaded.objectives, "objectives", SHIPPED / "objectives", ObjectiveSet)
    profile = _collect(problems, target or "sandbox", "target", SHIPPED / "targets", Target)
    series = _series(problems, scenario, loaded.traffic.series)
    if mix is None or objectives is None or profile is None or problems:
        raise ScenarioError(problems)
    if url is not None:
        profile = profile.model_copy(update={"url": url.rstrip("/")})
    return make_plan(
        reshape(loaded), mix, objectives, profile, series=series, time_scale=time_scale, load_scale=load_scale
    )


def scenario_text(name: str) -> str:
    """Return the text of a scenario file, by name or path."""
    return read_text(_find(name, "scenario", SHIPPED))


def load_target(name: str) -> Target:
    """Return a target profile by name or path."""
    return _load(name, "target", SHIPPED / "targets", Target)


def load_objectives(name: str) -> ObjectiveSet:
    """Return an objectives file by name or path."""
    return _load(name, "objectives", SHIPPED / "objectives", ObjectiveSet)


def load_mix(name: str) -> Mix:
    """Return a mix by name or path."""
    return _load(name, "mix", SHIPPED / "mixes", Mix)


def load_price_list(name: str) -> PriceList:
    """Return a price list by name or path."""
    return load_document(price_list_path(name), PriceList)


def price_list_path(name: str) -> Path:
    """Return the file of a price list by name or path."""
    return _find(name, "price list", SHIPPED / "prices")


def load_traffic(name: str) -> TrafficHistory:
    """Return a history of traffic by name or path."""
    return load_traffic_history(traffic_path(name))


def traffic_path(name: str) -> Path:
    """Return the file of a history of traffic by name or path."""
    return _find(name, "traffic", SHIPPED / "traffic", ".csv")


def _collect(problems: list[str], name: str, noun: str, folder: Path, model: type[Model]) -> Model | None:
    try:
        return _load(name, noun, folder, model)
    except ScenarioError as error:
        problems.extend(error.problems)
        return None


def _series(problems: list[str], scenario: str, name: str | None) -> Recorded | None:
    """Return the recorded arrivals that a scenario names: a shipped series, or a path from the scenario's own folder."""
    if name is None:
        return None
    try:
        if name.endswith(".csv") or "/" in name:
            return load_recorded(_find(scenario, "scenario", SHIPPED).parent / name)
        return load_recorded(_find(name, "series", SHIPPED / "series", ".csv"))
    except ScenarioError as error:
        problems.extend(error.problems)
        return None


def _load(name: str, noun: str, folder: Path, model: type[Model]) -> Model:
    return load_document(_find(name, noun, folder), model)


def _find(name: str, noun: str, folder: Path, suffix: str = ".toml") -> Path:
    """Return the file for a shipped name or a path; raise ScenarioError with the nearest known name."""
    if name.endswith(suffix) or "/" in name:
        return Path(name)
    path = folder / f"{name}{suffix}"
    if not path.is_file():
        known = [entry.stem for entry in folder.glob(f"*{suffix}")]
        raise ScenarioError(
            [f'{noun} "{name}" is not known{nearest_hint(name, known)} (the path of a {suffix} file will do too)']
        )
    return path
