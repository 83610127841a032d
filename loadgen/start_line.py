"""The start line: a run that begins at a moment that whoever started it names, once its users are there.

Two runs that are compared while they happen have to begin together. Files in the run folder carry it: `hold` is laid there
before the load process starts, `ready` says that all users wait, `begin` holds the moment in s since 1970.
"""

from pathlib import Path

from records.folder import write_text

HOLD, READY, BEGIN = "hold", "ready", "begin"
WITHIN_S = 120.0  # for the word to come: as long as the slower of two runs may need for its users
LOOK_EVERY_S = 0.02


def hold(folder: Path) -> None:
    """Have the run of this folder wait at the line; before its process is started."""
    (folder / HOLD).touch()


def is_held(folder: Path) -> bool:
    """Tell whether the run is to wait."""
    return (folder / HOLD).exists()


def stand_ready(folder: Path) -> None:
    """Say that all users are there."""
    (folder / READY).touch()


def is_ready(folder: Path) -> bool:
    """Tell whether all users are there."""
    return (folder / READY).exists()


def begin_at(folder: Path, unix_s: float) -> None:
    """Name the moment of second 0, in s since 1970."""
    write_text(folder / BEGIN, f"{unix_s:.6f}\n")


def beginning(folder: Path) -> float | None:
    """Return the moment that was named, None as long as it was not."""
    try:
        return float((folder / BEGIN).read_text(encoding="utf-8"))
    except FileNotFoundError:
        return None
