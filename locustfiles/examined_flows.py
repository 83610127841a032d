"""The flows a target is examined by: each once, by one person, without thinking."""

import uuid
from collections.abc import Generator, Iterator
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from loadgen.accounts import Account
from loadgen.errors import OutOfAccounts
from loadgen.visit import Reply, Visit
from locustfiles.api.answers import (
    Appointment,
    Intent,
    appointment_of,
    barber_ids_of,
    guest_appointment_of,
    intent_of,
    offers_no_times_of,
)
from locustfiles.api.credentials import Credentials
from locustfiles.api.shop_api import UNAUTHORISED, ShopApi
from locustfiles.examination import RATE_LIMITED, Examination, Finding, Flow, explain, found
from locustfiles.journeys.calendar_journey import SYNC_DAYS
from locustfiles.journeys.payment_journey import CONFIRMED
from locustfiles.journeys.people import new_account, new_person
from locustfiles.journeys.recent_payments import RecentPayment
from locustfiles.journeys.search import Search
from locustfiles.journeys.webhook_journey import deliver, payment_event
from locustfiles.journeys.wish import Slot
from records.window import Outcome
from scenarios.mix import Persona
from scenarios.target import Target, TargetKind

CLOCK_OFFSET_MAX_S = 5.0  # more, and "today", tokens and signatures begin to mean different things to both sides
BARBERS_LOOKED_AT = 3
LOST_SLOTS_BORNE = 5  # a busy target may give a slot away between the look and the booking
LIMIT_HEADERS = ("ratelimit-limit", "x-ratelimit-limit", "ratelimit-remaining", "x-ratelimit-remaining")


def flows_of(target: Target) -> list[Flow]:
    """Return the flows that this kind of target can have; only the sandbox knows a card that it declines."""
    return [flow for flow in FLOWS if flow.name != "declined card" or target.kind is TargetKind.SANDBOX]


def new_key(prefix: str) -> str:
    """Return an idempotency key; nothing here has to be the same another time."""
    return f"{prefix}_{uuid.uuid4()}"


# The target itself.


def _reach(examination: Examination) -> Iterator[Finding]:
    reply = ShopApi(examination.visit(Persona.MONITOR)).health()
    answers = reply.status != 0
    yield found("reachable", reply, works=answers, why="" if answers else f"{examination.target.url}: {explain(reply)}")


def _health(examination: Examination) -> Iterator[Finding]:
    reply = ShopApi(examination.visit(Persona.MONITOR)).health()
    yield found("health", reply)
    yield _clock(reply, datetime.now(UTC))


def _clock(reply: Reply, now: datetime) -> Finding:
    """Compare clocks by the Date header, which has whole seconds (its middle is half a second later) and which servers renew once a second."""
    try:
        told = parsedate_to_datetime(reply.headers["date"])
    except (KeyError, ValueError):
        return found("clock", reply, works=False, why="the answer has no Date header; the offset cannot be told")
    offset_s = (told - now).total_seconds() + 0.5
    return found(
        "clock",
        reply,
        works=abs(offset_s) <= CLOCK_OFFSET_MAX_S,
        why=f"the target's clock is {abs(offset_s):.1f} s {'ahead' if offset_s > 0 else 'behind'} (to about a second)",
    )


# Who people are.


def _sign_in_client(examination: Examination) -> Iterator[Finding]:
    visit = examination.visit(Persona.RETURNING_CUSTOMER)
    account = visit.lease_client()
    credentials = Credentials(visit, account)
    yield _signed_in("sign in", credentials.sign_in(), account, examination.target.clients.password_env)
    examination.client = ShopApi(visit, credentials)
    yield found("refresh", credentials.refresh())
    yield found("who am I", examination.client.me())


