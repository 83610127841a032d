"""Ledger and audit as files: what was written is read back as columns, and damage is named by its line."""

from pathlib import Path

import orjson
import pytest

from records.columns import MISSING
from records.errors import RunDataError
from records.ledger import Answer, Entry, Write
from records.ledger_columns import Ledger, read_ledger
from records.readback import ReadbackEnd, ReadbackFile, Row, RowKind, read_back

pytestmark = pytest.mark.integration
BOOKED = Entry(1.0, 1.1, Write.BOOK, Answer.ACKNOWLEDGED, 200, "ann", 1, 4, 7, "2026-12-01T10:00:00", 30, owner_id=9)
REFUSED = Entry(2.0, 2.1, Write.BOOK, Answer.REFUSED, 400, "bob", 2, business=True)
PAID = Entry(
    3.0, 3.1, Write.CONFIRM, Answer.UNKNOWN, 0, "ann", 1, 4, payment_id=5, amount_cents=3000, key="k", reference="r"
)
ENTRIES = [BOOKED, REFUSED, PAID]
END = ReadbackEnd(
    source="sql", from_s=10.0, to_s=11.0, requests=1, pages=1, complete=False, because="why", barbers=(7,)
)


def written(path: Path, entries: list[Entry], tail: bytes = b"") -> Path:
    path.write_bytes(b"".join(orjson.dumps(entry.as_record()) + b"\n" for entry in entries) + tail)
    return path


def test_what_was_written_is_read(tmp_path: Path) -> None:
    torn: list[str] = []
    assert list(read_ledger(written(tmp_path / "ledger.jsonl", ENTRIES), torn)) == ENTRIES == list(Ledger.of(ENTRIES))
    assert not torn


def test_what_is_missing_is_minus_one_in_a_column_and_none_in_an_entry(tmp_path: Path) -> None:
    ledger = read_ledger(written(tmp_path / "ledger.jsonl", [REFUSED]), [])
    assert (int(ledger.appointment_id[0]), ledger[0].appointment_id, ledger[0].key) == (MISSING, None, None)


def test_a_ledger_without_the_newer_fields_is_read(tmp_path: Path) -> None:
    path = tmp_path / "ledger.jsonl"
    path.write_bytes(
        b'{"sent_s":1,"answered_s":2,"write":"register","answer":"acknowledged","status":200,"client":"a","session":3}\n'
    )
    assert list(read_ledger(path, [])) == [Entry(1.0, 2.0, Write.REGISTER, Answer.ACKNOWLEDGED, 200, "a", 3)]


def test_an_empty_ledger_is_read(tmp_path: Path) -> None:
    assert len(read_ledger(written(tmp_path / "ledger.jsonl", []), [])) == 0


def test_a_torn_last_line_is_left_out_and_named(tmp_path: Path) -> None:
    torn: list[str] = []
    assert len(read_ledger(written(tmp_path / "ledger.jsonl", ENTRIES, b'{"sent_s":4'), torn)) == 3
    assert torn == ["ledger.jsonl"]


@pytest.mark.parametrize(
    "damage",
    [
        b"not json\n",
        b'{"sent_s":1,"answered_s":2,"answer":"refused","status":1,"client":"a","session":3}\n',
        b'{"sent_s":"x","answered_s":2,"write":"book","answer":"refused","status":1,"client":"a","session":3,"bad":1}\n',
        b'{"sent_s":1,"answered_s":2,"write":"steal","answer":"refused","status":1,"client":"a","session":3}\n',
    ],
)
def test_a_damaged_line_is_named(tmp_path: Path, damage: bytes) -> None:
    path = written(tmp_path / "ledger.jsonl", [BOOKED], damage + orjson.dumps(PAID.as_record()) + b"\n")
    with pytest.raises(RunDataError, match=r"ledger\.jsonl: line 2 is damaged"):
        read_ledger(path, [])


def test_a_missing_ledger_is_named(tmp_path: Path) -> None:
    with pytest.raises(RunDataError, match="missing"):
        read_ledger(tmp_path / "ledger.jsonl", [])


def test_an_audit_is_read_as_it_was_written(tmp_path: Path) -> None:
    row = Row(RowKind.APPOINTMENT, 4, 10.5, barber_id=7, guest=False, status="scheduled", steady=False)
    with ReadbackFile(tmp_path / "audit.jsonl") as file:
        file.rows([row, Row(RowKind.ABSENT, 5, 10.6)])
        file.end(END)
    found = read_back(tmp_path / "audit.jsonl", [])
    assert found is not None
    assert found.end == END
    assert (found.appointments.id.tolist(), found.absent.id.tolist(), len(found.payments)) == ([4], [5], 0)
    assert (int(found.appointments.steady[0]), int(found.appointments.guest[0]), int(found.absent.guest[0])) == (
        0,
        0,
        MISSING,
    )
    assert found.appointments.record(RowKind.APPOINTMENT, 0)["guest"] is False


def test_an_audit_that_was_cut_off_has_no_end(tmp_path: Path) -> None:
    torn: list[str] = []
    with ReadbackFile(tmp_path / "audit.jsonl") as begun:
        begun.rows([Row(RowKind.ABSENT, 5, 10.6)])
    with (tmp_path / "audit.jsonl").open("ab") as file:
        file.write(b'{"row":"appo')
    found = read_back(tmp_path / "audit.jsonl", torn)
    assert found is not None
    assert (found.end, found.absent.id.tolist(), torn) == (None, [5], ["audit.jsonl"])


def test_no_audit_is_none(tmp_path: Path) -> None:
    assert read_back(tmp_path / "audit.jsonl", []) is None
