"""`rushhour compare`: any two runs or sets of runs, side by side. It states what differs and what changed; it gates nothing."""

import json
import re
from collections.abc import Sequence
from pathlib import Path

from rich.console import Console

from analysis.contrast import Contrast, as_document, contrast
from analysis.side import Measured, Side, measured_baseline, measured_run
from records.baseline import read_baseline
from records.errors import RunDataError
from records.folder import MANIFEST, write_text, written_into
from records.run import read_run
from reports.contrast import render_contrast
from reports.contrast_text import render_contrast_markdown, render_contrast_terminal
from rushhour.results import find_run, run_folders
from scenarios.errors import ScenarioError

PAGE, SUMMARY, DOCUMENT = "comparison.html", "comparison.md", "comparison.json"
MAX_RUNS = 200  # of a side; more is a whole results directory by mistake
LABELS = "A", "B"


def sides_of(names: Sequence[str], against: Sequence[str]) -> tuple[list[str], list[str]]:
    """Return the names of the side before and of the side now; raise ScenarioError where they are not two sides."""
    if against:
        return list(against), list(names)
    if len(names) != 2:
        raise ScenarioError(
            [
                f"compare got {len(names)} runs; expected two (A and B, each perhaps a list with commas), or some and --against others"
            ]
        )
    return [names[0]], [names[1]]


def compare_sides(before: Sequence[str], now: Sequence[str], results: Path, store: Path, console: Console) -> Contrast:
    """Show the comparison and write it beside the run folders; raise RunDataError where a run cannot be read."""
    first, second = (_side(label, names, results, store) for label, names in zip(LABELS, (before, now), strict=True))
    found = contrast(first, second)
    if not found.stages:
        raise RunDataError(
            f"A has the measured stages {_stages(first)}, B has {_stages(second)}; expected at least one of the same name"
        )
    folder = results / f"compare-{_slug(before)}--{_slug(now)}"
    page = _write(found, folder)
    console.print(render_contrast_terminal(found, page))
    return found


def _write(found: Contrast, folder: Path) -> Path:
    with written_into(folder):
        write_text(
            folder / DOCUMENT, json.dumps(as_document(found), indent=2, ensure_ascii=False, allow_nan=False) + "\n"
        )
        write_text(folder / SUMMARY, render_contrast_markdown(found))
        write_text(folder / PAGE, render_contrast(found))
    return folder / PAGE


def _side(label: str, names: Sequence[str], results: Path, store: Path) -> Side:
    parts = [part.strip() for name in names for part in name.split(",") if part.strip()]
    runs: dict[str, Measured] = {}
    for part in parts:
        for measured in _resolved(part, results, store):
            runs[measured.summary.run_id] = measured
            if len(runs) > MAX_RUNS:
                raise RunDataError(f"{label}: more than {MAX_RUNS} runs; expected the runs of one build")
    if not runs:
        raise RunDataError(f"{label}: names no run; expected a run folder, a run id, last, or a set of accepted runs")
    return Side(label, tuple(runs.values()))


def _resolved(name: str, results: Path, store: Path) -> list[Measured]:
    """Return the runs of one name: an accepted run's file, a folder of them or of run folders, TARGET/SCENARIO of the store, a run."""
    for path in (Path(name), store / name):
        if path.is_file() and path.suffix == ".json":
            return [measured_baseline(read_baseline(path))]
        if path.is_dir() and not (path / MANIFEST).exists():
            accepted = sorted(path.glob("*.json"))
            folders = run_folders(path)
            if accepted or folders:
                found = [measured_baseline(read_baseline(entry)) for entry in accepted]
                return found + [measured_run(read_run(folder)) for folder in folders]
    accepted = sorted(store.glob(f"*/*/{name}.json"))
    if accepted and not (results / name).exists():
        return [measured_baseline(read_baseline(accepted[0]))]
    return [measured_run(read_run(find_run(name, results)))]


def _stages(side: Side) -> str:
    return ", ".join(dict.fromkeys(stage.name for run in side.runs for stage in run.summary.stages)) or "none"


def _slug(names: Sequence[str]) -> str:
    words = re.sub(r"[^A-Za-z0-9_.]+", "-", "+".join(Path(name).name for name in names)).strip("-.")
    return words[:60] or "runs"
