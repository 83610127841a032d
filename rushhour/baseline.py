"""`rushhour baseline`: list, accept, drop and anchor the runs that later ones are compared with."""

from collections.abc import Sequence
from pathlib import Path

from rich.console import Console
from rich.text import Text

from analysis.figures import counted
from analysis.history import MIN_RUNS
from analysis.summary import accept
from records.anchor import read_anchor, write_anchor
from records.baseline import Baseline, read_baseline, write_baseline
from records.errors import RunDataError
from records.run import Run
from scenarios.errors import nearest_hint


def accept_run(run: Run, store: Path, console: Console, reason: str = "") -> Path:
    """Put a run into the store, with the reason why; raise RunDataError where it must not be a baseline."""
    path = write_baseline(store, accept(run, reason))
    console.print(f"accepted {run.folder.name} as a baseline: {path}", highlight=False, soft_wrap=True)
    return path


def list_baselines(store: Path, console: Console) -> None:
    """Show the accepted runs, or how to get some."""
    baselines = [read_baseline(path) for path in stored(store)]
    anchors = {path.stem for path in stored(store) if path.stem in read_anchor(path.parent)}
    if not baselines:
        console.print(
            f"no accepted runs in {store} yet; make five: rushhour baseline build SCENARIO, or accept one: rushhour baseline accept RUN",
            highlight=False,
            soft_wrap=True,
        )
        return
    for baseline in baselines:
        console.print(_told(baseline, is_anchor=baseline.run_id in anchors), soft_wrap=True)


def drop_run(run_id: str, store: Path, console: Console) -> None:
    """Remove an accepted run from the store; raise RunDataError where it is not there."""
    for path in _paths_of(run_id, store):
        path.unlink()
        console.print(f"dropped {path}", highlight=False, soft_wrap=True)


def anchor_runs(run_ids: Sequence[str], reason: str, store: Path, console: Console) -> None:
    """Make accepted runs the anchor of their scenarios, in place of the last one; raise RunDataError where one is not there."""
    folders: dict[Path, list[str]] = {}
    for run_id in dict.fromkeys(run_ids):
        for path in _paths_of(run_id, store):
            folders.setdefault(path.parent, []).append(run_id)
    for folder, found in folders.items():
        path = write_anchor(folder, found, reason)
        few = "" if len(found) >= MIN_RUNS else f"; a comparison needs {MIN_RUNS}"
        console.print(
            f"{counted(len(found), 'run')} {'is' if len(found) == 1 else 'are'} the anchor now: {path}{few}",
            highlight=False,
            soft_wrap=True,
        )


def _paths_of(run_id: str, store: Path) -> list[Path]:
    """Return the files of an accepted run; raise RunDataError where there is none."""
    paths = [path for path in stored(store) if path.stem == run_id]
    if not paths:
        hint = nearest_hint(run_id, [path.stem for path in stored(store)])
        raise RunDataError(f'baseline "{run_id}" is not in {store}{hint}; list them with: rushhour baseline list')
    return paths


def stored(store: Path) -> list[Path]:
    """Return the files of all accepted runs, by target, scenario and run."""
    return sorted(store.glob("*/*/*.json"))


def _told(baseline: Baseline, *, is_anchor: bool) -> Text:
    """Return an accepted run in two lines: its id, which `drop` and `anchor` want whole, and what it is a baseline of."""
    requests = sum(
        sum(operation.outcomes.values()) for stage in baseline.stages for operation in stage.operations.values()
    )
    facts = [
        baseline.target,
        ", ".join(f"{stage.name} {stage.key.level:g} x" for stage in baseline.stages),
        counted(requests, "request"),
        *(counted(stage.key.fingerprint.cores, "core") for stage in baseline.stages[:1]),
        f"commit {baseline.commit}" if baseline.commit else "commit not known",
    ]
    anchor = "  anchor" if is_anchor else ""
    return Text.assemble((baseline.run_id, "bold"), anchor, f"\n  {', '.join(part for part in facts if part)}")
