"""What the audit read back from the target after the run: one row a thing seen, and a last line that says how far it got."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from types import TracebackType
from typing import Any, BinaryIO, Literal, NamedTuple, Self

import numpy as np
import orjson
from pydantic import BaseModel, ConfigDict, ValidationError

from records.columns import MISSING, Columns, Ints, Kind, Texts, columns_of, read_columns
from records.errors import RunDataError

AUDIT_FORMAT_VERSION = 1
LONGEST_END_BYTES = 1 << 20  # of the last line: ids of the barbers that were read
END = "end"


class RowKind(StrEnum):
    """What a row is. `absent`: an appointment that the target does not know, asked for by somebody who may see it."""

    APPOINTMENT = "appointment"
    PAYMENT = "payment"
    REFUND = "refund"
    SCHEDULE = "schedule"
    ABSENT = "absent"


class Row(NamedTuple):
    """One thing as the target showed it at `read_s`, seconds from the run's start. What it did not show is None.

    `id` is the appointment's, payment's or refund's; of a schedule entry that of the appointment in it. Money in cents; times as the
    target gave them. `guest` tells whether a guest's name is on it. `steady` is False where two readings differed.
    """

    row: RowKind
    id: int
    read_s: float
    barber_id: int | None = None
    owner_id: int | None = None
    guest: bool | None = None
    status: str | None = None
    start_time: str | None = None
    duration_minutes: int | None = None
    created_at: str | None = None
    appointment_id: int | None = None
    payment_id: int | None = None
    amount_cents: int | None = None
    refunded_cents: int | None = None
    steady: bool = True

    def as_record(self) -> dict[str, Any]:
        """Return the line's content, without what is None or goes without saying."""
        found = {name: value for name, value in zip(self._fields, self, strict=True) if value is not None}
        if self.steady:
            del found["steady"]
        return found

    @classmethod
    def from_record(cls, record: dict[str, Any]) -> "Row":
        """Return the row of a line; raise TypeError, ValueError or KeyError where it is damaged."""
        return cls(**{**record, "row": RowKind(record["row"])})


