"""Booking: what is accepted, what is refused, and that no chair is ever given twice."""

import datetime

import pytest

from tests.integration.sandbox.conftest import (
    ADMIN,
    API,
    BARBER,
    CLIENT,
    OTHER_CLIENT,
    TOMORROW,
    Counterpart,
    OpenShop,
)

pytestmark = pytest.mark.integration

HAIRCUT = {"date": TOMORROW, "time": "10:00", "service": "Haircut"}
GUEST = {"first_name": "Guest", "last_name": "One", "email": "guest@sandbox.example", "phone": "+1 555 0100"}


def message(answer: object) -> str:
    return str(answer.json()["error"]["message"])  # type: ignore[attr-defined]  # an httpx.Response


def test_fifty_at_once_for_one_slot_leave_exactly_one_accepted(open_for_business: OpenShop) -> None:
    shop = open_for_business(fast=False, service_factor=0.1, clients=50)
    wish = {**HAIRCUT, "barber_id": 1}
    asked = [("POST", f"{API}/appointments/", f"client{number:05d}", {"json": wish}) for number in range(1, 51)]
    answers = shop.ask_together(asked)
    assert sorted(answer.status_code for answer in answers) == [200] + [400] * 49
    lost = {message(answer) for answer in answers if answer.status_code == 400}
    assert lost == {f"Barber is not available at 10:00 on {TOMORROW}"}


def test_slot_is_lost_to_who_came_first(shop: Counterpart) -> None:
    assert shop.book(who=CLIENT).status_code == 200
    assert shop.book(who=OTHER_CLIENT).status_code == 400


def test_anyone_free_is_taken_until_nobody_is(shop: Counterpart) -> None:
    answers = [shop.book(barber_id=None) for _ in range(5)]
    assert [answer.status_code for answer in answers] == [200, 200, 200, 200, 400]
    assert {answer.json()["barber_id"] for answer in answers[:4]} == {1, 2, 3, 4}
    assert message(answers[4]) == f"No barbers available at 10:00 on {TOMORROW}"


def test_an_hours_work_takes_two_half_hours(shop: Counterpart) -> None:
    assert shop.book("10:00", service="Haircut & Shave").json()["duration_minutes"] == 60
    assert shop.book("10:30").status_code == 400
    assert shop.book("09:30", service="Haircut & Shave").status_code == 400
    assert shop.book("11:00").status_code == 200
    assert shop.book("09:30").status_code == 200


def test_slots_show_what_is_taken(shop: Counterpart) -> None:
    before = shop.free_times(barber_id=1)
    assert (len(before), before[0], before[-1]) == (18, "09:00", "17:30")
    shop.book("10:00", service="Haircut & Shave")
    assert sorted(set(before) - set(shop.free_times(barber_id=1))) == ["10:00", "10:30"]
    assert shop.free_times() == before  # others are free


def test_slots_of_anyone_are_taken_only_when_everyone_is(shop: Counterpart) -> None:
    for barber_id in (1, 2, 3):
        shop.book(barber_id=barber_id)
    assert "10:00" in shop.free_times()
    shop.book(barber_id=4)
    assert "10:00" not in shop.free_times()


def test_slots_of_a_full_day_name_the_next_day(open_for_business: OpenShop) -> None:
    shop = open_for_business(barbers=1)
    for time in shop.free_times():
        shop.book(time)
    answer = shop.ask("GET", f"{API}/appointments/slots", params={"appointment_date": TOMORROW}).json()
    assert answer["next_available"] == {"date": "2026-11-27", "time": "09:00", "datetime": "2026-11-27T09:00:00"}
    assert not any(slot["available"] or slot["is_next_available"] for slot in answer["slots"])


def test_cancelled_slot_is_free_again(shop: Counterpart) -> None:
    number = shop.book().json()["id"]
    assert "10:00" not in shop.free_times(barber_id=1)
    cancelled = shop.ask("PUT", f"{API}/appointments/{number}/cancel", CLIENT)
    assert cancelled.json()["status"] == "cancelled"
    assert "10:00" in shop.free_times(barber_id=1)
    assert shop.book(who=OTHER_CLIENT).status_code == 200
    assert shop.ask("PUT", f"{API}/appointments/{number}/cancel", CLIENT).status_code == 400


def test_rescheduling_frees_the_old_slot_and_takes_the_new_one(shop: Counterpart) -> None:
    number = shop.book("10:00").json()["id"]
    moved = shop.ask("POST", f"{API}/appointments/{number}/reschedule", CLIENT, json={**HAIRCUT, "time": "15:00"})
    assert moved.json()["start_time"] == f"{TOMORROW}T15:00:00"
    free = shop.free_times(barber_id=1)
    assert "10:00" in free
    assert "15:00" not in free


