"""A visit answered from a script: what was sent, reached, entered and thought is kept; nothing leaves the process."""

import math
import random
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import pytest

from loadgen.accounts import Account
from loadgen.errors import OutOfAccounts
from loadgen.visit import Reply, Visit
from locustfiles.journeys.recent_payments import RECENT
from locustfiles.journeys.unpaid import UNPAID
from records.journey import Milestone
from records.ledger import Write
from records.window import Outcome
from scenarios.library import load_mix, load_target
from scenarios.mix import Persona, Step
from scenarios.provoke import Provoke

TODAY = date(2026, 11, 25)
LOST = (400, {"error": {"type": "http", "message": "Barber is not available at 17:00 on 2026-11-26"}})
BROKEN = (500, {"error": {"type": "internal", "message": "Internal server error"}})
SILENT = (0, None)  # a timeout
EVERYDAY = load_mix("everyday")
SANDBOX = load_target("sandbox")
NEVER = {  # and `ALWAYS`: the straight way through each journey
    "new_customer_registers": 0.0,
    "looks_at_another_day": 0.0,
    "abandons_at_slots": 0.0,
    "abandons_before_payment": 0.0,
    "retries_after_error": 0.0,
    "reschedules": 0.0,
    "cancels": 0.0,
    "payer_looks_at_history": 0.0,
    "card_declined": 0.0,
    "barber_refunds": 0.0,
    "calendar_two_way_sync": 0.0,
}
ALWAYS = {
    "picks_barber": 1.0,
    "tries_again_after_lost_slot": 1.0,
    "pays_at_once": 1.0,
    "declined_tries_other_card": 1.0,
}


@dataclass(frozen=True, slots=True)
class Sent:
    """One request as the journey made it."""

    operation: str
    path: str
    json: Any
    params: Mapping[str, object]
    headers: Mapping[str, str]
    token: str | None
    data: bytes | None


Said = tuple[int, Any]
Script = Said | list[Said] | Callable[[Sent], Said]


def appointment(number: int = 7, status: str = "scheduled") -> dict[str, Any]:
    """Return an appointment as the shop writes it."""
    return {
        "id": number,
        "barber_id": 3,
        "start_time": "2026-11-26T17:00:00",
        "duration_minutes": 30,
        "status": status,
        "price": 30.0,
    }


def slots(*free: str, taken: tuple[str, ...] = ()) -> dict[str, Any]:
    """Return a day's slots as the shop writes them."""
    times = [{"time": time, "available": True} for time in free] + [
        {"time": time, "available": False} for time in taken
    ]
    return {"date": "2026-11-26", "slots": times, "business_hours": {}, "slot_duration_minutes": 30}


TOKENS = {"access_token": "access", "refresh_token": "refresh", "token_type": "bearer"}
HAPPY: dict[str, Script] = {
    "POST /auth/login": (200, TOKENS),
    "POST /auth/refresh": (200, {"access_token": "fresh", "refresh_token": "refresh", "token_type": "bearer"}),
    "POST /auth/register-client": (200, {"message": "welcome", "user": {"id": 1}, **TOKENS}),
    "GET /auth/me": (200, {"id": 3}),
    "GET /services/": (200, [{"id": 1, "name": "Haircut"}]),
    "GET /barbers/": (200, [{"id": number, "name": f"Barber {number}"} for number in (5, 3, 4)]),
    "GET /appointments/slots": (200, slots("09:00", "12:30", "17:00")),
    "POST /appointments/": (200, appointment()),
    "POST /appointments/guest": (
        200,
        {"id": 8, "date": "2026-11-26", "time": "17:00", "status": "scheduled", "booking_reference": "BK8"},
    ),
    "GET /appointments/": (200, {"appointments": [appointment(7), appointment(9, "confirmed")], "total": 2}),
    "GET /appointments/{id}": (200, appointment(status="confirmed")),
    "PUT /appointments/{id}/cancel": (200, appointment(status="cancelled")),
    "POST /appointments/{id}/reschedule": (200, {**appointment(), "start_time": "2026-11-27T12:30:00"}),
    "POST /payments/create-intent": (200, {"payment_intent_id": "pi_1", "amount": 30.0, "payment_id": 11}),
    "POST /payments/confirm": lambda sent: (
        (402, {"error": {"type": "card", "message": "Your card was declined"}})
        if sent.headers.get("X-Test-Card") == "declined"
        else (200, {"payment_id": 11, "amount_charged": 30.0})
    ),
    "GET /payments/history": (200, {"payments": [{"id": 11, "amount": 30.0, "status": "completed"}], "total": 1}),
    "POST /payments/refund": (200, {"refund_id": 1, "amount": 30.0, "status": "completed"}),
    "GET /barber-availability/schedule/{id}": (200, {"barber_id": 3}),
    "GET /calendar/status": (200, {"connected": True}),
    "GET /calendar/free-busy": (200, {"busy_periods": []}),
    "POST /calendar/sync-appointments": (200, {"message": "done", "results": {}}),
    "POST /google-calendar/sync": (200, {"success": True, "message": "done"}),
    "GET /google-calendar/events": (200, []),
    "POST /webhooks/stripe": (200, {"status": "ok"}),
    "GET /health": (200, {"status": "healthy"}),
}


