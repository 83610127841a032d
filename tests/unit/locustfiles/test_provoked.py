from locustfiles.provoked import Provoked, contested, counts
from records.ledger import Answer, Entry, Write
from scenarios.provoke import Provocation


def asked(
    at_s: float, client: str, write: Write = Write.BOOK, provoked: str | None = None, repeat: int | None = None
) -> Entry:
    return Entry(
        sent_s=at_s,
        answered_s=at_s + 0.1,
        write=write,
        answer=Answer.REFUSED,
        status=400,
        client=client,
        session=1,
        barber_id=3,
        start_time="2026-12-24T17:00:00",
        provoked=provoked,
        repeat=repeat,
    )


def test_repetitions_are_requests_but_not_times() -> None:
    ledger = [
        asked(1.0, "ada", provoked="double_click"),
        asked(1.0, "ada", provoked="double_click", repeat=1),
        asked(2.0, "ben", Write.INTENT, provoked="double_click"),
        asked(3.0, "ben", provoked="hot_chair"),
        asked(4.0, "cora"),
    ]
    assert counts(ledger) == [
        Provoked(Provocation.HOT_CHAIR, Write.BOOK, 1, 1),
        Provoked(Provocation.DOUBLE_CLICK, Write.BOOK, 1, 2),
        Provoked(Provocation.DOUBLE_CLICK, Write.INTENT, 1, 1),
    ]


def test_a_half_hour_is_contested_when_two_people_ask_for_it_at_once() -> None:
    assert contested([asked(1.0, "ada"), asked(1.02, "ben"), asked(1.03, "cora")]) == 1


def test_one_person_asking_twice_contests_nothing_nor_does_somebody_later() -> None:
    assert contested([asked(1.0, "ada"), asked(1.001, "ada"), asked(1.2, "ben")]) == 0
