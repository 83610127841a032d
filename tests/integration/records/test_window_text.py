"""Files of windows: many lines read at once say what each says, and damage is named by its line."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import orjson
import pytest

from records import window_text
from records.errors import RunDataError
from records.histogram import Histogram
from records.series import Cells, Series, collect
from records.window import ErrorCount, Outcome, Window
from records.window_text import read_series

pytestmark = pytest.mark.integration
NAMES = ("GET /slots", 'a "quoted" näme', "errors and more")


def windows(size: int, seed: int) -> list[Window]:
    """Return windows of all shapes that a run writes: empty ones, with errors, with edges, one second again and again."""
    rng = np.random.default_rng(seed)
    return [_window(rng) for _ in range(size)]


def _window(rng: np.random.Generator) -> Window:
    values = np.exp(rng.normal(10, 2, int(rng.integers(0, 30))))
    sparse = Histogram.of(values).sparse()
    errors = tuple(
        ErrorCount(Outcome.SERVER_ERROR, "status", text, int(rng.integers(1, 9)))
        for text in ("status 503", 'a text with "errors":')[: int(rng.integers(0, 3))]
    )
    outcomes = {outcome: int(rng.integers(1, 50)) for outcome in Outcome if rng.random() < 0.3}
    within = ((200_000, int(rng.integers(1, 9))),) if rng.random() < 0.5 else ()
    name = NAMES[int(rng.integers(len(NAMES)))]
    return Window(int(rng.integers(0, 40)), name, outcomes, sparse, sparse[: len(sparse) // 4 * 2], 10, errors, within)


def written(path: Path, lines: Sequence[bytes]) -> Path:
    path.write_bytes(b"".join(line + b"\n" for line in lines))
    return path


def text(*windows_: Window) -> list[bytes]:
    return [orjson.dumps(window.as_record()) for window in windows_]


def cells(series: Series, of: Cells) -> list[tuple[Any, ...]]:
    """Return the rows of cells by name, in an order of their own."""
    columns = (of.second.tolist(), of.operation.tolist(), of.cell.tolist(), of.count.tolist())
    return sorted((second, series.names[operation], *rest) for second, operation, *rest in zip(*columns, strict=True))


def assert_same(one: Series, two: Series) -> None:
    assert one.names == two.names
    assert (one.received_bytes, one.errors) == (two.received_bytes, two.errors)
    for name in ("response", "service", "outcomes", "within_limit"):
        assert cells(one, getattr(one, name)) == cells(two, getattr(two, name)), name


@pytest.mark.parametrize("piece_bytes", [700, 1 << 20])
def test_lines_read_at_once_say_what_each_says(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, piece_bytes: int
) -> None:
    monkeypatch.setattr(window_text, "PIECE_BYTES", piece_bytes)
    slow: list[bytes] = []

    def one_by_one(_path: Path, _first_line: int, piece: bytes) -> list[Window]:
        slow.append(piece)
        return []

    monkeypatch.setattr(window_text, "_windows", one_by_one)
    made = windows(300, seed=5)
    assert_same(read_series(written(tmp_path / "windows.jsonl", text(*made)), []), collect(made))
    assert not slow  # every piece was taken as it is


@pytest.mark.parametrize(
    "change",
    [
        {"a field of later": 1},
        {"outcomes": {"ok": 2.0}},
        {"second": "3"},
        {"within_limit": [[200_000, "4"]]},
        {"response_us": [5.0, 1]},
    ],
)
def test_a_line_that_is_written_in_another_way_is_read_by_itself(tmp_path: Path, change: dict[str, Any]) -> None:
    made = windows(20, seed=6)
    records = [window.as_record() for window in made]
    records[7] |= change
    expected = collect(Window.from_record(record) for record in records)
    path = written(tmp_path / "windows.jsonl", [orjson.dumps(record) for record in records])
    assert_same(read_series(path, []), expected)


@pytest.mark.parametrize(
    "line",
    [
        b"",
        b"[]",
        b"{",
        b'{"second":1}',
        b'{"second":1,"operation":"a","outcomes":{"fine":1},"response_us":[],"service_us":[],"received_bytes":0}',
        b'{"second":1,"operation":"a","outcomes":{},"response_us":null,"service_us":[],"received_bytes":0}',
        b'{"second":1,"operation":"a","outcomes":{},"response_us":[],"service_us":[],"received_bytes":0,"errors":[["no"]]}',
        b'{"second":1,"operation":"a","outcomes":{},"response_us":[],"service_us":[],"received_bytes":0,"within_limit":[[1]]}',
    ],
)
def test_a_damaged_line_is_named_by_its_number(tmp_path: Path, line: bytes) -> None:
    lines = text(*windows(5, seed=7))
    path = written(tmp_path / "windows.jsonl", [*lines[:3], line, *lines[3:]])
    with pytest.raises(RunDataError, match=r"windows.jsonl: line 4 is damaged"):
        read_series(path, [])


@pytest.mark.parametrize("numbers", ["[1]", "[5,-1]", "[99999999,1]", "[[1],2]"])
def test_a_damaged_histogram_is_refused(tmp_path: Path, numbers: str) -> None:
    line = f'{{"second":1,"operation":"a","outcomes":{{}},"response_us":{numbers},"service_us":[],"received_bytes":0}}'
    with pytest.raises(RunDataError, match="a histogram is damaged"):
        read_series(written(tmp_path / "windows.jsonl", [line.encode()]), [])


def test_a_torn_last_line_is_left_out_and_named(tmp_path: Path) -> None:
    made, torn = windows(3, seed=8), list[str]()
    path = written(tmp_path / "windows.jsonl", text(*made))
    path.write_bytes(path.read_bytes() + b'{"second":4,"oper')
    assert_same(read_series(path, torn), collect(made))
    assert torn == ["windows.jsonl"]


def test_an_empty_file_is_an_empty_series(tmp_path: Path) -> None:
    assert_same(read_series(written(tmp_path / "windows.jsonl", []), []), collect([]))
