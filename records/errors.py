"""What is wrong with recorded data: the file must be mended or left out."""

from pydantic import ValidationError


class RunDataError(Exception):
    """A run folder, a baseline or an imported file cannot be read; one line: where, found, expected, what to do."""


def first_problem(error: ValidationError) -> tuple[str, str]:
    """Return the place of the first problem that was found in a file, "" for the whole of it, and what is wrong there."""
    first = error.errors()[0]
    return ".".join(str(part) for part in first["loc"]), first["msg"]
