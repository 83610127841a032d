"""Rules of a new baseline: what an acknowledged change leaves of the accepted runs before it."""

from analysis.case import ALL
from analysis.history import baseline_use
from analysis.since import since_changes
from records.acknowledgement import Acknowledgement, Answer
from records.histogram import Histogram
from tests.unit.analysis.build_run import Requests, build_run, plan_of
from tests.unit.analysis.trend.build_history import PAY, SLOTS, weeks

RUNS = weeks([80_000.0] * 6)


def answer(operation: str, metric: str = "response_p95", answered: Answer = Answer.ACKNOWLEDGED) -> Acknowledgement:
    return Acknowledgement(
        id="0123abcd", answer=answered, started_at=RUNS[4].started_at, run_id=RUNS[4].run_id, stage="baseline",
        operation=operation, metric=metric, reason="a new provider",
    )  # fmt: skip


def latencies(operation: str, *answers: Acknowledgement) -> list[int]:
    return [
        Histogram.from_sparse(baseline.stages[0].operations[operation].response_us).count
        for baseline in since_changes(RUNS, answers)
    ]


def test_before_an_acknowledged_change_an_operation_has_no_latencies() -> None:
    assert latencies(PAY, answer(PAY)) == [0, 0, 0, 0, 4_000, 4_000]


def test_other_operations_keep_theirs_and_counts_stay_for_the_rate() -> None:
    assert latencies(SLOTS, answer(PAY)) == [4_000] * 6
    assert {baseline.stages[0].operations[PAY].outcomes["ok"] for baseline in since_changes(RUNS, [answer(PAY)])} == {
        4_000
    }


def test_a_change_of_all_operations_or_of_a_rate_takes_the_stage() -> None:
    for whole in (answer(ALL), answer(PAY, "rate"), answer(PAY, "error_ratio")):
        assert [len(baseline.stages) for baseline in since_changes(RUNS, [whole])] == [0, 0, 0, 0, 1, 1]


def test_a_hidden_change_and_one_of_another_stage_take_nothing() -> None:
    assert since_changes(RUNS, [answer(ALL, answered=Answer.HIDDEN)]) == tuple(RUNS)
    other = answer(ALL).model_copy(update={"stage": "plus_50"})
    assert latencies(PAY, other) == [4_000] * 6


def test_the_verdict_says_what_was_left_out_and_why() -> None:
    run = build_run(Requests().add(PAY, range(60)), plan_of("baseline"))
    use = baseline_use(run, {}, {}, since_changes(RUNS, [answer(ALL)]), ())
    assert use.left_out[0] == (
        "weekly-000: stage baseline lies before the change acknowledged at weekly-004 (a new provider)"
    )