def _sign_in_staff(examination: Examination) -> Iterator[Finding]:
    staff = examination.target.staff
    visit = examination.visit(Persona.BARBER)
    try:
        account = visit.lease_staff()
    except OutOfAccounts:
        yield Finding("", "sign in", works=False, why="the target profile has no staff accounts ([staff])")
        return
    credentials = Credentials(visit, account)
    yield _signed_in("sign in", credentials.sign_in(), account, staff.password_env if staff is not None else None)
    api = ShopApi(visit, credentials)
    me = api.me()
    yield found("who am I", me)
    examination.staff, examination.staff_id = api, int(me.body["id"])
    yield found("schedule", api.schedule(examination.staff_id, visit.today))
    yield found("appointments", api.appointments())


def _signed_in(step: str, reply: Reply, account: Account, password_env: str | None) -> Finding:
    if reply.status != UNAUTHORISED:
        return found(step, reply)
    source = f"the password in {password_env}" if password_env is not None else "the password in the accounts' file"
    return found(step, reply, why=f"401: wrong credentials: the target does not take {source} for {account.email}")


def _register(examination: Examination) -> Iterator[Finding]:
    """Register someone, who pays later: a new account is far from the limit of payments."""
    visit = examination.visit(Persona.NEW_CUSTOMER)
    person = new_person(visit, "preflight")
    credentials = Credentials(visit, new_account(visit, person))
    yield found("register", credentials.register(person["first_name"], person["last_name"], person["phone"]))
    yield found("sign in", credentials.sign_in())
    examination.client = ShopApi(visit, credentials)


# Booking.


def _look(examination: Examination) -> Iterator[Finding]:
    api = examination.client
    if api is None:
        yield _nobody("barbers")
        return
    barbers = api.barbers()
    yield found("barbers", barbers)
    yield found("services", api.services())
    visit = examination.visit(Persona.NEW_CUSTOMER)
    slot = Search(visit, ShopApi(visit)).choose()
    last = examination.seen[-1]
    free = f"no free time on {visit.mix.popularity.days_ahead} days" if last.ok else explain(last)
    yield found("slots", last, works=slot is not None, why="" if slot is not None else free)
    assert slot is not None
    yield _slots_of_barbers(api, barber_ids_of(barbers.body), slot)


def _slots_of_barbers(api: ShopApi, barber_ids: list[int], slot: Slot) -> Finding:
    """Look at the first few barbers on a day when the shop has times: one of them works then."""
    reply: Reply | None = None
    for barber_id in barber_ids[:BARBERS_LOOKED_AT]:
        reply = api.slots(slot.day, barber_id)
        if not reply.ok:
            return found("slots of a barber", reply)
        if not offers_no_times_of(reply.body):
            return found("slots of a barber", reply)
    if reply is None:
        return Finding("", "slots of a barber", works=False, why="the shop names no barbers")
    why = (
        "no times for a barber on a day when the shop has some; customers look without the barber, at one request more"
    )
    return found("slots of a barber", reply, works=False, why=why)


def _book(examination: Examination, api: ShopApi) -> tuple[Finding, Appointment | None]:
    """Book any free slot, another where one is lost between the look and the booking."""
    visit = examination.visit(Persona.RETURNING_CUSTOMER)
    search = Search(visit, api)
    for _ in range(LOST_SLOTS_BORNE):
        slot = search.choose()
        if slot is None:
            return found("book", examination.seen[-1], works=False, why="no free time found"), None
        reply = api.book(slot.day, slot.time, "Haircut")
        if reply.outcome is not Outcome.REFUSED:
            appointment = appointment_of(reply.body) if reply.ok else None
            return found("book", reply, works=appointment is not None), appointment
        search.lose(slot)
    return found("book", examination.seen[-1], works=False, why=f"{LOST_SLOTS_BORNE} slots lost in a row"), None


