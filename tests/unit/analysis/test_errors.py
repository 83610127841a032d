"""Rules of errors against accepted runs: bursts count as bursts."""

import numpy as np
import pytest
from scipy.stats import binom

from analysis.errors import ErrorCase, Tally, incidents_in_words, incidents_of
from analysis.observed import observe
from analysis.statement import rows_of
from analysis.verdict import Gate, Statement
from analysis.weighing import weigh
from records.window import Outcome
from tests.unit.analysis.build_run import SLOTS, Requests, build_run, plan_of

PLAN = plan_of("baseline")
CALM = Tally(0, 30_000, 1.0)


def case_of(now: tuple[Tally, ...], then: tuple[Tally, ...] = (CALM,) * 10) -> ErrorCase:
    return ErrorCase("steady", "GET /x", now, then, (), gated=True, reason=None)


def test_errors_by_themselves_are_held_against_the_binomial_distribution() -> None:
    case = case_of((Tally(30, 30_000, 1.0),), (Tally(10, 30_000, 1.0),) * 10)
    assert case.p_worse == pytest.approx(binom.sf(29, 130, 1 / 11))


def test_a_burst_counts_as_one_event() -> None:
    burst = case_of((Tally(28, 30_000, 28.0),))
    assert burst.p_worse == pytest.approx(1 / 11)  # one event, and one of eleven runs has it
    assert case_of((Tally(28, 30_000, 1.0),)).p_worse < 1e-20


def test_what_differs_between_runs_of_one_build_widens_the_test() -> None:
    apart = tuple(Tally(60 * (run % 2), 30_000, 1.0) for run in range(10))
    assert case_of((Tally(60, 30_000, 1.0),), apart).phi == pytest.approx(10 * 30 / 9)
    assert case_of((Tally(60, 30_000, 1.0),), apart).p_worse > 0.05


def test_more_errors_regress_and_block_and_a_burst_does_not() -> None:
    many = case_of((Tally(300, 30_000, 1.0),), (Tally(15, 30_000, 1.0),) * 10)
    (row,) = rows_of(weigh((), (many,), None), "last")
    assert (row.statement, row.gate, row.metric) == (Statement.REGRESSED, Gate.FAIL, "error_ratio")
    assert row.interval is not None
    assert row.interval[0] > 10
    (row,) = rows_of(weigh((), (case_of((Tally(28, 30_000, 28.0),)),), None), "last")
    assert (row.statement, row.gate) == (Statement.CANNOT_TELL, Gate.NOT_GATED)
    assert "28.0 count as one" in row.because


def test_fewer_more_errors_than_matter_are_no_regression() -> None:
    few = case_of((Tally(40, 1_000_000, 1.0),), (Tally(0, 1_000_000, 1.0),) * 10)
    assert few.p_worse < 1e-9
    (row,) = rows_of(weigh((), (few,), None), "last")
    assert row.statement is Statement.NO_CHANGE


def test_a_burst_is_reported_as_an_incident_and_a_steady_stream_is_not() -> None:
    stage = PLAN.stages[1]
    first = int(np.ceil(stage.start_s))
    burst = (
        Requests()
        .add(SLOTS, list(range(29)) * 20)
        .add(SLOTS, [first + 3] * 20 + [first + 4] * 8, outcome=Outcome.SERVER_ERROR)
    )
    found = incidents_of(observe(build_run(burst, PLAN), stage), SLOTS)
    assert [(one.start_s, one.end_s, one.events) for one in found] == [(first + 3, first + 5, 28)]
    assert incidents_in_words(found) == f"1 burst: 28 errors at {first + 3} s"
    stream = Requests().add(SLOTS, list(range(29)) * 20).add(SLOTS, list(range(29)) * 2, outcome=Outcome.SERVER_ERROR)
    assert incidents_of(observe(build_run(stream, PLAN), stage), SLOTS) == ()
