"""The ledger of a run as columns: what judging a million writes needs. One entry is made only where it is shown."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import orjson

from records.columns import MISSING, Columns, Flags, Floats, Ints, Kind, Texts, columns_of, read_columns, whole_at
from records.errors import RunDataError
from records.ledger import Answer, Entry, Write

WRITES, ANSWERS = tuple(Write), tuple(Answer)
FIELDS = {
    "sent_s": Kind.NUMBER,
    "answered_s": Kind.NUMBER,
    "write": Kind.TEXT,
    "answer": Kind.TEXT,
    "status": Kind.WHOLE,
    "client": Kind.TEXT,
    "session": Kind.WHOLE,
    "appointment_id": Kind.WHOLE,
    "barber_id": Kind.WHOLE,
    "start_time": Kind.TEXT,
    "duration_minutes": Kind.WHOLE,
    "payment_id": Kind.WHOLE,
    "amount_cents": Kind.WHOLE,
    "key": Kind.TEXT,
    "reference": Kind.TEXT,
    "provoked": Kind.TEXT,
    "repeat": Kind.WHOLE,
    "owner_id": Kind.WHOLE,
    "business": Kind.FLAG,
    "service": Kind.TEXT,
}
REQUIRED = ("sent_s", "answered_s", "write", "answer", "status", "client", "session")


@dataclass(frozen=True, slots=True)
class Ledger:
    """Writes, shape (n,) each, in the order in which they were written down. `write` and `answer` index WRITES and ANSWERS."""

    sent_s: Floats
    answered_s: Floats
    write: Ints
    answer: Ints
    status: Ints
    client: Texts
    session: Ints
    appointment_id: Ints
    barber_id: Ints
    start_time: Texts
    duration_minutes: Ints
    payment_id: Ints
    amount_cents: Ints
    key: Texts
    reference: Texts
    provoked: Texts
    repeat: Ints
    owner_id: Ints
    business: Ints
    service: Texts

    @classmethod
    def of(cls, entries: Iterable[Entry]) -> "Ledger":
        """Return the columns of some entries."""
        return _ledger(columns_of(list(entries), FIELDS))

    def __len__(self) -> int:
        """Return how many writes there are."""
        return int(self.sent_s.size)

    def __getitem__(self, index: int) -> Entry:
        """Return one write."""
        if not -len(self) <= index < len(self):
            raise IndexError(index)
        return Entry(
            sent_s=float(self.sent_s[index]),
            answered_s=float(self.answered_s[index]),
            write=WRITES[int(self.write[index])],
            answer=ANSWERS[int(self.answer[index])],
            status=int(self.status[index]),
            client=self.client.at(index) or "",
            session=int(self.session[index]),
            appointment_id=whole_at(self.appointment_id, index),
            barber_id=whole_at(self.barber_id, index),
            start_time=self.start_time.at(index),
            duration_minutes=whole_at(self.duration_minutes, index),
            payment_id=whole_at(self.payment_id, index),
            amount_cents=whole_at(self.amount_cents, index),
            key=self.key.at(index),
            reference=self.reference.at(index),
            provoked=self.provoked.at(index),
            repeat=whole_at(self.repeat, index),
            owner_id=whole_at(self.owner_id, index),
            business=None if self.business[index] == MISSING else bool(self.business[index]),
            service=self.service.at(index),
        )

    def __iter__(self) -> Iterator[Entry]:
        """Go through all writes."""
        return (self[index] for index in range(len(self)))

    def are(self, *writes: Write) -> Flags:
        """Tell of each write whether it is of some kinds."""
        return np.isin(self.write, [WRITES.index(write) for write in writes])

    def told(self, answer: Answer) -> Flags:
        """Tell of each write whether it was answered so."""
        return np.equal(self.answer, ANSWERS.index(answer))


def read_ledger(path: Path, torn: list[str]) -> Ledger:
    """Return the ledger in a file; raise RunDataError where it is missing or damaged. A torn last line is left out and named."""
    columns = read_columns(path, FIELDS, required=REQUIRED, check=Entry.from_record, torn=torn)
    try:
        return _ledger(columns)
    except ValueError as error:
        raise _unknown_word(path, error) from error


def _unknown_word(path: Path, cause: ValueError) -> RunDataError:
    """Return the error that names the line with a write or an answer that there is not."""
    with path.open("rb") as file:
        for number, line in enumerate(file, start=1):
            if not line.endswith(b"\n"):
                break
            try:
                Entry.from_record(orjson.loads(line))
            except (ValueError, TypeError, KeyError) as error:
                return RunDataError(
                    f"{path}: line {number} is damaged ({type(error).__name__}: {error}); expected a record, this run cannot be used as it is"
                )
    return RunDataError(f"{path}: {cause}; this run cannot be used as it is")


def _ledger(columns: Columns) -> Ledger:
    texts = dict(columns.texts)
    write, answer = texts.pop("write"), texts.pop("answer")
    held: dict[str, Any] = {**columns.numbers, **columns.wholes, **texts}
    return Ledger(
        write=_places(write, [word.value for word in WRITES]),
        answer=_places(answer, [word.value for word in ANSWERS]),
        **held,
    )


def _places(texts: Texts, known: list[str]) -> Ints:
    """Return codes as places among known words; raise ValueError for another word."""
    unknown = [word for word in texts.words if word not in known]
    if unknown:
        raise ValueError(f"{unknown[0]!r} is not known; expected one of {', '.join(known)}")
    if not texts.words:
        return np.empty(0, dtype=np.int64)
    return np.array([known.index(word) for word in texts.words], dtype=np.int64)[texts.codes]
