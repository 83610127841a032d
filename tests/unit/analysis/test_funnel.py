"""Rules of the funnel."""

from analysis.funnel import complete_until, funnel
from records.journey import Milestone
from records.run import Run
from tests.unit.analysis.build_run import SLOTS, Requests, build_run, milestones

WHOLE = {Milestone.SESSION_STARTED: 4, Milestone.SESSION_ENDED: 4, Milestone.BEGUN: 4, Milestone.SLOT_CHOSEN: 4,
         Milestone.BOOKED: 3, Milestone.PAID: 2, Milestone.CONFIRMED: 2}  # fmt: skip
CUT = {Milestone.SESSION_STARTED: 4, Milestone.SESSION_ENDED: 1, Milestone.BEGUN: 4}


def run_with(cut_from: int) -> Run:
    whole = milestones(range(cut_from), "new_customer", WHOLE)
    return build_run(
        Requests().add(SLOTS, range(58)), journeys=[*whole, *milestones(range(cut_from, 58), "new_customer", CUT)]
    )


def test_sessions_cut_off_by_the_end_of_the_run_do_not_count() -> None:
    assert complete_until(run_with(50)) == 50
    steps = funnel(run_with(50))
    assert [step.count for step in steps] == [count * (24 + 16) for count in (4, 4, 3, 2, 2)]


def test_sessions_that_never_ended_long_before_the_end_count() -> None:
    lost = milestones([6], "new_customer", {Milestone.SESSION_STARTED: 1, Milestone.BEGUN: 1})
    run = build_run(Requests().add(SLOTS, range(58)), journeys=[*lost, *milestones(range(58), "new_customer", WHOLE)])
    assert complete_until(run) == 58


def test_shares_are_of_the_step_before_and_of_the_first() -> None:
    booked = funnel(run_with(58))[2]
    assert (booked.share_of_previous, booked.share_of_first) == (0.75, 0.75)
    paid = funnel(run_with(58))[3]
    assert (paid.share_of_previous, paid.share_of_first) == (2 / 3, 0.5)


def test_nobody_who_books_has_no_funnel() -> None:
    assert funnel(build_run(Requests().add(SLOTS, range(58)))) == ()
