"""A table of text: what a chart's numbers and every long list are shown in."""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Table:
    """Column heads (with units) and rows of ready text; `caption` says what a row is."""

    caption: str
    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


def thinned(size: int, most: int) -> Sequence[int]:
    """Return at most `most` indices evenly spread over range(size), the first and last among them."""
    if size <= most:
        return range(size)
    return sorted({round(index * (size - 1) / (most - 1)) for index in range(most)})
