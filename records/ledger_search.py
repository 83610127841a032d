"""Looking up a few writes in a ledger that still grows, without reading it whole."""

import re
from collections.abc import Collection
from pathlib import Path

import orjson

from records.ledger import Entry

TAIL_BYTES = 64 * 1024  # some 300 writes: what has just happened


def entries_about(path: Path, appointments: Collection[int], payments: Collection[int]) -> list[Entry]:
    """Return the writes so far on some appointments or payments, by id; a line that is not whole yet is left out.

    A second for a million lines: each is looked at as bytes, and only those that match are read.
    """
    wanted = _about(appointments, payments)
    if wanted is None:
        return []
    with path.open("rb") as file:
        return [Entry.from_record(orjson.loads(line)) for line in file if line.endswith(b"\n") and wanted.search(line)]


def latest_barbers(path: Path) -> frozenset[int]:
    """Return the barbers that the latest writes are about."""
    with path.open("rb") as file:
        file.seek(max(0, path.stat().st_size - TAIL_BYTES))
        return frozenset(int(number) for number in re.findall(rb'"barber_id":(\d+)[,}]', file.read()))


def _about(appointments: Collection[int], payments: Collection[int]) -> "re.Pattern[bytes] | None":
    kinds = [("appointment_id", appointments), ("payment_id", payments)]
    words = [f'{name}":(?:{"|".join(map(str, sorted(ids)))})' for name, ids in kinds if ids]
    return re.compile(f'"(?:{"|".join(words)})[,}}]'.encode()) if words else None
