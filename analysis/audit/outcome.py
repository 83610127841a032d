"""How an invariant came out: held, broken with its smallest witness, or not measured and why."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np

from analysis.audit.books import Books, Seen
from analysis.verdict import InvariantResult, ObjectiveOutcome
from records.columns import Ints
from records.readback import RowKind

MOST_WITNESSES = 8  # requests and rows; a refund given ten times is seen from the first few


@dataclass(frozen=True, slots=True)
class Invariant:
    """What must hold."""

    name: str
    title: str

    def held(self, checked: int, because: str = "") -> InvariantResult:
        """Return that nothing of what was checked breaks it."""
        return InvariantResult(self.name, self.title, checked, 0, (), ObjectiveOutcome.PASS, because)

    def broken(self, checked: int, violations: int, because: str, witness: Iterable[dict[str, Any]]) -> InvariantResult:
        """Return that something does, with the smallest witness."""
        shown = tuple(witness)[:MOST_WITNESSES]
        return InvariantResult(self.name, self.title, checked, violations, shown, ObjectiveOutcome.FAIL, because)

    def not_measured(self, because: str, checked: int = 0) -> InvariantResult:
        """Return that nothing can be said."""
        return InvariantResult(self.name, self.title, checked, 0, (), ObjectiveOutcome.NOT_MEASURED, because)


def entries(books: Books, indices: Iterable[int]) -> list[dict[str, Any]]:
    """Return writes as a witness shows them."""
    return [books.ledger[int(index)].as_record() for index in indices]


def appointment_rows(seen: Seen, rows: Iterable[int]) -> list[dict[str, Any]]:
    """Return appointments read back as a witness shows them."""
    return [seen.appointments.record(RowKind.APPOINTMENT, int(row)) for row in rows]


def payment_rows(seen: Seen, rows: Iterable[int]) -> list[dict[str, Any]]:
    """Return payments read back as a witness shows them."""
    return [seen.payments.record(RowKind.PAYMENT, int(row)) for row in rows]


def first_entries(books: Books, candidates: Ints, ids: Ints, wanted: Iterable[int]) -> list[int]:
    """Return the first of some writes for each wanted id, those that have none left out."""
    found = []
    for value in wanted:
        hits = candidates[ids[candidates] == value]
        if hits.size:
            found.append(int(hits[np.argmin(books.ledger.answered_s[hits])]))
    return found
