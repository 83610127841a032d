"""The shop's API, one method an operation. Every operation is named by its template; paths with ids never are names."""

from collections.abc import Callable, Mapping
from datetime import date, datetime, timedelta
from typing import TypedDict, Unpack

from loadgen.visit import Reply, Visit
from locustfiles.api import refusals
from locustfiles.api.credentials import Credentials

API = "/api/v2"
UNAUTHORISED = 401


class Guest(TypedDict):
    """Who books without an account."""

    first_name: str
    last_name: str
    email: str
    phone: str


class Options(TypedDict, total=False):
    """What a request may carry beside its path and name; see `Visit.send`."""

    json: object
    data: bytes
    params: Mapping[str, object]
    headers: Mapping[str, str]
    refusal: Callable[[Reply], bool]
    keys: tuple[str, ...]


class ShopApi:
    """The API as one person calls it: a guest without credentials, anyone else with their own."""

    def __init__(self, visit: Visit, credentials: Credentials | None = None) -> None:
        """Speak for the person of this visit."""
        self._visit = visit
        self._credentials = credentials

    # Looking.

    def me(self) -> Reply:
        """Ask who I am."""
        return self._send("GET", "/auth/me", "GET /auth/me", keys=("id",))

    def services(self) -> Reply:
        """Ask what the shop does."""
        return self._send("GET", "/services/", "GET /services/", keys=("id", "name"))

    def barbers(self) -> Reply:
        """Ask who works there."""
        return self._send("GET", "/barbers/", "GET /barbers/", keys=("id",))

    def slots(self, day: date, barber_id: int | None = None) -> Reply:
        """Ask for the times of a day, of one barber or of any."""
        params: dict[str, object] = {"appointment_date": day.isoformat()}
        if barber_id is not None:
            params["barber_id"] = barber_id
        return self._send("GET", "/appointments/slots", "GET /appointments/slots", params=params, keys=("slots",))

    def appointments(self) -> Reply:
        """Ask for one's own appointments."""
        return self._send("GET", "/appointments/", "GET /appointments/", keys=("appointments",))

    def appointment(self, appointment_id: int) -> Reply:
        """Ask for one appointment."""
        return self._send("GET", f"/appointments/{appointment_id}", "GET /appointments/{id}", keys=("id", "status"))

    # Booking.

    def book(self, day: date, clock_time: str, service: str, barber_id: int | None = None) -> Reply:
        """Book a slot; refused where it is lost."""
        wish: dict[str, object] = {"date": day.isoformat(), "time": clock_time, "service": service}
        if barber_id is not None:
            wish["barber_id"] = barber_id
        return self._send(
            "POST",
            "/appointments/",
            "POST /appointments/",
            json=wish,
            refusal=refusals.slot_is_lost,
            keys=("id", "start_time", "status"),
        )

    def book_as_guest(self, day: date, clock_time: str, service: str, guest: Guest) -> Reply:
        """Book a slot without an account; refused where it is lost."""
        return self._send(
            "POST",
            "/appointments/guest",
            "POST /appointments/guest",
            json={"date": day.isoformat(), "time": clock_time, "service": service, "guest_info": guest},
            refusal=refusals.slot_is_lost,
            keys=("id", "date", "time", "status"),
        )

    def cancel(self, appointment_id: int) -> Reply:
        """Cancel an appointment."""
        return self._send(
            "PUT",
            f"/appointments/{appointment_id}/cancel",
            "PUT /appointments/{id}/cancel",
            refusal=refusals.cannot_be_changed,
            keys=("id", "status"),
        )

    def reschedule(self, appointment_id: int, day: date, clock_time: str) -> Reply:
        """Move an appointment; refused where the new slot is lost."""
        return self._send(
            "POST",
            f"/appointments/{appointment_id}/reschedule",
            "POST /appointments/{id}/reschedule",
            json={"date": day.isoformat(), "time": clock_time},
            refusal=refusals.cannot_be_changed,
            keys=("id", "start_time", "status"),
        )

    # Paying.

    def create_intent(self, appointment_id: int, key: str | None) -> Reply:
        """Begin to pay for an appointment; refused where it is paid, cancelled, or being paid at this moment."""
        return self._send(
            "POST",
            "/payments/create-intent",
            "POST /payments/create-intent",
            json={"booking_id": appointment_id},
            headers=_keyed(key),
            refusal=refusals.is_not_to_be_paid,
            keys=("payment_intent_id", "amount", "payment_id"),
        )

    def confirm(
        self,
        appointment_id: int,
        payment_intent_id: str,
        key: str | None,
        *,
        declined_card: bool = False,
        one_of_many: bool = False,
    ) -> Reply:
        """Pay with a card; refused where the card is declined, or the appointment paid, or being paid at this moment.

        The sandbox declines the card that says so in `X-Test-Card`; another target takes no notice of the header. Of several
        intents for one appointment (`one_of_many`) a shop may also know only the last.
        """
        headers = _keyed(key)
        if declined_card:
            headers["X-Test-Card"] = "declined"
        return self._send(
            "POST",
            "/payments/confirm",
            "POST /payments/confirm",
            json={"booking_id": appointment_id, "payment_intent_id": payment_intent_id},
            headers=headers,
            refusal=refusals.intent_is_of_no_use if one_of_many else refusals.payment_is_refused,
            keys=("payment_id", "amount_charged"),
        )

    def payment_history(self, barber_id: int | None = None) -> Reply:
        """Ask for payments: one's own, or those for a barber's work."""
        params = None if barber_id is None else {"barber_id": barber_id}
        options: Options = {"keys": ("payments",)}
        if params is not None:
            options["params"] = params
        return self._send("GET", "/payments/history", "GET /payments/history", **options)

    def refund(self, payment_id: int, amount_cents: int, key: str | None) -> Reply:
        """Give a payment back; refused where that was done before, or is being done at this moment."""
        return self._send(
            "POST",
            "/payments/refund",
            "POST /payments/refund",
            json={"payment_id": payment_id, "amount": amount_cents / 100, "reason": "Customer could not come"},
            headers=_keyed(key),
            refusal=refusals.nothing_to_give_back,
            keys=("amount", "status"),
        )

    def stripe_event(self, body: bytes, signature: str | None) -> Reply:
        """Tell of a payment as Stripe does."""
        headers = {"Content-Type": "application/json"}
        if signature is not None:
            headers["Stripe-Signature"] = signature
        return self._send("POST", "/webhooks/stripe", "POST /webhooks/stripe", data=body, headers=headers)

    # A barber's day. The doubled prefix /api/v2/api is the shop's own; names leave it out.

    def schedule(self, barber_id: int, day: date) -> Reply:
        """Ask for a barber's own day."""
        return self._send(
            "GET",
            f"/barber-availability/schedule/{barber_id}",
            "GET /barber-availability/schedule/{id}",
            params={"start_date": day.isoformat(), "end_date": day.isoformat()},
        )

    def calendar_status(self) -> Reply:
        """Ask whether a Google Calendar is connected."""
        return self._send("GET", "/api/calendar/status", "GET /calendar/status", keys=("connected",))

    def free_busy(self, first: date, days: int) -> Reply:
        """Ask when the barber is busy."""
        return self._send(
            "GET",
            "/api/calendar/free-busy",
            "GET /calendar/free-busy",
            params=_span(first, days),
            refusal=refusals.calendar_is_not_connected,
            keys=("busy_periods",),
        )

    def sync_appointments(self, first: date, days: int) -> Reply:
        """Write the appointments of some days to Google."""
        return self._send(
            "POST",
            "/api/calendar/sync-appointments",
            "POST /calendar/sync-appointments",
            json=_span(first, days),
            refusal=refusals.calendar_is_not_connected,
            keys=("message", "results"),
        )

    def two_way_sync(self) -> Reply:
        """Exchange changes with Google, both ways."""
        return self._send(
            "POST",
            "/api/google-calendar/sync",
            "POST /google-calendar/sync",
            refusal=refusals.calendar_is_not_connected,
            keys=("success",),
        )

    def google_events(self, first: date, days: int) -> Reply:
        """Ask for the events of some days."""
        return self._send(
            "GET",
            "/api/google-calendar/events",
            "GET /google-calendar/events",
            params=_span(first, days),
            refusal=refusals.calendar_is_not_connected,
        )

    def health(self) -> Reply:
        """Ask whether the shop is up; the one path without the prefix."""
        return self._visit.send("GET", "/health", operation="GET /health")

    def _send(self, method: str, path: str, operation: str, **options: Unpack[Options]) -> Reply:
        """Send with the person's token; a token not taken leads to one new sign-in and one more request."""
        if self._credentials is None:
            return self._visit.send(method, API + path, operation=operation, **options)
        token = self._credentials.token()
        reply = self._visit.send(method, API + path, operation=operation, token=token, **options)
        if reply.status == UNAUTHORISED and self._credentials.renew():
            token = self._credentials.token()
            reply = self._visit.send(method, API + path, operation=operation, token=token, **options)
        return reply


def _keyed(key: str | None) -> dict[str, str]:
    """Return the header of an idempotency key; none where a request has no key."""
    return {} if key is None else {"Idempotency-Key": key}


def _span(first: date, days: int) -> dict[str, str]:
    """Return some days as the calendar routes want them: midnights, UTC, without a zone."""
    begin = datetime(first.year, first.month, first.day)  # noqa: DTZ001 - the API's times have no zone
    return {"start_date": begin.isoformat(), "end_date": (begin + timedelta(days=days)).isoformat()}
