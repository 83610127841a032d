"""The anchor: which accepted runs are those of the last release or quarter. A line a run in a text file beside them.

`<store>/<target>/<scenario>/anchor.txt`; what stands after `#` is for people.
"""

from collections.abc import Iterable
from pathlib import Path

from records.errors import RunDataError
from records.folder import write_text

ANCHOR = "anchor.txt"
MAX_ANCHOR_BYTES = 100_000  # some hundred run ids with a word each


def read_anchor(folder: Path) -> frozenset[str]:
    """Return the ids of a folder's anchor, empty where none was set; raise RunDataError where the file cannot be read."""
    path = folder / ANCHOR
    if not path.exists():
        return frozenset()
    try:
        if path.stat().st_size > MAX_ANCHOR_BYTES:
            raise RunDataError(f"{path}: larger than {MAX_ANCHOR_BYTES:,} bytes; expected a run id a line")
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise RunDataError(
            f"{path}: cannot be read ({error}); expected a run id a line, set it anew with: rushhour baseline anchor RUN…"
        ) from error
    return frozenset(run_id for line in lines if (run_id := line.split("#", 1)[0].strip()))


def write_anchor(folder: Path, run_ids: Iterable[str], reason: str) -> Path:
    """Make these runs the folder's anchor in place of the last one, and return the file; raise RunDataError where that fails."""
    path = folder / ANCHOR
    lines = [f"# {' '.join(reason.split())}"] if reason.strip() else []
    try:
        write_text(path, "".join(f"{line}\n" for line in (*lines, *sorted(set(run_ids)))))
    except OSError as error:
        raise RunDataError(
            f"{path}: cannot be written ({error.strerror}); expected a writable baseline store, see --baselines"
        ) from error
    return path
