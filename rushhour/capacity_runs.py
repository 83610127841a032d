"""Which runs the quarterly report stands on: those that were named, else the latest of exhaustion and of peak of one target and build."""

import os
from collections.abc import Mapping, Sequence
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

MOST_FOLDERS = 500  # the newest are looked at; a results folder may hold years
MOST_CLIMBS = 6  # each is read whole; more hardly narrow an interval
MOST_PEAKS = 3
MAKE_ONE = "make one with: rushhour run exhaustion --target sandbox"


def gather_runs(names: Sequence[str], results: Path) -> tuple[list[Climbed], list[Run]]:
    """Return the climbs and the peak runs; raise RunDataError where there is no climb among them."""
    if names:
        return _named(names, results)
    known = _known(results)
    climbs = [(folder, manifest) for folder, manifest in known if is_climb(manifest)]
    if not climbs:
        raise RunDataError(f"{results}: has no run of exhaustion; {MAKE_ONE}")
    latest = climbs[-1][1]
    alike = [folder for folder, manifest in climbs if is_alike(manifest, latest)]
    peaks = [folder for folder, manifest in known if manifest.plan.scenario == PEAK and _key(manifest) == _key(latest)]
    return [climbed(read_run(folder)) for folder in alike[-MOST_CLIMBS:]], [
        read_run(folder) for folder in peaks[-MOST_PEAKS:]
    ]


def is_climb(manifest: Manifest) -> bool:
    """Tell whether a run has a staircase."""
    return manifest.plan.staircase is not None


def is_alike(manifest: Manifest, latest: Manifest) -> bool:
    """Tell whether a climb is of the same target, build, plants and scales as another one."""
    return _key(manifest) == _key(latest) and manifest.plan.time_scale == latest.plan.time_scale


def report_links(quarter: Quarter, folder: Path) -> Mapping[str, str]:
    """Return where the report of each run is, seen from a folder, by run id; runs without a report have none."""
    runs = [climb.run.folder for climb in quarter.climbs]
    runs += [runs[0].parent / peak.run_id for peak in quarter.peaks]
    return {
        run.name: Path(os.path.relpath(run / REPORT, folder)).as_posix() for run in runs if (run / REPORT).is_file()
    }


def _key(manifest: Manifest) -> tuple[object, ...]:
    """Return what is the same in runs that belong together; a peak may be of any length."""
    plan = manifest.plan
    return plan.target.name, manifest.target_build, manifest.plants, plan.target.sandbox, plan.load_scale


def _named(names: Sequence[str], results: Path) -> tuple[list[Climbed], list[Run]]:
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
    strange = sorted({run.manifest.plan.target.name for run in others} - {climbs[0].manifest.plan.target.name})
    if strange:
        raise RunDataError(
            f"--run: the runs are of several targets ({', '.join([climbs[0].manifest.plan.target.name, *strange])}); expected one"
        )
    return [climbed(run) for run in climbs], others


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
