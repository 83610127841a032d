"""What is wrong with a scenario, a mix, a target profile or an objectives file, and who must mend it: its author."""

import difflib
from collections.abc import Iterable


class ScenarioError(Exception):
    """A file written by a person cannot be used.

    `problems` holds every problem found, each one line: where, what was found, what was expected, what to do.
    """

    def __init__(self, problems: Iterable[str]) -> None:
        self.problems: tuple[str, ...] = tuple(problems)
        super().__init__("\n".join(self.problems))


def close_to(word: str, known: Iterable[str]) -> str | None:
    """Return the known word that a word is nearly, None where it is near none."""
    return next(iter(difflib.get_close_matches(word, sorted(known), n=1, cutoff=0.6)), None)


def nearest_hint(word: str, known: Iterable[str]) -> str:
    """Return ` (did you mean "x"?)` for the nearest known word, else the known words, else an empty text."""
    names = sorted(known)
    near = close_to(word, names)
    if near is not None:
        return f'; did you mean "{near}"?'
    return f"; known: {', '.join(names)}" if names else ""
