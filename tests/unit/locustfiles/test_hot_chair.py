from collections import Counter
from datetime import timedelta

import pytest

from locustfiles.journeys.customer_journey import new_customer, returning_customer
from locustfiles.journeys.hot_chair import HOT_TIMES, LAST_DAY, chair_of
from locustfiles.journeys.search import MAX_BROWSES
from records.journey import FUNNEL, Milestone
from records.ledger import Write
from scenarios.mix import Persona
from scenarios.provoke import Provocation
from tests.unit.locustfiles.conftest import LOST, TODAY, ScriptedVisit, appointment, provoking, slots

BOOK, LOOK = "POST /appointments/", "GET /appointments/slots"
OPEN = (200, slots("09:00", *HOT_TIMES))


def waiting(**script: object) -> ScriptedVisit:
    visit = provoking(hot_chair=1.0)
    visit._script.update({LOOK: OPEN})
    visit._script.update({{"book": BOOK, "look": LOOK}[word]: said for word, said in script.items()})  # type: ignore[misc]  # as scripts are
    return visit


def test_one_more_chair_opens_each_second_and_no_two_are_the_same() -> None:
    chairs = [chair_of(second, [4, 5, 6], TODAY) for second in range(9)]
    assert [chair.barber_id for chair in chairs] == [4, 5, 6] * 3
    assert [(chair.day - TODAY).days for chair in chairs] == [29, 29, 29, 28, 28, 28, 27, 27, 27]
    assert len(set(chairs)) == 9


def test_a_chair_is_always_on_a_day_that_can_be_booked() -> None:
    ahead = {(chair_of(second, [4], TODAY).day - TODAY).days for second in range(500)}
    assert ahead == set(range(1, LAST_DAY + 1))


def test_whoever_waits_has_filled_in_the_form_looks_and_presses_when_the_chair_opens() -> None:
    visit = waiting()
    visit.second = 40
    returning_customer(visit)
    begin = visit.diary.index("think fill_form")
    assert visit.diary[begin : begin + 4] == ["think fill_form", LOOK, "wait for second 41", BOOK]
    assert "think choose_slot" not in visit.diary


def test_all_who_wait_for_one_second_want_the_same_chair_and_few_half_hours() -> None:
    wishes = []
    for seed in range(400):
        visit = waiting()
        visit.rng.seed(seed)
        visit.second = 40
        returning_customer(visit)
        wishes.append(visit.of(BOOK)[0].json)
    assert {(wish["date"], wish["barber_id"]) for wish in wishes} == {
        (
            (TODAY + timedelta(days=LAST_DAY - 13)).isoformat(),
            5,
        )  # second 41 of 3 barbers: the 13th round, the third barber
    }
    times = Counter(wish["time"] for wish in wishes)
    assert set(times) == set(HOT_TIMES)
    # Zipf over four: 192, 96, 64 and 48 of 400; three standard deviations are 30 at most.
    for time, expected in zip(HOT_TIMES, (192, 96, 64, 48), strict=True):
        assert times[time] == pytest.approx(expected, abs=30)


def test_some_watch_other_chairs_open_before() -> None:
    visit = waiting()
    visit.mix = visit.mix.model_copy(
        update={"branches": visit.mix.branches.model_copy(update={"looks_at_another_day": 1.0})}
    )
    returning_customer(visit)
    assert len(visit.of(LOOK)) == MAX_BROWSES + 1
    assert visit.reached[Milestone.BEGUN] == 1


def test_who_loses_looks_again_and_presses_at_once() -> None:
    visit = waiting(book=[LOST, (200, appointment())])
    returning_customer(visit)
    first, second = (sent.json["time"] for sent in visit.of(BOOK))
    assert first != second
    assert len([line for line in visit.diary if line.startswith("wait")]) == 1
    assert (visit.reached[Milestone.SLOT_LOST], visit.reached[Milestone.BOOKED]) == (1, 1)
    assert [entry["provoked"] for entry in visit.writes(Write.BOOK)] == [Provocation.HOT_CHAIR] * 2


def test_who_finds_nothing_hot_left_leaves() -> None:
    visit = waiting(look=(200, slots("09:00", "10:00", taken=HOT_TIMES)))
    returning_customer(visit)
    assert visit.of(BOOK) == []
    assert (visit.reached[Milestone.BEGUN], visit.reached[Milestone.GAVE_UP]) == (1, 1)


def test_a_shop_that_shows_no_times_of_a_barber_is_asked_all_the_same() -> None:
    visit = waiting(look=(200, slots()))
    returning_customer(visit)
    assert visit.of(BOOK)[0].json["time"] in HOT_TIMES
    assert [visit.reached[milestone] for milestone in FUNNEL] == [1] * len(FUNNEL)


def test_a_shop_that_does_not_answer_the_look_is_left() -> None:
    visit = waiting(look=(500, {}))
    returning_customer(visit)
    assert visit.of(BOOK) == []


def test_guests_cannot_name_a_barber_and_wait_for_no_chair() -> None:
    visit = provoking(Persona.NEW_CUSTOMER, hot_chair=1.0)
    new_customer(visit)
    assert [line for line in visit.diary if line.startswith("wait")] == []