class ReadbackEnd(BaseModel):
    """The last line. `barbers` had all their appointments read, `payers` all payments for their work, `calendars` their view.

    `from_s`, `to_s`: seconds from the run's start. `first_day` and `last_day` are the days of the views (ISO), `everyone` tells whether these
    are all barbers of the shop, `because` why it is not complete ("" where it is).
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    row: Literal["end"] = "end"
    format_version: Literal[1] = 1
    source: Literal["api", "sql"]
    from_s: float
    to_s: float
    requests: int
    pages: int
    complete: bool
    because: str = ""
    barbers: tuple[int, ...] = ()
    payers: tuple[int, ...] = ()
    calendars: tuple[int, ...] = ()
    first_day: str | None = None
    last_day: str | None = None
    everyone: bool = False


FIELDS = {
    "row": Kind.TEXT,
    "id": Kind.WHOLE,
    "read_s": Kind.NUMBER,
    "barber_id": Kind.WHOLE,
    "owner_id": Kind.WHOLE,
    "guest": Kind.FLAG,
    "status": Kind.TEXT,
    "start_time": Kind.TEXT,
    "duration_minutes": Kind.WHOLE,
    "created_at": Kind.TEXT,
    "appointment_id": Kind.WHOLE,
    "payment_id": Kind.WHOLE,
    "amount_cents": Kind.WHOLE,
    "refunded_cents": Kind.WHOLE,
    "steady": Kind.FLAG,
}

NAMES = tuple(name for name in FIELDS if name != "row")


@dataclass(frozen=True, slots=True)
class Rows:
    """Rows of one kind as columns, shape (n,) each: -1 or no word where the target showed nothing."""

    id: Ints
    read_s: np.ndarray[Any, np.dtype[np.float64]]
    barber_id: Ints
    owner_id: Ints
    guest: Ints
    status: Texts
    start_time: Texts
    duration_minutes: Ints
    created_at: Texts
    appointment_id: Ints
    payment_id: Ints
    amount_cents: Ints
    refunded_cents: Ints
    steady: Ints

    def __len__(self) -> int:
        """Return how many there are."""
        return int(self.id.size)

    def take(self, rows: np.ndarray[Any, Any]) -> "Rows":
        """Return some of them."""
        return Rows(**{name: _taken(getattr(self, name), rows) for name in NAMES})

    def record(self, kind: RowKind, index: int) -> dict[str, Any]:
        """Return one as it stands in the file, to be shown."""
        found: dict[str, Any] = {"row": kind.value}
        for name in NAMES:
            column = getattr(self, name)
            if isinstance(column, Texts):
                value: Any = column.at(index)
            else:
                value = column[index].item()
                value = None if value == MISSING and name != "read_s" else value
            if value is not None and name != "steady":
                found[name] = bool(value) if name == "guest" else value
        return found


@dataclass(frozen=True, slots=True)
class Readback:
    """What was read back. `end` is None where the reading itself was cut off."""

    appointments: Rows
    payments: Rows
    refunds: Rows
    schedule: Rows
    absent: Rows
    end: ReadbackEnd | None

    @classmethod
    def of(cls, rows: Sequence[Row], end: ReadbackEnd | None) -> "Readback":
        """Return rows as columns."""
        return _readback(columns_of(rows, FIELDS), end)


def read_back(path: Path, torn: list[str]) -> Readback | None:
    """Return what an audit wrote; None where there is none. Raise RunDataError where it is damaged."""
    if not path.exists() or path.stat().st_size == 0:
        return None
    columns = read_columns(path, FIELDS, required=("row",), check=_check, torn=torn)
    return _readback(columns, _end(path))


def _check(record: dict[str, Any]) -> object:
    return ReadbackEnd.model_validate(record) if record["row"] == END else Row.from_record(record)


def _end(path: Path) -> ReadbackEnd | None:
    with path.open("rb") as file:
        file.seek(max(0, path.stat().st_size - LONGEST_END_BYTES))
        whole, _, _ = file.read().rpartition(b"\n")
    last = whole.rpartition(b"\n")[2]
    if not last:
        return None
    try:
        record = orjson.loads(last)
        return ReadbackEnd.model_validate(record) if record.get("row") == END else None
    except (ValueError, ValidationError) as error:
        raise RunDataError(
            f"{path}: the last line is damaged ({str(error).splitlines()[0]}); expected the end that the audit wrote"
        ) from error


def _readback(columns: Columns, end: ReadbackEnd | None) -> Readback:
    kinds = columns.texts["row"]
    held: dict[str, Any] = {**columns.numbers, **columns.wholes, **columns.texts}
    rows = Rows(**{name: held[name] for name in NAMES})

    def of(kind: RowKind) -> Rows:
        return rows.take(np.flatnonzero(kinds.are(kind.value)))

    return Readback(
        of(RowKind.APPOINTMENT), of(RowKind.PAYMENT), of(RowKind.REFUND), of(RowKind.SCHEDULE), of(RowKind.ABSENT), end
    )


def _taken(column: Any, rows: np.ndarray[Any, Any]) -> Any:
    return column.take(rows) if isinstance(column, Texts) else column[rows]


class ReadbackFile:
    """`audit.jsonl` as it is written, in a `with` block: rows as they are seen, then the end."""

    def __init__(self, path: Path) -> None:
        """Begin a new file, in place of one of an earlier audit."""
        self._file: BinaryIO = path.open("wb")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._file.close()

    def rows(self, rows: Iterable[Row]) -> None:
        """Write rows."""
        self._file.write(b"".join(orjson.dumps(row.as_record(), option=orjson.OPT_APPEND_NEWLINE) for row in rows))
        self._file.flush()

    def end(self, end: ReadbackEnd) -> None:
        """Write the last line."""
        self._file.write(orjson.dumps(end.model_dump(), option=orjson.OPT_APPEND_NEWLINE))
        self._file.flush()