class ScriptedVisit(Visit):
    """A visit to a shop that answers as the script says; a list is used up one by one, its last item again and again."""

    def __init__(
        self,
        persona: Persona = Persona.RETURNING_CUSTOMER,
        script: Mapping[str, Script] | None = None,
        seed: str = "1",
        **branches: float,
    ) -> None:
        self.number = 1
        self.persona = persona
        self.rng = random.Random(seed)
        self.mix = EVERYDAY.model_copy(
            update={"branches": EVERYDAY.branches.model_copy(update={**NEVER, **ALWAYS, **branches})}
        )
        self.today = TODAY
        self.account = None
        self.client = "guest1"
        self.webhook_secret = "whsec_test"
        self.target = SANDBOX
        self.payers_left = True
        self.clients_left = 9  # accounts that companions may still lease
        self.leased = Account("client00001@sandbox.example", "secret")
        self.second = 0  # of the run: each wait moves it on
        self.sent: list[Sent] = []
        self.reached: Counter[Milestone] = Counter()
        self.ledger: list[dict[str, Any]] = []
        self.flows: list[tuple[str, float, Outcome]] = []
        self.diary: list[str] = []  # operations and thoughts in their order
        self._script: dict[str, Script] = {**HAPPY, **(script or {})}

    @property
    def operations(self) -> list[str]:
        """Return the names of what was sent."""
        return [sent.operation for sent in self.sent]

    def of(self, operation: str) -> list[Sent]:
        """Return what was sent under one name."""
        return [sent for sent in self.sent if sent.operation == operation]

    def writes(self, write: Write) -> list[dict[str, Any]]:
        """Return the ledger's entries of one kind."""
        return [entry for entry in self.ledger if entry["write"] is write]

    def lease_client(self) -> Account:
        self.account, self.client = self.leased, self.leased.email
        return self.leased

    def lease_payer(self) -> Account:
        if not self.payers_left:
            raise OutOfAccounts
        return self.lease_client()

    def lease_staff(self) -> Account:
        return self.lease_client()

    def companion(self) -> Visit:
        return Companion(self)

    def together(self, calls: Sequence[Callable[[], Reply]]) -> list[Reply]:
        self.diary.append(f"together {len(calls)}")
        return [call() for call in calls]

    def coming_second(self, lead_s: float) -> int:
        return self.second + math.ceil(lead_s)

    def wait_for_second(self, second: int) -> None:
        self.diary.append(f"wait for second {second}")
        self.second = second

    def think(self, step: Step) -> None:
        self.diary.append(f"think {step.value}")

    def reach(self, milestone: Milestone) -> None:
        self.reached[milestone] += 1

    def record_flow(self, operation: str, response_us: float, outcome: Outcome) -> None:
        self.flows.append((operation, response_us, outcome))

    def enter(self, write: Write, reply: Reply, **fields: Any) -> None:
        self.ledger.append({"write": write, "outcome": reply.outcome, "client": self.client, **fields})

    def send(  # noqa: PLR0913 - as in Visit
        self,
        method: str,
        path: str,
        *,
        operation: str,
        json: object = None,
        data: bytes | None = None,
        params: Mapping[str, object] | None = None,
        headers: Mapping[str, str] | None = None,
        token: str | None = None,
        refusal: Callable[[Reply], bool] | None = None,
        keys: tuple[str, ...] = (),
    ) -> Reply:
        sent = Sent(operation, path, json, params or {}, headers or {}, token, data)
        assert operation.startswith(f"{method} /"), "an operation is named by its method and template"
        self.sent.append(sent)
        self.diary.append(operation)
        status, body = self._answer(sent)
        reply = reply_of(status, body)
        if reply.outcome is Outcome.CLIENT_ERROR and refusal is not None and refusal(reply):
            return reply_of(status, body, Outcome.REFUSED)
        holder = body[0] if isinstance(body, list) and body else body
        if reply.ok and any(key not in holder for key in keys):
            return reply_of(status, body, Outcome.SERVER_ERROR)
        return reply

    def _answer(self, sent: Sent) -> Said:
        script = self._script[sent.operation]
        if callable(script):
            return script(sent)
        if isinstance(script, list):
            return script.pop(0) if len(script) > 1 else script[0]
        return script


class Companion(ScriptedVisit):
    """Somebody beside the first, at the same shop; both write into the same diary and ledger."""

    def __init__(self, host: ScriptedVisit) -> None:
        super().__init__(host.persona, seed="companion")
        self.mix, self._host = host.mix, host
        self.sent, self.ledger, self.diary, self._script = host.sent, host.ledger, host.diary, host._script

    def lease_client(self) -> Account:
        if not self._host.clients_left:
            raise OutOfAccounts
        self._host.clients_left -= 1
        self.account = Account(f"rival{self._host.clients_left}@sandbox.example", "secret")
        self.client = self.account.email
        return self.account


def provoking(persona: Persona = Persona.RETURNING_CUSTOMER, **shares: float) -> ScriptedVisit:
    """Return a visit to a happy shop by someone who provokes."""
    visit = ScriptedVisit(persona)
    visit.mix = visit.mix.model_copy(update={"provoke": Provoke(**shares)})
    return visit


def reply_of(status: int, body: Any, outcome: Outcome | None = None) -> Reply:
    """Return a reply that took 1 ms."""
    return Reply(
        outcome=outcome or outcome_of(status),
        status=status,
        body=body,
        text="",
        why="",
        response_us=1000.0,
        service_us=900.0,
        sent_s=0.0,
        answered_s=0.001,
        headers={},
    )


def outcome_of(status: int) -> Outcome:
    """Return the outcome by status alone; 0 stands for no answer in time."""
    if status == 0:
        return Outcome.TIMEOUT
    if status == 429:
        return Outcome.RATE_LIMITED
    if status >= 500:
        return Outcome.SERVER_ERROR
    return Outcome.CLIENT_ERROR if status >= 400 else Outcome.OK


@pytest.fixture(autouse=True)
def _nobody_was_here_before() -> Iterator[None]:
    forget()
    yield
    forget()


def forget() -> None:
    """Forget what earlier sessions of this process left to later ones."""
    RECENT.clear()
    UNPAID.clear()