def _change(examination: Examination) -> Iterator[Finding]:
    api = examination.client
    if api is None:
        yield _nobody("book")
        return
    finding, appointment = _book(examination, api)
    yield finding
    assert appointment is not None
    slot = Search(examination.visit(Persona.RETURNING_CUSTOMER), api, appointment.barber_id).choose()
    if slot is None:
        yield found("reschedule", examination.seen[-1], works=False, why="no free time found to move to")
        return
    yield found("reschedule", api.reschedule(appointment.id, slot.day, slot.time))
    cancelled = api.cancel(appointment.id)
    yield found("cancel", cancelled)
    yield found("own appointments", api.appointments())


def _guest(examination: Examination) -> Iterator[Finding]:
    visit = examination.visit(Persona.NEW_CUSTOMER)
    api, guest = ShopApi(visit), new_person(visit, "preflight-guest")
    slot = Search(visit, api).choose()
    yield found("slots without an account", examination.seen[-1], works=slot is not None)
    assert slot is not None
    reply = api.book_as_guest(slot.day, slot.time, "Haircut", guest)
    yield found("book as a guest", reply, works=reply.ok and guest_appointment_of(reply.body) is not None)


# Paying.


def _pay(examination: Examination) -> Iterator[Finding]:
    api, appointment, intent = yield from _owing(examination)
    confirmed = api.confirm(appointment.id, intent.payment_intent_id, new_key("confirm"))
    yield found("pay", confirmed)
    examination.payment = RecentPayment(
        appointment.id, intent.payment_id, intent.payment_intent_id, intent.amount_cents or 0
    )
    shown = api.appointment(appointment.id)
    status = shown.body.get("status") if shown.ok else None
    why = "" if status == CONFIRMED else f'paid, but the appointment is "{status}", not "{CONFIRMED}"'
    yield found("confirmation", shown, works=status == CONFIRMED, why=why if shown.ok else None)
    yield found("history", api.payment_history())


def _owing(examination: Examination) -> Generator[Finding, None, tuple[ShopApi, Appointment, Intent]]:
    """Book, begin to pay, and return what is owed to whom; after a step that does not work nobody asks for more."""
    api = examination.client
    if api is None:
        yield _nobody("book")
    assert api is not None
    finding, appointment = _book(examination, api)
    yield finding
    assert appointment is not None
    reply = api.create_intent(appointment.id, new_key("intent"))
    intent = intent_of(reply.body) if reply.ok else None
    yield found("begin", reply, works=intent is not None)
    assert intent is not None
    return api, appointment, intent


def _declined(examination: Examination) -> Iterator[Finding]:
    api, appointment, intent = yield from _owing(examination)
    refused = api.confirm(appointment.id, intent.payment_intent_id, new_key("confirm"), declined_card=True)
    declined = refused.outcome is Outcome.REFUSED
    yield found("declined", refused, works=declined, why="the card was not declined" if refused.ok else None)
    yield found("another card", api.confirm(appointment.id, intent.payment_intent_id, new_key("confirm")))


def _refund(examination: Examination) -> Iterator[Finding]:
    api, payment = examination.staff, examination.payment
    if api is None or payment is None:
        lacking = "no barber is signed in" if api is None else "no payment was made"
        yield Finding("", "refund", works=False, why=f"not tried: {lacking}")
        return
    yield found("refund", api.refund(payment.payment_id, payment.amount_cents, new_key("refund")))


# Behind the scenes.


def _google(examination: Examination) -> Iterator[Finding]:
    if examination.staff is None:
        yield Finding("", "status", works=False, why="not tried: no barber is signed in")
        return
    visit = examination.visit(Persona.CALENDAR_SYNC)
    api, status = _barber_with_calendar(visit, examination.staff)
    why = f"none of {BARBERS_LOOKED_AT} barbers has a Google Calendar connected; connect one, or give other staff accounts"
    connected = _is_connected(status)
    yield found("status", status, works=connected, why=why if status.ok and not connected else None)
    examination.staff = api  # two-way sync needs the calendar too
    yield found("free and busy", api.free_busy(visit.today, SYNC_DAYS))
    yield found("sync appointments", api.sync_appointments(visit.today, SYNC_DAYS))


