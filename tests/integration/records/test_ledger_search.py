from pathlib import Path

import pytest

from records.folder import LEDGER, Appender, create_folder
from records.ledger import Answer, Entry, Write
from records.ledger_search import entries_about, latest_barbers

pytestmark = pytest.mark.integration


def wrote(session: int, **fields: int) -> Entry:
    return Entry(1.0, 1.1, Write.BOOK, Answer.ACKNOWLEDGED, 200, "ann", session, **fields)  # type: ignore[arg-type]


def test_writes_are_found_by_whole_numbers_and_half_a_line_is_left_out(tmp_path: Path) -> None:
    folder = create_folder(tmp_path, "trial")
    appender = Appender(folder)
    appender.ledger([
        wrote(1, appointment_id=7, barber_id=3), wrote(2, appointment_id=77, barber_id=4), wrote(3, payment_id=7),
        wrote(4, appointment_id=8, payment_id=9), wrote(7),
    ])  # fmt: skip
    appender.close()
    path = folder / LEDGER
    with path.open("ab") as file:
        file.write(b'{"sent_s":2.0,"appointment_id":7,"barb')
    assert [entry.session for entry in entries_about(path, {7}, ())] == [1]
    assert [entry.session for entry in entries_about(path, {7}, {7, 9})] == [1, 3, 4]
    assert entries_about(path, (), ()) == []
    assert latest_barbers(path) == {3, 4}
