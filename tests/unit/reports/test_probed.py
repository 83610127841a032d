"""Rules of what the report says of the probes."""

from dataclasses import replace

import numpy as np

from analysis.judge import judge
from records.run import Run
from reports.html import render_html
from reports.probed import outages, signal_table
from tests.unit.analysis.build_probes import seen, series_of
from tests.unit.analysis.build_run import SLOTS, Requests, build_run, plan_of


def run_with(gaps: dict[int, str] | None = None, length: int = 60) -> Run:
    plan = plan_of()
    grown = np.arange(length)
    busy = {
        "cpu_seconds": np.where(grown < 30, grown * 0.2, 6 + (grown - 30) * 0.6), "cores": [1.0] * length,
        "resident_bytes": [2e8] * length, "memory_bytes": [8e9] * length, "descriptors": [50.0] * length,
    }  # fmt: skip
    seconds = np.repeat(np.arange(int(plan.duration_s)), 20).tolist()
    return replace(build_run(Requests().add(SLOTS, seconds), plan), probes=series_of(seen("process", busy, gaps=gaps)))


def test_a_signal_has_a_cell_for_each_measured_stage() -> None:
    run = run_with()
    table = signal_table(run, judge(run, ()))
    assert table is not None
    assert table.stages == ("baseline", "plus_50")
    (cpu,) = [row for row in table.rows if row.title == "CPU"]
    assert cpu.cells == ("20 %", "60 %")
    assert cpu.spark is not None


def test_what_a_probe_did_not_give_is_a_dash_with_its_reason() -> None:
    run = run_with()
    table = signal_table(run, judge(run, ()))
    assert table is not None
    (query,) = [row for row in table.rows if row.title == "Database query, p95"]
    assert query.cells == ("–", "–")
    assert query.because == "The probe shop saw nothing (it was not running)."


def test_gaps_in_a_row_are_one_stretch_with_its_reason() -> None:
    run = run_with(gaps={10: "refused", 11: "refused", 12: "refused", 20: "no answer within 0.8 s"})
    assert [(row.between, row.because) for row in outages(run)] == [
        ("0:10 to 0:12", "Refused."), ("0:20", "No answer within 0.8 s."),
    ]  # fmt: skip


def test_a_run_without_probes_says_so() -> None:
    run = replace(run_with(), probes=series_of())
    assert signal_table(run, judge(run, ())) is None
    assert "no probe of the target profile gave a value" in render_html(run, judge(run, ()), ())
    assert "What the target said of itself" in render_html(run_with(), judge(run_with(), ()), ())
