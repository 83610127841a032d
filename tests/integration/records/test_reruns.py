from pathlib import Path

import pytest

from records.errors import RunDataError
from records.reruns import Reruns, Turn, read_reruns, write_reruns

pytestmark = pytest.mark.integration
RERUNS = Reruns(
    because="slots", seed=7, turns=(Turn(build="new", run_ids=("a", "b")), Turn(build="old"), Turn(build="new"))
)


def test_what_was_written_is_read_and_the_last_try_of_a_turn_counts(tmp_path: Path) -> None:
    write_reruns(tmp_path, RERUNS)
    assert read_reruns(tmp_path) == RERUNS
    assert (RERUNS.run_ids("new"), RERUNS.run_ids("old")) == (("b",), ())


def test_a_run_without_reruns_has_none(tmp_path: Path) -> None:
    assert read_reruns(tmp_path) is None


@pytest.mark.parametrize(
    ("text", "told"),
    [("{", "damaged"), ('{"format_version": 2}', "format_version"), ("[]", "valid dictionary")],
)
def test_a_damaged_file_is_one_line_that_says_what_to_do(tmp_path: Path, text: str, told: str) -> None:
    (tmp_path / "reruns.json").write_text(text, encoding="utf-8")
    with pytest.raises(RunDataError) as raised:
        read_reruns(tmp_path)
    assert told in str(raised.value)
    assert "take it away to judge the first run alone" in str(raised.value)
    assert "\n" not in str(raised.value)
