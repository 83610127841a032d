"""Other mixes of the quarterly report: those that `--mix` names, and those of which there are climbs among the runs."""

from collections.abc import Sequence
from dataclasses import dataclass

from analysis.figures import listed
from analysis.quarter.basis import Basis, basis_of
from analysis.quarter.makeup import Makeup, makeup_of_climb, makeup_of_file, makeup_of_run
from analysis.quarter.other_mix import Asked, OtherMix, not_told, other_mix
from analysis.quarter.quarter import Measured
from records.errors import RunDataError
from records.run import read_run
from rushhour.capacity_runs import Gathered, is_climb
from scenarios.errors import ScenarioError
from scenarios.library import load_mix
from scenarios.mix import Mix

MOST_READ = (
    5  # runs of a mix that are looked into for what its sessions are made of; the newest that has enough of them serves
)


@dataclass(frozen=True, slots=True)
class Named:
    """A mix as it was named, by name or path."""

    word: str
    mix: Mix


def named_mixes(words: Sequence[str]) -> tuple[Named, ...]:
    """Return the mixes; raise ScenarioError where one is unknown, or two ask for the same things as often."""
    named: list[Named] = []
    for word in words:
        mix = load_mix(word)
        twin = next((each.word for each in named if each.mix.asks_alike(mix)), None)
        if twin is not None:
            raise ScenarioError([f"--mix {word}: asks for the same as {twin}; expected each mix once"])
        named.append(Named(word, mix))
    return tuple(named)


def other_mixes(named: Sequence[Named], gathered: Gathered, measured: Measured) -> tuple[OtherMix, ...]:
    """Return a row for each mix that is asked about or climbed; raise RunDataError or ScenarioError where a named one cannot be told."""
    wanted = [*named, *_climbed_only(named, gathered)]
    if not wanted:
        return ()
    basis = basis_of(measured.climbs, measured.sustained)
    rows = []
    for each in wanted:
        if each.mix.asks_alike(gathered.mix):
            raise ScenarioError(
                [f"--mix {each.word}: is the mix of {basis.climb.run_id}, which the report is about; expected another"]
            )
        rows.append(_row(basis, _asked(each, gathered), is_named=each in named))
    return tuple(rows)


def _row(basis: Basis, asked: Asked, *, is_named: bool) -> OtherMix:
    try:
        return other_mix(basis, asked)
    except RunDataError as error:
        if is_named:
            raise RunDataError(f"--mix {asked.word}: {error}") from error
        return not_told(basis, asked, str(error))


def _climbed_only(named: Sequence[Named], gathered: Gathered) -> list[Named]:
    """Return the mixes of the other climbs that nobody named, the oldest first; a climb with too few sessions to count says nothing."""
    found: list[Named] = []
    for climb in gathered.others:
        mix = climb.run.manifest.plan.mix
        if makeup_of_climb(climb) is not None and not any(each.mix.asks_alike(mix) for each in (*named, *found)):
            found.append(Named(mix.name, mix))
    return found


def _asked(each: Named, gathered: Gathered) -> Asked:
    climbs = tuple(climb for climb in gathered.others if climb.run.manifest.plan.mix.asks_alike(each.mix))
    makeup = makeup_of_file(each.mix) or _counted(each, gathered)
    if makeup is None and climbs:
        makeup = makeup_of_climb(climbs[-1])
    if makeup is None:
        target = gathered.climbs[-1].run.manifest.plan.target.name
        personas = listed(
            [
                name
                for name in each.mix.personas
                if name not in each.mix.sessions or not each.mix.sessions[name].operations
            ]
        )
        raise RunDataError(
            f"--mix {each.word}: its file has no requests by operation for {personas}, and there is no run of it; "
            f"expected one of them: rushhour run smoke --mix {each.word} --target {target}"
        )
    return Asked(each.mix.name, each.word, makeup, climbs)


def _counted(each: Named, gathered: Gathered) -> Makeup | None:
    """Return what the newest run of a mix that is no climb counted, runs of the same target first; None where there is none with enough sessions."""
    target = gathered.climbs[-1].run.manifest.plan.target.name
    runs = [
        (manifest.plan.target.name == target, manifest.started_at, folder)
        for folder, manifest in gathered.known
        if not is_climb(manifest) and manifest.plan.mix.asks_alike(each.mix)
    ]
    newest = [folder for _, _, folder in sorted(runs, reverse=True)[:MOST_READ]]
    return next((made for folder in newest if (made := makeup_of_run(read_run(folder))) is not None), None)