def _barber_with_calendar(visit: Visit, signed_in: ShopApi) -> tuple[ShopApi, Reply]:
    """Return the first of a few barbers who has a calendar connected, else the last, and what the shop says of it."""
    visit.lease_staff()  # the one who is signed in already
    api, status = signed_in, signed_in.calendar_status()
    for _ in range(BARBERS_LOOKED_AT - 1):
        if not status.ok or _is_connected(status):
            break
        credentials = Credentials(visit, visit.lease_staff())
        if not credentials.sign_in().ok:
            break
        api = ShopApi(visit, credentials)
        status = api.calendar_status()
    return api, status


def _is_connected(status: Reply) -> bool:
    return status.ok and status.body.get("connected") is True


def _two_way(examination: Examination) -> Iterator[Finding]:
    api, today = examination.staff, datetime.now(UTC).date()
    if api is None:
        yield Finding("", "sync", works=False, why="not tried: no barber is signed in")
        return
    yield found("sync", api.two_way_sync())
    yield found("events", api.google_events(today, SYNC_DAYS))


def _webhook(examination: Examination) -> Iterator[Finding]:
    visit = examination.visit(Persona.STRIPE_WEBHOOK)
    if visit.webhook_secret is None:
        webhook = examination.target.webhook
        lacking = "the target profile has no [webhook]" if webhook is None else f"{webhook.secret_env} is not exported"
        yield Finding("", "signed event", works=False, why=f"no webhook secret to sign with: {lacking}")
        return
    payment = examination.payment
    yield found("signed event", deliver(visit, ShopApi(visit), payment_event(visit, payment), payment))


def _rate_limits(examination: Examination) -> Iterator[Finding]:
    """Look back on all answers. The preflight is too small to reach a limit: it says what can be seen of them."""
    limited = [reply for reply in examination.seen if reply.status == RATE_LIMITED]
    told = sorted(
        {
            f"{name}: {reply.headers[name]}"
            for reply in examination.seen
            for name in LIMIT_HEADERS
            if name in reply.headers
        }
    )
    header = examination.target.addresses.header
    addresses = (
        f"each client presents an address of its own in {header}, if the target trusts it"
        if header is not None
        else "all clients come from one address: limits for one address hold for all of them together"
    )
    seen = f"{len(limited)} of {len(examination.seen)} answers were 429"
    headers = f"; the answers say {', '.join(told[:4])}" if told else ""
    yield Finding(
        "",
        "none in the way",
        works=not limited,
        status=RATE_LIMITED if limited else 0,
        why=f"{seen}{headers}; {addresses}",
    )


def _nobody(step: str) -> Finding:
    return Finding("", step, works=False, why="not tried: no client is signed in")


FLOWS = (
    Flow("target", ("reachable",), _reach, ends_all=True),
    Flow("target", ("health", "clock"), _health),
    Flow("client", ("sign in", "refresh", "who am I"), _sign_in_client),
    Flow("staff", ("sign in", "who am I", "schedule", "appointments"), _sign_in_staff),
    Flow("registration", ("register", "sign in"), _register),
    Flow("looking", ("barbers", "services", "slots", "slots of a barber"), _look),
    Flow("booking", ("book", "reschedule", "cancel", "own appointments"), _change),
    Flow("guest booking", ("slots without an account", "book as a guest"), _guest),
    Flow("payment", ("book", "begin", "pay", "confirmation", "history"), _pay),
    Flow("declined card", ("book", "begin", "declined", "another card"), _declined),
    Flow("refund", ("refund",), _refund),
    Flow("calendar, Google flow", ("status", "free and busy", "sync appointments"), _google),
    Flow("calendar, two-way sync", ("sync", "events"), _two_way),
    Flow("webhook", ("signed event",), _webhook),
    Flow("rate limits", ("none in the way",), _rate_limits),
)
