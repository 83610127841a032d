"""The sample during the run: a correct shop is never accused while writes are under way; what is planted is found, with its witness."""

import random
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from analysis.audit.early import Suspicion, alike, in_words, is_certain, suspicions
from records.ledger import Answer, Entry, Write
from records.readback import Row, RowKind
from tests.unit.analysis.audit.build_books import BEGAN_S
from tests.unit.analysis.audit.model_shop import DAY, TIMEOUT_S, Answered, Day, Shop

APART_S, SETTLES_S = 3.0, 3.0
TAKES_S = 1.0  # of one reading: moves tear many of them
BARBERS = (7, 8)


@dataclass
class WatchedShop(Shop):
    """Remembers each state of each appointment, and since when."""

    states: dict[int, list[tuple[float, dict[str, Any]]]] = field(default_factory=dict)

    def write(self, write: Write, wish: dict[str, Any], at_s: float) -> Answered:
        answered = super().write(write, wish, at_s)
        for number, held in self.appointments.items():
            states = self.states.setdefault(number, [])
            if not states or states[-1][1] != held:
                states.append((at_s, dict(held)))
        return answered

    def row_at(self, number: int, at_s: float) -> Row | None:
        states = self.states[number]
        place = bisect_right([since_s for since_s, _ in states], at_s) - 1
        if place < 0:
            return None
        held = states[place][1]
        made = datetime.fromtimestamp(BEGAN_S + held["made"], UTC).replace(tzinfo=None).isoformat()
        return Row(RowKind.APPOINTMENT, number, at_s, barber_id=held["barber"], owner_id=held["owner"], status=held["status"],
            start_time=held["start"].isoformat(), duration_minutes=held["minutes"], created_at=made)  # fmt: skip

    def reading(self, barber: int, from_s: float) -> list[Row]:
        """Return a barber's appointments, each as it was at another moment of a reading: no answer is of one moment."""
        numbers = sorted(self.states, reverse=True)
        seen = [self.row_at(number, from_s + TAKES_S * place / len(numbers)) for place, number in enumerate(numbers)]
        return [row for row in seen if row is not None and row.barber_id == barber]


class CarelessShop(WatchedShop):
    """Looks at nothing before it books."""

    def _is_free(self, barber: int, start: datetime, minutes: int, but: int = 0) -> bool:
        return True


def told_of(shop: WatchedShop, ledger: Sequence[Entry], until_s: int = 60) -> tuple[int, int, list[Suspicion]]:
    """Sample a simulated day; return how often one reading looks broken, how often two do, and what the sample is certain of."""
    torn, twice, found = 0, 0, []
    for from_s in range(2, until_s, 2):
        for barber in BARBERS:
            first = shop.reading(barber, from_s)
            torn += bool(suspicions(first, BEGAN_S))
            again_s = from_s + TAKES_S + APART_S
            for suspicion in suspicions(alike(first, shop.reading(barber, again_s)), BEGAN_S):
                twice += 1
                known_s = again_s + TAKES_S + SETTLES_S
                about = [
                    entry
                    for entry in ledger
                    if entry.answered_s <= known_s and entry.appointment_id in suspicion.appointments
                ]
                found += [suspicion] if is_certain(suspicion, about, from_s) else []
    return torn, twice, found


def restless(seed: int, shop: WatchedShop, people: int = 6, until_s: float = 60.0) -> list[Entry]:
    """Have people move their appointments to and fro between few half hours, each one wish after the other; return the ledger."""
    rng, moves, ledger = random.Random(seed), [], []
    for number in range(1, people + 1):
        wish = {"barber": 7, "start": DAY + timedelta(minutes=30 * number), "minutes": 30, "owner": number}
        shop.write(Write.BOOK, wish, 0.0)
        ledger.append(wrote(Write.BOOK, number, 0.1))
        sent_s = 1.0
        while sent_s < until_s:
            is_lost = rng.random() < 0.1
            answered_s = sent_s + (TIMEOUT_S if is_lost else rng.uniform(0.05, 0.3))
            start = DAY + timedelta(minutes=30 * rng.randrange(people + 1))
            moves.append(
                (rng.uniform(sent_s, min(answered_s, sent_s + 0.3)), number, start, sent_s, answered_s, is_lost)
            )
            sent_s = answered_s + rng.expovariate(2.0)
    for effect_s, number, start, sent_s, answered_s, is_lost in sorted(moves):
        answer, _ = shop.write(Write.RESCHEDULE, {"id": number, "start": start}, effect_s)
        told = Answer.UNKNOWN if is_lost else answer
        ledger.append(wrote(Write.RESCHEDULE, number, answered_s, told)._replace(sent_s=sent_s))
    return ledger


def test_a_correct_shop_is_never_accused_while_people_book_move_and_pay() -> None:
    for seed in range(15):
        shop = WatchedShop()
        day = Day(seed, lost_ratio=0.1, twice_ratio=0.2, shop=shop)
        assert told_of(shop, day.ledger)[2] == [], seed


def test_moves_that_tear_a_reading_accuse_nobody() -> None:
    torn = 0
    for seed in range(15):
        shop = WatchedShop()
        ledger = restless(seed, shop)
        once, _, found = told_of(shop, ledger)
        assert found == [], seed
        torn += once
    assert torn > 5  # else nothing was put to the test


