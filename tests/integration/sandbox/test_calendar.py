"""Calendar: what a connected barber gets, and what the others are told."""

import pytest

from tests.integration.sandbox.conftest import API, BARBER, TOMORROW, Counterpart, OpenShop

pytestmark = pytest.mark.integration

CALENDAR, GOOGLE = f"{API}/api/calendar", f"{API}/api/google-calendar"
SPAN = {"start_date": f"{TOMORROW}T00:00:00", "end_date": f"{TOMORROW}T23:59:59"}


def test_nine_in_ten_barbers_are_connected_and_the_others_told_so(open_for_business: OpenShop) -> None:
    shop = open_for_business(barbers=20)
    names = [f"barber{number:03d}" for number in range(1, 21)]
    unconnected = [name for name in names if not shop.ask("GET", f"{CALENDAR}/status", name).json()["connected"]]
    assert len(unconnected) == 2
    answer = shop.ask("POST", f"{GOOGLE}/sync", unconnected[0])
    assert (answer.status_code, answer.json()["error"]["message"]) == (400, "Google Calendar not connected")


def test_sync_writes_each_appointment_once(shop: Counterpart) -> None:
    number = shop.book().json()["id"]
    counts = [
        shop.ask("POST", f"{CALENDAR}/sync-appointments", BARBER, json=SPAN).json()["results"]["success"]
        for _ in range(2)
    ]
    assert counts == [1, 0]
    assert shop.ask("GET", f"{API}/appointments/{number}", BARBER).json()["google_event_id"] == f"evt{number}"
    assert shop.ask("GET", f"{CALENDAR}/sync-status", BARBER).json()["synced_appointments"] == 1
    assert len(shop.ask("GET", f"{GOOGLE}/sync-logs", BARBER).json()["logs"]) == 2


def test_moved_appointment_is_written_again(shop: Counterpart) -> None:
    number = shop.book().json()["id"]
    shop.ask("POST", f"{GOOGLE}/sync", BARBER)
    shop.ask("POST", f"{API}/appointments/{number}/reschedule", BARBER, json={"date": TOMORROW, "time": "15:00"})
    assert shop.ask("POST", f"{GOOGLE}/sync", BARBER).json()["synced_count"] == 1


def test_busy_and_events_are_the_appointments(shop: Counterpart) -> None:
    shop.book(service="Haircut & Shave")
    busy = shop.ask("GET", f"{CALENDAR}/free-busy", BARBER, params=SPAN).json()["busy_periods"]
    assert busy == [{"start": f"{TOMORROW}T10:00:00", "end": f"{TOMORROW}T11:00:00"}]
    events = shop.ask("GET", f"{GOOGLE}/events", BARBER, params=SPAN).json()
    assert [(event["start"], event["end"]) for event in events] == [(busy[0]["start"], busy[0]["end"])]


def test_settings_are_kept(shop: Counterpart) -> None:
    assert shop.ask("GET", f"{GOOGLE}/settings", BARBER).json()["event_visibility"] == "private"
    shop.ask("PUT", f"{GOOGLE}/settings", BARBER, json={"event_visibility": "public"})
    assert shop.ask("GET", f"{GOOGLE}/settings", BARBER).json()["event_visibility"] == "public"
