"""`duet.json`: read back as it was written, and one line for what is no duet."""

from pathlib import Path

import pytest

from records.duet import DUET, Arm, DuetRecord, Pinning, Restart, Seats, Side, read_duet, write_duet
from records.errors import RunDataError

RECORD = DuetRecord(
    duet_id="duet-1", scenario="baseline", started_at="2026-11-26T06:00:00+00:00", command=("rushhour", "duet"),
    pinning=Pinning.APART, fresh=True, restarts_wanted=5, warm_up_s=30, duration_s=120, time_scale=1, load_scale=1,
    arms={Side.A: Arm(target="sandbox"), Side.B: Arm(target="sandbox", plants=("errors",))},
    restarts=(
        Restart(
            number=0, seed=1, first=Side.A, seats={Side.A: Seats(generator=(0,)), Side.B: Seats()},
            runs={Side.A: "one", Side.B: None}, because="b did not start",
        ),
    ),
)  # fmt: skip


def test_what_was_written_is_read_back(tmp_path: Path) -> None:
    write_duet(tmp_path, RECORD)
    assert read_duet(tmp_path) == RECORD
    assert RECORD.run_ids == ["one"]


def test_a_folder_without_a_duet_is_one_line(tmp_path: Path) -> None:
    with pytest.raises(RunDataError, match=r"duet\.json: missing; expected the folder of a duet"):
        read_duet(tmp_path)


def test_a_damaged_record_names_the_field(tmp_path: Path) -> None:
    text = RECORD.model_dump_json().replace('"restarts_wanted":5', '"restarts_wanted":"many"')
    (tmp_path / DUET).write_text(text, encoding="utf-8")
    with pytest.raises(RunDataError, match="restarts_wanted is damaged"):
        read_duet(tmp_path)
