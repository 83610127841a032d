"""Finding run folders by path, by id, or as the last one."""

from pathlib import Path

from records.errors import RunDataError
from records.folder import MANIFEST
from scenarios.errors import nearest_hint


def find_run(name: str, results: Path) -> Path:
    """Return the run folder for a path, a run id, or `last`; raise RunDataError with the nearest known id."""
    if name == "last":
        runs = run_folders(results)
        if not runs:
            raise RunDataError(f"{results}: no runs there yet; make one with: rushhour run smoke --target sandbox")
        return max(runs, key=lambda folder: (folder / MANIFEST).stat().st_mtime)
    for candidate in (Path(name), results / name):
        if candidate.exists():
            return candidate
    known = [folder.name for folder in run_folders(results)]
    raise RunDataError(
        f'run "{name}" not found{nearest_hint(name, known) if known else ""}; expected the path of a run folder, an id under {results}, or last'
    )


def run_folders(results: Path) -> list[Path]:
    """Return the run folders of a results directory, by name."""
    return sorted(path.parent for path in results.glob(f"*/{MANIFEST}"))


def runs_in(folder: Path) -> list[Path]:
    """Return a run folder itself, or the run folders inside a folder of them."""
    return [folder] if (folder / MANIFEST).exists() else run_folders(folder) or [folder]