def test_rescheduling_to_a_taken_slot_leaves_everything_as_it_was(shop: Counterpart) -> None:
    number = shop.book("10:00", service="Haircut & Shave").json()["id"]
    shop.book("15:30", who=OTHER_CLIENT)
    before = shop.free_times(barber_id=1)
    path = f"{API}/appointments/{number}"
    assert shop.ask("POST", f"{path}/reschedule", CLIENT, json={**HAIRCUT, "time": "15:00"}).status_code == 400
    assert shop.ask("GET", path, CLIENT).json()["start_time"] == f"{TOMORROW}T10:00:00"
    assert shop.free_times(barber_id=1) == before
    assert shop.book("10:30").status_code == 400


def test_rescheduling_may_overlap_its_own_old_time(shop: Counterpart) -> None:
    number = shop.book("10:00", service="Haircut & Shave").json()["id"]
    moved = shop.ask("POST", f"{API}/appointments/{number}/reschedule", CLIENT, json={**HAIRCUT, "time": "10:30"})
    assert moved.status_code == 200


def test_cancelled_appointment_is_not_rescheduled(shop: Counterpart) -> None:
    number = shop.book().json()["id"]
    shop.ask("PUT", f"{API}/appointments/{number}/cancel", CLIENT)
    moved = shop.ask("POST", f"{API}/appointments/{number}/reschedule", CLIENT, json={**HAIRCUT, "time": "15:00"})
    assert moved.status_code == 400


@pytest.mark.parametrize(
    ("wish", "said"),
    [
        ({"date": "2026-11-24"}, "in the past"),
        ({"date": "2026-12-26"}, "30 days in advance"),
        ({"time": "08:30"}, "business hours"),
        ({"time": "18:00"}, "business hours"),
        ({"time": "10:15"}, "every 30 minutes"),
        ({"service": "Perm"}, "Haircut, Shave, Haircut & Shave"),
    ],
)
def test_wish_outside_the_rules_is_refused(shop: Counterpart, wish: dict[str, str], said: str) -> None:
    answer = shop.book(**wish)
    assert answer.status_code == 400
    assert said in message(answer)


def test_booking_is_15_minutes_in_advance(shop: Counterpart) -> None:
    shop.clock.unix_s = datetime.datetime(2026, 11, 26, 9, 45, tzinfo=datetime.UTC).timestamp()
    assert shop.book("10:00").status_code == 200
    shop.clock.unix_s += 1
    assert message(shop.book("10:00", barber_id=2)) == "Booking must be at least 15 minutes in advance"
    assert shop.free_times()[0] == "10:30"


def test_guest_books_without_an_account(shop: Counterpart) -> None:
    booked = shop.ask("POST", f"{API}/appointments/guest", json={**HAIRCUT, "guest_info": GUEST})
    assert (booked.json()["guest_name"], booked.json()["status"]) == ("Guest One", "scheduled")
    listed = shop.ask("GET", f"{API}/appointments/", ADMIN).json()
    assert (listed["total"], listed["appointments"][0]["user_id"]) == (1, None)


def test_everyone_sees_their_own_appointments(shop: Counterpart) -> None:
    number = shop.book(who=CLIENT, barber_id=1).json()["id"]
    shop.book(who=OTHER_CLIENT, barber_id=2)
    totals = {who: shop.ask("GET", f"{API}/appointments/", who).json()["total"] for who in (CLIENT, BARBER, ADMIN)}
    assert totals == {CLIENT: 1, BARBER: 1, ADMIN: 2}
    assert shop.ask("GET", f"{API}/appointments/{number}", OTHER_CLIENT).status_code == 404


def test_total_counts_appointments_beyond_the_page(shop: Counterpart) -> None:
    for time in ("10:00", "11:00", "12:00"):
        shop.book(time)
    page = shop.ask("GET", f"{API}/appointments/", CLIENT, params={"limit": 2}).json()
    assert (len(page["appointments"]), page["total"]) == (2, 3)
    assert page["appointments"][0]["start_time"].endswith("12:00:00")


def test_barbers_schedule_has_the_days_appointments(shop: Counterpart) -> None:
    shop.book()
    days = {"start_date": TOMORROW, "end_date": "2026-11-27"}
    found = shop.ask("GET", f"{API}/barber-availability/schedule/1", BARBER, params=days).json()["schedule"]
    assert [len(day["appointments"]) for day in found.values()] == [1, 0]
    assert shop.ask("GET", f"{API}/barber-availability/schedule/1", CLIENT, params=days).status_code == 403


def test_days_in_memory_follow_another_process_on_the_same_database(
    open_for_business: OpenShop, tmp_path: object
) -> None:
    path = f"{tmp_path}/shop.sqlite3"
    one, other = open_for_business(path=path), open_for_business(path=path)
    assert "10:00" in one.free_times(barber_id=1)
    assert other.book().status_code == 200
    assert "10:00" not in one.free_times(barber_id=1)
    assert one.book().status_code == 400


def test_same_seed_gives_anyone_the_same_barbers(open_for_business: OpenShop) -> None:
    chosen = []
    for seed in (1, 1, 2):
        shop = open_for_business(seed=seed, barbers=40)
        times = shop.free_times()
        chosen.append([shop.book(time, barber_id=None).json()["barber_id"] for time in times])
    assert chosen[0] == chosen[1] != chosen[2]
