"""What beside the product changed from one run to the next, and which code lies between them."""

from collections.abc import Sequence
from dataclasses import dataclass

from analysis.key import differences
from analysis.trend.course import Visit

DIRTY = "+"  # stands at the end of a commit whose checkout had local changes


@dataclass(frozen=True, slots=True)
class Move:
    """What is different at a run: `place` of the run, `lines` one a field."""

    place: int
    run_id: str
    lines: tuple[str, ...]


def moves(visits: Sequence[Visit]) -> tuple[Move, ...]:
    """Return where machine, generator, data set or the target's build changed, oldest first."""
    found = []
    for place in range(1, len(visits)):
        lines = changed(visits[place - 1], visits[place])
        if lines:
            found.append(Move(place, visits[place].run_id, lines))
    return tuple(found)


def changed(before: Visit, after: Visit) -> tuple[str, ...]:
    """Return what differs between two runs, a line a field: "environment: cores differs (8, here 16)"."""
    lines = differences(before.key, after.key)
    if before.target_build == after.target_build:
        return lines
    return (
        *lines,
        f"build of the target differs ({_or_unknown(before.target_build)}, here {_or_unknown(after.target_build)})",
    )


def code_range(before: Visit, after: Visit) -> str | None:
    """Return the commits (`a..b`) and builds of the target between two runs in words, None where no manifest knows them."""
    told = []
    if before.commit and after.commit:
        first, last = before.commit.removesuffix(DIRTY), after.commit.removesuffix(DIRTY)
        unclean = [run for run, commit in (("first", before.commit), ("last", after.commit)) if commit.endswith(DIRTY)]
        told.append(f"commit {first}, the same" if first == last else f"commits {first}..{last}")
        if unclean:
            told[-1] += f" (with local changes in the {' and the '.join(unclean)})"
    if before.target_build and after.target_build:
        same = before.target_build == after.target_build
        told.append(
            f"build {after.target_build}, the same" if same else f"builds {before.target_build} to {after.target_build}"
        )
    return "; ".join(told) or None


def _or_unknown(build: str | None) -> str:
    return build or "unknown"
