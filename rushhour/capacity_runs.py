"""Which runs the quarterly report stands on: those that were named, else the latest of exhaustion and of peak of one target, build and mix."""

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from analysis.quarter.climbed import Climbed, climbed
from analysis.quarter.peak import PEAK
from analysis.quarter.quarter import Quarter
from records.errors import RunDataError
from records.folder import MANIFEST
from records.manifest import Manifest
from records.run import Run, read_manifest, read_run
from rushhour.results import find_run, run_folders
from rushhour.verdicts import REPORT
from scenarios.mix import Mix

MOST_FOLDERS = 500  # the newest are looked at; a results folder may hold years
MOST_CLIMBS = 6  # each is read whole; more hardly narrow an interval
MOST_PEAKS = 3
MAKE_ONE = "make one with: rushhour run exhaustion --target sandbox"


@dataclass(frozen=True, slots=True)
class Gathered:
    """The climbs that the report is about, of one mix; peak runs of the same; climbs of other mixes on the same target.

    `known` are all runs that were looked at, the oldest first; `said` names what was left out and why.
    """

    climbs: tuple[Climbed, ...]
    peaks: tuple[Run, ...]
    others: tuple[Climbed, ...]
    known: tuple[tuple[Path, Manifest], ...]
    said: tuple[str, ...] = ()

    @property
    def mix(self) -> Mix:
        """Return the mix that the report is about."""
        return self.climbs[-1].run.manifest.plan.mix


def gather_runs(names: Sequence[str], results: Path, asked: Sequence[Mix] = ()) -> Gathered:
    """Return the runs of the report; raise RunDataError where there is no climb among them.

    It is about the mix of the latest climb, or of the first that is named; `asked` are mixes that it is to be held against: their climbs
    are never what it is about.
    """
    if names:
        return _named(names, results)
    known = _known(results)
    climbs = [(folder, manifest) for folder, manifest in known if is_climb(manifest)]
    if not climbs:
        raise RunDataError(f"{results}: has no run of exhaustion; {MAKE_ONE}")
    latest = next(
        (each for _, each in reversed(climbs) if not any(each.plan.mix.asks_alike(mix) for mix in asked)), None
    )
    if latest is None:
        raise RunDataError(
            f"--mix: all climbs in {results} are of the mixes that are asked about; expected one of another mix, {MAKE_ONE}"
        )
    alike = [folder for folder, manifest in climbs if is_alike(manifest, latest)]
    peaks = [
        folder
        for folder, manifest in known
        if manifest.plan.scenario == PEAK and _key(manifest) == _key(latest) and is_same_mix(manifest, latest)
    ]
    others = [folder for folder, manifest in climbs if is_check_of(manifest, latest)]
    found, said = _readable(others[-MOST_CLIMBS:])
    return Gathered(
        tuple(climbed(read_run(folder)) for folder in alike[-MOST_CLIMBS:]),
        tuple(read_run(folder) for folder in peaks[-MOST_PEAKS:]),
        found,
        tuple(known),
        said,
    )


def is_climb(manifest: Manifest) -> bool:
    """Tell whether a run has a staircase."""
    return manifest.plan.staircase is not None


def is_alike(manifest: Manifest, latest: Manifest) -> bool:
    """Tell whether a climb is of the same target, build, plants, scales and mix as another one."""
    return (
        _key(manifest) == _key(latest)
        and manifest.plan.time_scale == latest.plan.time_scale
        and is_same_mix(manifest, latest)
    )


def is_same_mix(manifest: Manifest, latest: Manifest) -> bool:
    """Tell whether people of both runs ask for the same things as often."""
    return manifest.plan.mix.asks_alike(latest.plan.mix)


def is_check_of(manifest: Manifest, latest: Manifest) -> bool:
    """Tell whether a climb is of another mix on the same target; its steps may lie elsewhere and be shorter, so that scales may differ."""
    return _place(manifest) == _place(latest) and not is_same_mix(manifest, latest)


