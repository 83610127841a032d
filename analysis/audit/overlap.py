"""Chairs held twice: overlapping times of one chair, each held at the same moment."""

from dataclasses import dataclass

import numpy as np

from records.columns import Flags, Floats, Ints

MOST_NEIGHBOURS = 500  # holds looked at after each one that may overlap it; more are sold twice hundreds of times over


@dataclass(frozen=True, slots=True)
class Holds:
    """Appointments as they were held, shape (n,) each. `index` is the caller's; `ours` tells whether a pair with it counts.

    In the chair from `begin_s` to `finish_s`; held for certain from `since_s` until `until_s`.
    """

    index: Ints
    chair: Ints
    begin_s: Floats
    finish_s: Floats
    since_s: Floats
    until_s: Floats
    appointment: Ints
    ours: Flags

    def sorted(self) -> "Holds":
        """Return them by chair, begin and since."""
        order = np.lexsort((self.since_s, self.begin_s, self.chair))
        return Holds(*(getattr(self, name)[order] for name in self.__dataclass_fields__))


@dataclass(frozen=True, slots=True)
class Collisions:
    """How many holds came to a chair that was held, and the pair that met first, as the caller's indices (earlier, later)."""

    count: int
    at_s: float
    first: tuple[int, int] | None


def collisions(holds: Holds, slack_s: float = 0.0) -> Collisions:
    """Return the collisions. Sorted, each hold is compared with its next neighbours, one distance at a time for all at once."""
    held = holds.sorted()
    size = held.chair.size
    longest_s = float((held.finish_s - held.begin_s).max(initial=0.0))
    broken = np.zeros(size, dtype=np.bool_)
    best: tuple[float, int, int] | None = None
    left = np.arange(size)
    for distance in range(1, min(size, MOST_NEIGHBOURS + 1)):
        left = left[left + distance < size]
        right = left + distance
        # What is too far at this distance is too far at the next: the begins of a chair only grow.
        near = (held.chair[left] == held.chair[right]) & (held.begin_s[right] < held.begin_s[left] + longest_s)
        left, right = left[near], right[near]
        if not left.size:
            break
        both_s = np.maximum(held.since_s[left], held.since_s[right])
        hit = held.begin_s[right] < held.finish_s[left]
        hit &= both_s + slack_s < np.minimum(held.until_s[left], held.until_s[right])
        hit &= held.appointment[left] != held.appointment[right]
        hit &= held.ours[left] | held.ours[right]
        if not hit.any():
            continue
        best = _better(best, held, left[hit], right[hit], both_s[hit], broken)
    pair = None if best is None else (int(held.index[best[1]]), int(held.index[best[2]]))
    return Collisions(int(broken.sum()), np.inf if best is None else best[0], pair)


def _better(
    best: tuple[float, int, int] | None, held: Holds, left: Ints, right: Ints, both_s: Floats, broken: Flags
) -> tuple[float, int, int]:
    """Mark the later one of each pair, and return the pair that met first."""
    swapped = held.since_s[right] < held.since_s[left]
    earlier, later = np.where(swapped, right, left), np.where(swapped, left, right)
    broken[later] = True
    place = int(np.lexsort((later, earlier, both_s))[0])
    found = (float(both_s[place]), int(earlier[place]), int(later[place]))
    return found if best is None else min(best, found)
