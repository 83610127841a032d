"""The index over real folders: runs, months, what is damaged, what was killed."""

import json
from pathlib import Path
from typing import Any

import pytest

from rushhour.index import MOST_RUNS, write_index

pytestmark = pytest.mark.integration
STAGES = [
    {"objectives_held": None, "response_us_p95": 9e9, "request_rate_per_s": 1.0},
    {"objectives_held": True, "response_us_p95": 12_300.0, "request_rate_per_s": 50.0},
]


def made(results: Path, name: str, verdict: Any = None) -> Path:
    folder = results / name
    folder.mkdir()
    manifest = {"started_at": "2026-11-26T03:00:00+00:00", "plan": {"scenario": "peak", "target": {"name": "staging"}}}
    (folder / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")
    if verdict is not None:
        (folder / "verdict.json").write_text(json.dumps(verdict), encoding="utf-8")
        (folder / "report.html").touch()
    return folder


def test_a_run_is_listed_with_its_outcome_and_the_p95_of_its_last_judged_stage(tmp_path: Path) -> None:
    made(tmp_path, "peak-1", {"outcome": "fail", "because": ["p95 is over its limit"], "stages": STAGES})
    text = write_index(tmp_path).read_text(encoding="utf-8")
    assert 'href="peak-1/report.html"' in text
    assert "FAIL" in text
    assert "12.3 ms" in text
    assert "P95 is over its limit." in text or "p95 is over its limit." in text


def test_a_month_is_listed_beside_its_runs(tmp_path: Path) -> None:
    folder = tmp_path / "stress-20261126T030000Z"
    folder.mkdir()
    document = {"outcome": "pass", "because": ["all held"], "target": "staging", "made_at": "2026-11-26T03:00:00+00:00"}
    (folder / "stress.json").write_text(json.dumps(document), encoding="utf-8")
    assert "the monthly stress runs" in write_index(tmp_path).read_text(encoding="utf-8")


def test_a_duet_a_quarter_and_the_history_are_found_from_it(tmp_path: Path) -> None:
    duet = tmp_path / "duet-1"
    duet.mkdir()
    record = {
        "scenario": "smoke",
        "started_at": "2026-11-26T03:00:00+00:00",
        "arms": {"a": {"target": "old"}, "b": {"target": "new"}},
    }
    (duet / "duet.json").write_text(json.dumps(record), encoding="utf-8")
    (duet / "verdict.json").write_text(json.dumps({"outcome": "fail", "because": ["b is slower"]}), encoding="utf-8")
    quarter = tmp_path / "capacity-20261126T030000Z"
    quarter.mkdir()
    document = {
        "outcome": "fail",
        "because": ["Not 1,000"],
        "target": "staging",
        "made_at": "2026-11-26T03:00:00+00:00",
    }
    (quarter / "capacity.json").write_text(json.dumps(document), encoding="utf-8")
    assert "Of all runs together" not in write_index(tmp_path).read_text(encoding="utf-8")
    (tmp_path / "history").mkdir()
    (tmp_path / "history" / "report.html").touch()
    text = write_index(tmp_path).read_text(encoding="utf-8")
    assert "duet of smoke" in text
    assert "old and new" in text
    assert "B is slower." in text
    assert "the quarterly capacity report" in text
    assert 'href="history/report.html"' in text


def test_what_is_damaged_or_was_killed_is_listed_with_its_reason(tmp_path: Path) -> None:
    made(tmp_path, "peak-killed")
    (made(tmp_path, "peak-torn", {}) / "verdict.json").write_text('{"outcome": "pa', encoding="utf-8")
    (made(tmp_path, "peak-strange", {}) / "verdict.json").write_text("[1]", encoding="utf-8")
    text = write_index(tmp_path).read_text(encoding="utf-8")
    assert "judge it with rushhour judge" in text
    assert text.count("verdict.json is damaged") == 2


def test_the_page_stays_bounded(tmp_path: Path) -> None:
    for number in range(MOST_RUNS + 3):
        made(tmp_path, f"peak-{number:04d}")
    assert "3 older runs are not listed" in write_index(tmp_path).read_text(encoding="utf-8")