def report_links(quarter: Quarter, folder: Path) -> Mapping[str, str]:
    """Return where the report of each run is, seen from a folder, by run id; runs without a report have none."""
    runs = [climb.run.folder for climb in quarter.climbs]
    runs += [runs[0].parent / peak.run_id for peak in quarter.peaks]
    runs += [runs[0].parent / run_id for mix in quarter.mixes if mix.check is not None for run_id in mix.check.runs]
    return {
        run.name: Path(os.path.relpath(run / REPORT, folder)).as_posix() for run in runs if (run / REPORT).is_file()
    }


def _key(manifest: Manifest) -> tuple[object, ...]:
    """Return what is the same in runs that belong together; a peak may be of any length."""
    return (*_place(manifest), manifest.plan.load_scale)


def _place(manifest: Manifest) -> tuple[object, ...]:
    """Return what was measured: the target, its build, its faults, the size of its sandbox."""
    target = manifest.plan.target
    return target.name, manifest.target_build, manifest.plants, target.sandbox


def _readable(folders: Sequence[Path]) -> tuple[tuple[Climbed, ...], tuple[str, ...]]:
    """Return the climbs, and why some of them are of no use."""
    found, said = [], []
    for folder in folders:
        try:
            found.append(climbed(read_run(folder)))
        except RunDataError as error:
            said.append(f"left out, a climb of another mix: {error}")
    return tuple(found), tuple(said)


def _named(names: Sequence[str], results: Path) -> Gathered:
    folders = {find_run(name, results).resolve(): name for name in names}
    for folder, name in folders.items():
        if not (folder / MANIFEST).is_file():
            raise RunDataError(
                f"--run {name}: is no run folder (it has no {MANIFEST}); expected a run folder, a run id, or last"
            )
    runs = [read_run(folder) for folder in folders]
    _refuse_copies(runs)
    climbs = [run for run in runs if is_climb(run.manifest)]
    others = [run for run in runs if not is_climb(run.manifest)]
    if not climbs:
        raise RunDataError(
            f"--run: none of {', '.join(names)} is a run of exhaustion; expected at least one, {MAKE_ONE}"
        )
    first = climbs[0].manifest
    of_mix = [run for run in climbs if is_same_mix(run.manifest, first)]
    of_others = [run for run in climbs if not is_same_mix(run.manifest, first)]
    strange = sorted({run.manifest.plan.target.name for run in (*others, *of_others)} - {first.plan.target.name})
    if strange:
        raise RunDataError(
            f"--run: the runs are of several targets ({', '.join([first.plan.target.name, *strange])}); expected one"
        )
    return Gathered(
        climbs=tuple(climbed(run) for run in of_mix),
        peaks=tuple(run for run in others if is_same_mix(run.manifest, first)),
        others=tuple(climbed(run) for run in of_others if is_check_of(run.manifest, first)),
        known=tuple((run.folder, run.manifest) for run in runs) + tuple(_known(results)),
        said=tuple(_why_no_check(run) for run in of_others if not is_check_of(run.manifest, first)),
    )


def _why_no_check(run: Run) -> str:
    return f"left out, a climb of another mix: {run.manifest.run_id} is of another build, other plants or a sandbox of another size"


def _refuse_copies(runs: Sequence[Run]) -> None:
    """Raise RunDataError where two folders are the same run: it would count twice, and the spread of runs would seem small."""
    first: dict[str, Path] = {}
    for run in runs:
        other = first.setdefault(run.manifest.run_id, run.folder)
        if other != run.folder:
            raise RunDataError(
                f"--run: {other} and {run.folder} are both the run {run.manifest.run_id}; expected each once, leave out the copy"
            )


def _known(results: Path) -> list[tuple[Path, Manifest]]:
    """Return the newest run folders with their manifests, oldest first; damaged ones, reruns and copies of a run are passed over."""
    found: dict[str, tuple[Path, Manifest]] = {}
    for folder in sorted(run_folders(results), key=lambda path: (path / MANIFEST).stat().st_mtime)[-MOST_FOLDERS:]:
        try:
            manifest = read_manifest(folder)
        except RunDataError:
            continue  # whoever is damaged is listed as such on the index page
        if manifest.rerun is None and manifest.ended is not None:
            found.setdefault(manifest.run_id, (folder, manifest))
    return sorted(found.values(), key=lambda pair: pair[1].started_at)
