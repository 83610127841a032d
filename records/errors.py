"""What is wrong with recorded data: the file must be mended or left out."""

from pathlib import Path

from pydantic import ValidationError


class RunDataError(Exception):
    """A run folder, a baseline or an imported file cannot be read; one line: where, found, expected, what to do."""


def first_problem(error: ValidationError) -> tuple[str, str]:
    """Return the place of the first problem that was found in a file, "" for the whole of it, and what is wrong there."""
    first = error.errors()[0]
    return ".".join(str(part) for part in first["loc"]), first["msg"]


def damaged_line(path: Path, number: int, error: Exception) -> RunDataError:
    """Return the error of a line that is no record."""
    return RunDataError(
        f"{path}: line {number} is damaged ({type(error).__name__}: {error}); expected a record, this run cannot be used as it is"
    )
