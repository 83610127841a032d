import hashlib
import hmac
import json
import random

import pytest

from locustfiles.journeys.barber_journey import LONGEST_WALK, WALK, Page, barber
from locustfiles.journeys.calendar_journey import calendar_sync
from locustfiles.journeys.monitor_journey import monitor
from locustfiles.journeys.recent_payments import RECENT, RecentPayment
from locustfiles.journeys.walk import walk
from locustfiles.journeys.webhook_journey import signature, stripe_webhook
from records.journey import Milestone
from records.ledger import Write
from records.window import Outcome
from scenarios.mix import Persona
from tests.unit.locustfiles.conftest import ScriptedVisit

NOT_CONNECTED = (400, {"error": {"type": "http", "message": "Google Calendar not connected"}})


def test_each_row_of_the_walk_sums_to_one_and_leads_to_known_pages() -> None:
    for row in WALK.values():
        assert sum(row.values()) == pytest.approx(1)
        assert set(row) <= {*WALK, Page.END}


def test_a_walk_ends_by_itself_or_by_its_bound() -> None:
    walks = [list(walk(random.Random(seed), WALK, Page.SCHEDULE, Page.END, LONGEST_WALK)) for seed in range(500)]
    assert all(1 <= len(pages) <= LONGEST_WALK and Page.END not in pages for pages in walks)
    assert sum(len(pages) == LONGEST_WALK for pages in walks) < 25


def test_a_barber_signs_in_and_looks_at_the_own_day() -> None:
    visit = ScriptedVisit(Persona.BARBER)
    barber(visit)
    assert visit.operations[:3] == ["POST /auth/login", "GET /auth/me", "GET /barber-availability/schedule/{id}"]
    assert visit.sent[2].path == "/api/v2/barber-availability/schedule/3"


def test_a_barber_gives_back_a_payment_of_the_own_history() -> None:
    visit = ScriptedVisit(Persona.BARBER, barber_refunds=1.0)
    barber(visit)
    assert visit.operations[-2:] == ["GET /payments/history", "POST /payments/refund"]
    (entry,) = visit.writes(Write.REFUND)
    assert (entry["payment_id"], entry["amount_cents"]) == (11, 3000)
    assert visit.reached[Milestone.REFUNDED] == 1


def test_without_a_history_a_payment_made_lately_is_given_back_once() -> None:
    RECENT.append(RecentPayment(7, 12, "pi_12", 2500))
    visit = ScriptedVisit(Persona.BARBER, {"GET /payments/history": (200, {"payments": []})}, barber_refunds=1.0)
    barber(visit)
    assert visit.of("POST /payments/refund")[0].json["amount"] == 25.0
    assert not RECENT


def test_a_second_refund_of_a_payment_is_refused_not_failed() -> None:
    visit = ScriptedVisit(
        Persona.BARBER, {"POST /payments/refund": (400, {"detail": "Payment already refunded"})}, barber_refunds=1.0
    )
    barber(visit)
    assert visit.writes(Write.REFUND)[0]["outcome"] is Outcome.REFUSED
    assert visit.reached[Milestone.REFUNDED] == 0


def test_the_google_flow_asks_before_it_writes() -> None:
    visit = ScriptedVisit(Persona.CALENDAR_SYNC)
    calendar_sync(visit)
    assert visit.operations == [
        "POST /auth/login",
        "GET /calendar/status",
        "GET /calendar/free-busy",
        "POST /calendar/sync-appointments",
    ]


def test_two_way_sync_looks_at_the_events_afterwards() -> None:
    visit = ScriptedVisit(Persona.CALENDAR_SYNC, calendar_two_way_sync=1.0)
    calendar_sync(visit)
    assert visit.operations[1:] == ["POST /google-calendar/sync", "GET /google-calendar/events"]


def test_a_calendar_not_connected_is_refused_and_ends_the_session() -> None:
    visit = ScriptedVisit(
        Persona.CALENDAR_SYNC, {"POST /google-calendar/sync": NOT_CONNECTED}, calendar_two_way_sync=1.0
    )
    calendar_sync(visit)
    assert visit.operations[-1] == "POST /google-calendar/sync"
    assert visit.writes(Write.CALENDAR_SYNC)[0]["outcome"] is Outcome.REFUSED


def test_an_event_is_signed_over_its_time_and_bytes() -> None:
    visit = ScriptedVisit(Persona.STRIPE_WEBHOOK)
    stripe_webhook(visit)
    (sent,) = visit.sent
    assert sent.data is not None
    stamp, digest = (part.split("=", 1)[1] for part in sent.headers["Stripe-Signature"].split(","))
    expected = hmac.new(b"whsec_test", stamp.encode() + b"." + sent.data, hashlib.sha256).hexdigest()
    assert digest == expected
    assert json.loads(sent.data)["type"] == "payment_intent.succeeded"


def test_a_signature_known_from_elsewhere() -> None:
    # printf '1492774577.{}' | openssl dgst -sha256 -hmac whsec_test
    expected = "t=1492774577,v1=" + KNOWN
    assert signature("whsec_test", b"{}", 1492774577) == expected


def test_stripe_tells_of_a_payment_made_lately() -> None:
    RECENT.append(RecentPayment(7, 12, "pi_12", 2500))
    visit = ScriptedVisit(Persona.STRIPE_WEBHOOK)
    stripe_webhook(visit)
    (entry,) = visit.writes(Write.WEBHOOK)
    assert (entry["payment_id"], entry["reference"]) == (12, "pi_12")


def test_without_a_secret_stripe_says_nothing() -> None:
    visit = ScriptedVisit(Persona.STRIPE_WEBHOOK)
    visit.webhook_secret = None
    stripe_webhook(visit)
    assert visit.sent == []


def test_the_monitor_asks_once() -> None:
    visit = ScriptedVisit(Persona.MONITOR, {"GET /health": (500, None)}, retries_after_error=1.0)
    monitor(visit)
    assert visit.operations == ["GET /health"]


KNOWN = "0d0602f6611bd2252dd4b74b58a4528355a7380639a15e6cc21e3059d56d5b8b"
