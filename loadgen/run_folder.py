"""Which folder a run writes to: the one it was given, or a new one beside it where that holds a run already."""

import os
from pathlib import Path

from records.folder import GENERATOR, create_folder, new_run_id, write_manifest, write_text
from records.manifest_file import read_manifest

PARENT_ENV = "RUSHHOUR_PARENT_PID"  # set by `rushhour run`; a run started by hand has no such parent
FAILED_EXIT_CODE = 4  # as that of an invalid verdict: what was recorded cannot be judged
LOST_FILE = "lost"  # the command that started the processes writes here which worker has ended, and how: a line each
ABORT_FILE = "abort"  # a process beside the load asks the run to end as aborted; its text says why
STOP_FILE = "stop"  # its presence asks the run to end: no more sessions, drain, last windows, then the end


def unused_folder(folder: Path) -> Path:
    """Return `folder` if no run was recorded there, else a new one with the same plan (the command was repeated by hand)."""
    manifest = read_manifest(folder)
    if manifest.ended is None and (folder / GENERATOR).stat().st_size == 0:
        return folder
    run_id = new_run_id(manifest.plan.scenario)
    fresh = create_folder(folder.parent, run_id)
    clean: dict[str, object] = {"run_id": run_id, "ended": None, "clock_offset_us": {}, "clock_drift_us": {}}
    write_manifest(fresh, manifest.model_copy(update=clean))
    return fresh


def stop_asked(folder: Path) -> str | None:
    """Return why the run should stop: somebody asked for it, or the command that started it is gone. None: go on."""
    if (folder / STOP_FILE).exists():
        return "asked to stop"
    parent = os.environ.get(PARENT_ENV)
    return "the command that started the run is gone" if parent and os.getppid() != int(parent) else None


def ask_to_abort(folder: Path, why: str) -> None:
    """Ask the run to end as aborted; the first reason stands."""
    if not (folder / ABORT_FILE).exists():
        write_text(folder / ABORT_FILE, f"{why}\n")


def abort_asked(folder: Path) -> str:
    """Return why somebody beside the load wants the run to be aborted, "" as long as nobody does."""
    try:
        return (folder / ABORT_FILE).read_text(encoding="utf-8").strip()
    except FileNotFoundError:
        return ""


def note_lost_process(folder: Path, pid: int, how: str) -> None:
    """Tell the master that a worker it shares this machine with has ended before the run did."""
    with (folder / LOST_FILE).open("a", encoding="utf-8") as file:
        file.write(f"{pid} {how}\n")


def lost_processes(folder: Path) -> dict[int, str]:
    """Return how each process that was noted has ended, by its pid."""
    try:
        lines = (folder / LOST_FILE).read_text(encoding="utf-8").splitlines(keepends=True)
    except FileNotFoundError:
        return {}
    return {int(pid): how.strip() for pid, _, how in (line.partition(" ") for line in lines if line.endswith("\n"))}
