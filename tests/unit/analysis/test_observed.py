"""Rules of what a stage saw."""

import pytest

from analysis.figures import change, milliseconds, number, percent
from analysis.observed import observe, whole_seconds
from records.window import PAYMENT_FLOW, Outcome
from tests.unit.analysis.build_run import BOOK, SLOTS, Requests, build_run, plan_of

STAGE = plan_of("baseline").stages[1]  # 5 to 29 s


@pytest.mark.parametrize(
    ("start_s", "end_s", "seconds"),
    [(5.0, 29.0, (5, 29)), (4.8, 28.8, (5, 28)), (0.1 + 0.2, 1.0, (0, 1)), (4.5, 5.5, (4, 6))],
)
def test_only_seconds_wholly_in_the_stage_count(start_s: float, end_s: float, seconds: tuple[int, int]) -> None:
    assert whole_seconds(STAGE.model_copy(update={"start_s": start_s, "end_s": end_s})) == seconds


def test_requests_outside_the_stage_are_left_out() -> None:
    run = build_run(Requests().add(SLOTS, [4, 5, 28, 29]), plan_of("baseline"))
    assert observe(run, STAGE).histogram().count == 2


def test_all_operations_together_leave_out_the_payment_flow() -> None:
    run = build_run(Requests().add(SLOTS, [6]).add(PAYMENT_FLOW, [6]), plan_of("baseline"))
    observed = observe(run, STAGE)
    assert observed.operations == (SLOTS,)
    assert observed.histogram().count == 1
    assert observed.histogram([PAYMENT_FLOW]).count == 1


def test_outcomes_are_counted_by_second_and_operation() -> None:
    requests = Requests().add(SLOTS, [5, 6]).add(BOOK, [6], outcome=Outcome.TIMEOUT)
    observed = observe(build_run(requests, plan_of("baseline")), STAGE)
    assert observed.outcome_counts()[Outcome.OK] == 2
    assert observed.outcome_counts([BOOK])[Outcome.TIMEOUT] == 1
    assert observed.outcomes_by_second()[1].sum() == 2


def test_a_run_cut_short_has_only_the_seconds_it_recorded() -> None:
    run = build_run(Requests().add(SLOTS, range(11)), plan_of("baseline"), samples=())
    assert observe(run, STAGE).seconds == 6


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0, "0"),
        (0.01234, "0.0123"),
        (1.2345, "1.23"),
        (123.4, "123"),
        (12345, "12,300"),
        (100, "100"),
        (999.9, "1,000"),
    ],
)
def test_figures_have_three_significant_digits(value: float, text: str) -> None:
    assert number(value) == text


def test_figures_carry_their_unit() -> None:
    assert milliseconds(61_800) == "61.8 ms"
    assert percent(0.0012) == "0.12 %"
    assert percent(0.9995) == "99.95 %"
    assert change(0.312) == "+31.2 %"
    assert change(0.0) == "0 %"
