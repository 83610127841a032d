"""PNG files: one a chart, none without data, the same bytes each time."""

from dataclasses import replace
from pathlib import Path

from reports.png import charts, write_pngs
from tests.unit.reports.build_example import Example, killed_example
from tests.unit.reports.build_verdict import failing_verdict, invalid_verdict


def test_each_chart_becomes_one_file_with_the_same_bytes_each_time(made: Example, tmp_path: Path) -> None:
    first, second = tmp_path / "a", tmp_path / "b"
    first.mkdir()
    second.mkdir()
    paths = write_pngs(charts(made.run, failing_verdict(made), made.baselines), first)
    assert [path.name for path in paths] == ["latency.png", "rate.png", "distribution.png", "comparison.png"]
    assert all(path.read_bytes().startswith(b"\x89PNG") for path in paths)
    again = write_pngs(charts(made.run, failing_verdict(made), made.baselines), second)
    assert [path.read_bytes() for path in paths] == [path.read_bytes() for path in again]


def test_a_run_without_data_has_no_charts() -> None:
    run = killed_example()
    assert charts(run, invalid_verdict(run), ()) == {}


def test_a_name_with_dollars_is_not_mathematics(hostile: Example, tmp_path: Path) -> None:
    verdict = replace(failing_verdict(hostile), stages=())
    assert write_pngs(charts(hostile.run, verdict, ()), tmp_path)
