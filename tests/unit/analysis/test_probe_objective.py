"""Rules of objectives that a probe measures."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from analysis.objective import judge_objectives
from analysis.observed import observe
from analysis.stage import summarise
from analysis.verdict import ObjectiveOutcome, ObjectiveResult
from records.probe import ProbeSample
from records.run import Run
from tests.unit.analysis.build_probes import seen, series_of
from tests.unit.analysis.build_run import SLOTS, Requests, build_run, plan_of

BUCKETS = (0.03, 0.05, 0.1, float("inf"))
LENGTH = 60  # seconds; weekly_regression at time scale 0.04 takes 58


def shop(query: Any = (96, 100, 100, 100), **values: Any) -> list[ProbeSample]:
    """Return a healthy shop's samples: so many queries a second up to each bound."""
    grown = np.arange(LENGTH)
    columns: dict[str, Any] = {
        f"db_query_duration_seconds le={bound:g}": grown * share for bound, share in zip(BUCKETS, query, strict=True)
    }
    columns |= {"db_pool_in_use": [20.0] * LENGTH, "db_pool_size": [45.0] * LENGTH}
    columns |= {"cache_hits_total": grown * 95.0, "cache_misses_total": grown * 5.0}
    columns |= {
        'deliveries_total{channel="email",outcome="sent"}': grown * 49.0, 'deliveries_total{channel="email"}': grown * 50.0,
    }  # fmt: skip
    return seen("shop", columns | values)


def process(cpu: float = 0.4) -> list[ProbeSample]:
    grown = np.arange(LENGTH)
    return seen(
        "process",
        {
            "cpu_seconds": grown * cpu, "cores": [1.0] * LENGTH, "resident_bytes": [2e8] * LENGTH, "memory_bytes": [8e9] * LENGTH,
        },
    )  # fmt: skip


def run_with(*parts: list[ProbeSample], scenario: str = "weekly_regression") -> Run:
    plan = plan_of(scenario)
    seconds = np.repeat(np.arange(int(plan.duration_s)), 50).tolist()
    return replace(build_run(Requests().add(SLOTS, seconds), plan), probes=series_of(*parts))


def rows_of(run: Run, name: str) -> list[ObjectiveResult]:
    judged = [observe(run, planned) for planned in run.manifest.plan.stages if planned.is_judged]
    return [row for row in judge_objectives(run, judged) if row.name == name]


@pytest.mark.parametrize(
    ("query", "outcome"),
    [
        ((96, 100, 100, 100), ObjectiveOutcome.PASS),
        ((80, 90, 100, 100), ObjectiveOutcome.FAIL),
    ],
)
def test_a_query_time_is_judged_in_each_stage_by_its_histogram(
    query: tuple[float, ...], outcome: ObjectiveOutcome
) -> None:
    rows = rows_of(run_with(shop(query)), "database_query_p95")
    assert [(row.stage, row.outcome) for row in rows] == [("baseline", outcome), ("plus_50", outcome)]
    assert rows[0].count == 100 * 24


def test_a_limit_inside_a_bucket_is_not_settled_by_more_values() -> None:
    samples = [
        sample for sample in shop() if sample.metric not in {"db_query_duration_seconds le=0.05", "db_query_duration_seconds le=0.03"}
    ]  # fmt: skip
    (row, *_) = rows_of(run_with(samples), "database_query_p95")
    assert row.outcome is ObjectiveOutcome.MARGINAL
    assert "it is between 0 ms and 100 ms, the buckets of the histogram tell no closer" in row.because


def test_cpu_and_memory_come_from_the_process() -> None:
    run = run_with(shop(), process(cpu=0.8))
    assert {row.outcome for row in rows_of(run, "cpu")} == {ObjectiveOutcome.FAIL}
    assert rows_of(run, "cpu")[0].observed == pytest.approx(0.8)
    assert rows_of(run, "memory")[0].observed == pytest.approx(0.025)
    assert {row.outcome for row in rows_of(run_with(shop(), process()), "cpu")} == {ObjectiveOutcome.PASS}


def test_connections_are_the_most_at_any_second() -> None:
    run = run_with(shop(db_pool_in_use=[20.0] * 10 + [44.0] + [20.0] * (LENGTH - 11)))
    assert [row.observed for row in rows_of(run, "database_connections")] == [44.0, 20.0]


def test_a_share_of_what_is_rare_is_judged_over_all_stages_together() -> None:
    (row,) = rows_of(run_with(shop()), "email_delivery")
    assert (row.stage, row.outcome) == (None, ObjectiveOutcome.PASS)
    assert row.observed == pytest.approx(0.98)
    assert row.count == 50 * 48


def test_too_few_events_are_not_measured_and_say_how_many_it_takes() -> None:
    few = {
        'deliveries_total{channel="sms",outcome="sent"}': np.arange(LENGTH) * 0.97,
        'deliveries_total{channel="sms"}': np.arange(LENGTH) * 1.0,
    }
    (row,) = rows_of(run_with(shop(**few)), "sms_delivery")
    assert row.outcome is ObjectiveOutcome.NOT_MEASURED
    assert row.because == "only 48 events (97 % of them so far); it takes 1,000"


def test_few_events_that_are_bad_without_a_doubt_fail() -> None:
    few = {
        'deliveries_total{channel="sms",outcome="sent"}': np.arange(LENGTH) * 0.5,
        'deliveries_total{channel="sms"}': np.arange(LENGTH) * 1.0,
    }
    (row,) = rows_of(run_with(shop(**few)), "sms_delivery")
    assert row.outcome is ObjectiveOutcome.FAIL


def test_a_probe_that_was_not_running_is_one_row_that_says_so() -> None:
    rows = rows_of(run_with(), "database_query_p95")
    assert [(row.stage, row.outcome, row.because) for row in rows] == [
        (None, ObjectiveOutcome.NOT_MEASURED, "the probe shop saw nothing (it was not running)")
    ]


def test_an_objective_without_a_signal_keeps_its_own_reason() -> None:
    (row,) = rows_of(run_with(shop()), "page_load")
    assert row.because == "no browser or page fetch is configured; this suite drives the API"


def test_a_step_holds_only_where_its_probes_say_so() -> None:
    plan = plan_of("exhaustion", load_scale=0.2)
    length = int(plan.duration_s) + 1
    grown = np.arange(length)
    busy = {"cpu_seconds": np.where(grown < length / 2, grown * 0.4, grown * 0.9), "cores": [1.0] * length}
    seconds = np.repeat(np.arange(length - 1), 30).tolist()
    run = replace(build_run(Requests().add(SLOTS, seconds), plan), probes=series_of(seen("process", busy)))
    stages = [observe(run, planned) for planned in plan.stages]
    held = {row.name: (row.objectives_held, row.because) for row in summarise(run, stages, ()) if row.kind == "step"}
    assert held["step_2"][0] is True
    assert held["step_14"][0] is False
    assert "CPU of the target" in held["step_14"][1]


def test_a_run_without_a_judged_stage_says_that_and_not_that_the_probe_was_away() -> None:
    (row,) = [row for row in judge_objectives(run_with(shop()), []) if row.name == "cpu"]
    assert (row.outcome, row.because) == (ObjectiveOutcome.NOT_MEASURED, "no stage of this run is judged")
