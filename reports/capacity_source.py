"""Where the numbers of the quarterly report are from: run folders and files with a mark each, [1], [2] and so on."""

from collections.abc import Iterable
from dataclasses import dataclass

from analysis.quarter.answers import sources_of
from analysis.quarter.quarter import Quarter
from reports import wording

MOST_CHARACTERS = 200  # of a name: a file's, or one that its owner gave


@dataclass(frozen=True, slots=True)
class Source:
    """A run folder or a file: its mark, its name (a run id, a file name, the title of a price list), and what it is."""

    mark: str
    name: str
    what: str


def sources(quarter: Quarter) -> tuple[Source, ...]:
    """Return what the first page stands on, in the order of their marks."""
    history, plan = quarter.history, quarter.plan
    told = {
        climb.run_id: f"run folder, {wording.utc(climb.run.manifest.started_at)}{_build(climb.run.manifest.target_build)}"
        for climb in quarter.climbs
    }
    told[history.source] = (
        f"history of traffic, {wording.counted(history.measured, 'week')} until {history.end}, {history.timezone}"
    )
    told[plan.prices] = f"price list in {plan.currency}, prices of {plan.prices_of}"
    names = dict.fromkeys(sources_of(quarter))
    return tuple(
        Source(f"[{place}]", wording.plain(name, MOST_CHARACTERS), told[name])
        for place, name in enumerate(names, start=1)
    )


def cited(quarter: Quarter, names: Iterable[str]) -> tuple[Source, ...]:
    """Return the sources of some names, in the order of their marks."""
    wanted = {wording.plain(name, MOST_CHARACTERS) for name in names}
    return tuple(source for source in sources(quarter) if source.name in wanted)


def marked(quarter: Quarter, text: str) -> str:
    """Return text in which the name of each run that λ* is from is its mark."""
    for source in sources(quarter):
        text = text.replace(source.name, source.mark) if source.name in quarter.sustained.used else text
    return text


def _build(build: str | None) -> str:
    return "" if build is None else f", build {wording.plain(build, 40)}"
