"""How much a run provoked: `python -m locustfiles.provoked RUN_FOLDER` prints it by kind, from the run's ledger."""

import argparse
import sys
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

from records.errors import RunDataError
from records.ledger import Entry, Write
from records.run import read_run
from scenarios.provoke import Provocation

AT_ONCE_S = 0.05  # two requests this close meet inside a shop whose booking takes about twice as long


@dataclass(frozen=True, slots=True)
class Provoked:
    """So many times one kind of write was provoked in one way; `writes` has the repetitions too."""

    kind: Provocation
    write: Write
    times: int
    writes: int


def counts(ledger: Iterable[Entry]) -> list[Provoked]:
    """Return what was provoked, by kind and write, in the order of both."""
    times: dict[tuple[str, Write], int] = defaultdict(int)
    writes: dict[tuple[str, Write], int] = defaultdict(int)
    for entry in ledger:
        if entry.provoked is not None:
            writes[entry.provoked, entry.write] += 1
            times[entry.provoked, entry.write] += entry.repeat is None
    return [
        Provoked(kind, write, times[kind.value, write], writes[kind.value, write])
        for kind in Provocation
        for write in Write
        if writes[kind.value, write]
    ]


def contested(ledger: Iterable[Entry]) -> int:
    """Return how many half hours of a barber two people or more asked for within `AT_ONCE_S` of each other."""
    asked: dict[tuple[int | None, str | None], list[tuple[float, str]]] = defaultdict(list)
    for entry in ledger:
        if entry.write in {Write.BOOK, Write.RESCHEDULE} and entry.barber_id is not None:
            asked[entry.barber_id, entry.start_time].append((entry.sent_s, entry.client))
    return sum(_meet(sorted(people)) for people in asked.values())


def _meet(people: Sequence[tuple[float, str]]) -> bool:
    """Tell whether two neighbours in time are different people and close enough; sorted by time."""
    return any(
        later_s - earlier_s <= AT_ONCE_S and first != second
        for (earlier_s, first), (later_s, second) in pairwise(people)
    )


def table(ledger: Iterable[Entry]) -> str:
    """Return the table and a line on contested half hours."""
    entries = list(ledger)
    lines = ["| kind | write | times | requests |", "|---|---|---:|---:|"]
    lines += [f"| `{row.kind}` | {row.write} | {row.times:,} | {row.writes:,} |" for row in counts(entries)]
    return "\n".join([*lines, "", f"half hours that several people asked for at once: {contested(entries):,}"])


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the table of a run and return the exit code."""
    parser = argparse.ArgumentParser(prog="python -m locustfiles.provoked", description="How much a run provoked.")
    parser.add_argument("folder", type=Path, help="a run folder")
    folder = parser.parse_args(arguments).folder
    try:
        print(table(tuple(read_run(folder).ledger)))
    except RunDataError as error:
        print(error, file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
