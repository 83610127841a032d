"""Finding run folders by path, by id, or as the last one."""

from pathlib import Path

from records.duet import DUET
from records.errors import RunDataError
from records.folder import MANIFEST
from records.manifest_file import read_manifest
from scenarios.errors import nearest_hint


def find_run(name: str, results: Path) -> Path:
    """Return the run folder for a path, a run id, or `last`; raise RunDataError with the nearest known id.

    The last run is the last first run: its reruns belong to it.
    """
    if name == "last":
        runs = run_folders(results)
        if not runs:
            raise RunDataError(f"{results}: no runs there yet; make one with: rushhour run smoke --target sandbox")
        return first_of(max(runs, key=lambda folder: (folder / MANIFEST).stat().st_mtime))
    for candidate in (Path(name), results / name):
        if candidate.exists():
            return candidate
    known = [folder.name for folder in run_folders(results)]
    raise RunDataError(
        f'run "{name}" not found{nearest_hint(name, known) if known else ""}; expected the path of a run folder, an id under {results}, or last'
    )


def find_duet(name: str, results: Path) -> Path | None:
    """Return the folder of a duet for a path or an id, None where it is none."""
    return next((folder for folder in (Path(name), results / name) if (folder / DUET).is_file()), None)


def run_folders(results: Path) -> list[Path]:
    """Return the run folders of a results directory, by name."""
    return sorted(path.parent for path in results.glob(f"*/{MANIFEST}"))


def first_of(folder: Path) -> Path:
    """Return the folder of the run that a rerun belongs to; a run that is none, or whose first run is not beside it, itself."""
    if not (folder / MANIFEST).is_file():
        return folder
    rerun = read_manifest(folder).rerun
    first = folder if rerun is None else folder.resolve().parent / rerun.of
    return first if (first / MANIFEST).is_file() else folder


def runs_in(folder: Path) -> list[Path]:
    """Return a run folder itself, or the run folders inside a folder of them."""
    return [folder] if (folder / MANIFEST).exists() else run_folders(folder) or [folder]