def test_a_shop_that_sells_a_chair_twice_is_found_while_it_is_open() -> None:
    days = 10
    seen = 0
    for seed in range(days):
        shop = CarelessShop()
        day = Day(seed, customers=24, shop=shop)
        found = told_of(shop, day.ledger)[2]
        for suspicion in found:
            first, second = suspicion.rows
            starts = [datetime.fromisoformat(row.start_time or "") for row in (first, second)]
            minutes = [timedelta(minutes=row.duration_minutes or 0) for row in (first, second)]
            assert first.barber_id == second.barber_id
            assert starts[0] < starts[1] + minutes[1]
            assert starts[1] < starts[0] + minutes[0]
        seen += bool(found)
    assert seen == days


# One thing at a time.

HELD = Row(
    RowKind.APPOINTMENT, 1, 30.0, barber_id=7, status="scheduled", start_time="2026-12-01T10:00:00", duration_minutes=60
)
INSIDE = HELD._replace(id=2, start_time="2026-12-01T10:30:00", duration_minutes=30)
PAID = Row(
    RowKind.PAYMENT, 5, 30.0, barber_id=7, status="completed", appointment_id=1, amount_cents=3000, refunded_cents=0
)


def wrote(write: Write, number: int, answered_s: float, answer: Answer = Answer.ACKNOWLEDGED) -> Entry:
    return Entry(answered_s - 0.1, answered_s, write, answer, 200, f"client{number}", number, appointment_id=number)


BOOKED = [wrote(Write.BOOK, 1, 10.0), wrote(Write.BOOK, 2, 12.0)]


def only(rows: Sequence[Row], began_s: float = BEGAN_S) -> Suspicion:
    (found,) = suspicions(rows, began_s)
    return found


@pytest.mark.parametrize(
    "other",
    [
        INSIDE._replace(status="cancelled"),
        INSIDE._replace(barber_id=8),
        INSIDE._replace(start_time="2026-12-01T11:00:00"),
        INSIDE._replace(start_time=None),
        INSIDE._replace(id=1),
    ],
)
def test_appointments_that_do_not_meet_are_no_suspicion(other: Row) -> None:
    assert suspicions([HELD, other], BEGAN_S) == []


def test_what_was_there_before_the_run_is_not_its_own() -> None:
    long_ago = {"created_at": "2020-01-01T00:00:00"}
    assert suspicions([HELD._replace(**long_ago), INSIDE._replace(**long_ago)], BEGAN_S) == []  # type: ignore[arg-type]
    assert only([HELD._replace(**long_ago), INSIDE]).appointments == {1, 2}  # type: ignore[arg-type]


def test_a_row_that_changed_between_two_readings_proves_nothing() -> None:
    later = [HELD._replace(read_s=34.0), INSIDE._replace(read_s=34.0)]
    assert alike([HELD, INSIDE], later) == later
    moved = INSIDE._replace(start_time="2026-12-01T12:00:00")
    assert alike([HELD, moved], later) == later[:1]
    assert alike([HELD], later) == later[:1]


@pytest.mark.parametrize(
    ("change", "certain"),
    [
        (wrote(Write.RESCHEDULE, 1, 20.0), True),
        (wrote(Write.RESCHEDULE, 1, 31.0), False),
        (wrote(Write.CANCEL, 2, 31.0), False),
        (wrote(Write.RESCHEDULE, 2, 20.0, Answer.UNKNOWN), False),
        (wrote(Write.RESCHEDULE, 2, 31.0, Answer.REFUSED), True),
    ],
)
def test_a_move_that_may_have_happened_meanwhile_explains_a_meeting(change: Entry, certain: bool) -> None:
    assert is_certain(only([HELD, INSIDE]), [*BOOKED, change], from_s=30.0) is certain


def test_what_nobody_of_the_run_made_is_not_held_against_the_target() -> None:
    refused = [entry._replace(answer=Answer.REFUSED) for entry in BOOKED]
    assert not is_certain(only([HELD, INSIDE]), refused, from_s=30.0)


def test_the_warning_names_both_appointments_and_both_requests() -> None:
    line = in_words(only([HELD, INSIDE]), BOOKED, (30.0, 34.0))
    assert line == (
        "barber 7: appointments 1 (2026-12-01T10:00:00) and 2 (2026-12-01T10:30:00) hold one chair at one time, "
        "as the target showed it at 30.0 s and at 34.0 s; client1 sent book at 9.900 s, answered 200 at 10.000 s; "
        "client2 sent book at 11.900 s, answered 200 at 12.000 s"
    )


@pytest.mark.parametrize(
    ("second", "is_twice"),
    [
        (PAID._replace(id=6), True),
        (PAID._replace(id=6, status="pending"), False),
        (PAID._replace(id=6, status="refunded", refunded_cents=3000), False),
        (PAID._replace(id=6, amount_cents=2000), False),
        (PAID._replace(id=6, appointment_id=2), False),
    ],
)
def test_two_charges_that_stand_on_one_appointment_are_a_suspicion(second: Row, is_twice: bool) -> None:
    found = suspicions([PAID, second], BEGAN_S)
    assert [one.invariant.name for one in found] == (["no_double_charge"] if is_twice else [])
    if is_twice:
        assert found[0].appointments == {1}
        assert found[0].payments == {5, 6}


@pytest.mark.parametrize(("cents", "is_excess"), [(3000, False), (3001, True), (None, False)])
def test_more_given_back_than_paid_is_a_suspicion(cents: int | None, is_excess: bool) -> None:
    found = suspicions([PAID._replace(refunded_cents=cents)], BEGAN_S)
    assert [one.invariant.name for one in found] == (["no_excess_refund"] if is_excess else [])
