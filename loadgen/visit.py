"""A visit: one session of one virtual person, with everything the journeys may do."""

import math
import random
import time
import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import cached_property, partial
from typing import Any, NamedTuple

import orjson
from gevent import GreenletExit

from loadgen.accounts import Account
from loadgen.addresses import address_header
from loadgen.alarm import sleep_until
from loadgen.http import REDIRECT, Exchange, FailureClass, HttpSession, Response
from loadgen.outcome import error_of, outcome_of
from loadgen.surroundings import Surroundings
from loadgen.together import together
from records.journey import Milestone
from records.ledger import Answer, Entry, Write
from records.window import Outcome
from scenarios.library import load_mix
from scenarios.mix import Persona, Step
from scenarios.provoke import Provocation
from scenarios.target import Target

COMPANION_STRIDE = 7919  # between the addresses of people who come together, so that none is the next session's


# Members of an enum are looked up anew at each use, 0.2 us in Python 3.11; these are asked for with every request.
_OK, _CLIENT_ERROR, _SERVER_ERROR, _REFUSED = Outcome.OK, Outcome.CLIENT_ERROR, Outcome.SERVER_ERROR, Outcome.REFUSED
_ABORTED = FailureClass.ABORTED


class Reply(NamedTuple):
    """What a request brought. Latencies in us, times in seconds from the run's start; `body` is parsed JSON or None.

    A tuple, since one is made for every request: a frozen dataclass takes five times as long to make.
    """

    outcome: Outcome
    status: int
    body: Any
    text: str
    why: str
    response_us: float
    service_us: float
    sent_s: float
    answered_s: float
    headers: Mapping[str, str]

    @property
    def ok(self) -> bool:
        """Tell whether the request did what it was meant to."""
        return self.outcome is _OK


@dataclass(slots=True)
class Life:
    """Whether a session was killed while a request was in flight; one for all people of a session."""

    killed: bool = False


class Visit:
    """One session. All choices come from `rng`, which depends on the seed and the session's number alone.

    Greenlets may share a visit (`together`): the client reports an exchange and returns, or raises, without giving way in
    between, so that what `_observe` keeps is taken by the very call of `send` that it belongs to.
    """

    def __init__(
        self,
        around: Surroundings,
        persona: Persona,
        number: int,
        intended_at: float | None,
        *,
        place: int = 0,
        life: Life | None = None,
    ) -> None:
        """Begin the session meant to start at `intended_at` on the monotonic clock.

        A companion has a `place` from 1 on beside the person whose session it is, and shares that one's life.
        """
        self.number = number
        self.persona = persona
        self.mix = around.mix
        self.today: date = datetime.now(UTC).date()
        self.account: Account | None = None
        self._companions: list[Visit] = []
        self._place = place
        self._life = life or Life()
        self.client = f"guest{number}.{place}" if place else f"guest{number}"
        self.webhook_secret = around.webhook_secret
        self.target = around.target
        self._around = around
        self._second = 0 if intended_at is None else max(0, math.floor(around.clock.second(intended_at)))
        self._next_intended = intended_at
        self._last: Exchange | None = None
        self._aborted: Exchange | None = None
        self._token = ""
        self._bearer: dict[str, str] = {}
        self._http = HttpSession(
            around.target.url,
            timeout_s=around.target.request_timeout,
            verify_tls=around.target.verify_tls,
            headers=address_header(around.target, around.seed + place * COMPANION_STRIDE, number),
            observer=self._observe,
            counters=around.counters,
            proxies=around.proxies,
        )

    @classmethod
    def alone(cls, target: Target, persona: Persona, seed: int = 1, number: int = 0) -> "Visit":
        """Return a visit outside any run: nothing is written, thinking takes no time."""
        around = Surroundings.of(target, load_mix("everyday"), seed=seed, time_scale=0.0)
        around.clock.zero = time.monotonic()
        return cls(around, persona, number, time.monotonic())

    @cached_property
    def rng(self) -> random.Random:
        """The dice of this session; loaded when first thrown, for that costs a tenth of a request."""
        place = f":{self._place}" if self._place else ""
        return random.Random(f"{self._around.seed}:{self.number}{place}")

    def companion(self) -> "Visit":
        """Return another person who acts beside this one, with a connection, an address and choices of their own.

        They leave with this session and count in no funnel; an account they lease themselves.
        """
        self.check_alive()
        place = len(self._companions) + 1
        other = Visit(self._around, self.persona, self.number, None, place=place, life=self._life)
        self._companions.append(other)
        return other

    def together(self, calls: Sequence[Callable[[], Reply]]) -> list[Reply]:
        """Return the replies to calls made at the same moment, in their order (`loadgen.together`).

        All count from one intended start: the end of the thought before, or now.
        """
        self.check_alive()
        intended = time.monotonic() if self._next_intended is None else self._next_intended
        try:
            return together([partial(self._begin_at, intended, call) for call in calls])
        finally:
            self._next_intended = None

    def _begin_at(self, intended: float, call: Callable[[], Reply]) -> Reply:
        self._next_intended = intended
        return call()

    def lease_client(self) -> Account:
        """Return a client account for this session; raise OutOfAccounts."""
        return self._take(self._around.clients.lease())

    def lease_payer(self) -> Account:
        """Return a client account that may still pay; raise OutOfAccounts."""
        return self._take(self._around.clients.lease_payer())

    def lease_staff(self) -> Account:
        """Return a barber's account; raise OutOfAccounts."""
        return self._take(self._around.staff.lease())

    def think(self, step: Step) -> None:
        """Sleep the think time of a step; the next request is meant to start when it ends."""
        self.check_alive()
        seconds = self.mix.think[step.value].draw_s(self.rng) * self._around.time_scale
        self._next_intended = time.monotonic() + seconds
        sleep_until(self._next_intended)

    def coming_second(self, lead_s: float) -> int:
        """Return the first full second of the run that is at least `lead_s` away: a moment that all workers share."""
        return math.ceil(self._around.clock.now() + lead_s)

    def wait_for_second(self, second: int) -> None:
        """Sleep until a full second of the run, when the next request is meant to start.

        Where thinking takes no time, waiting takes none.
        """
        self.check_alive()
        if self._around.time_scale == 0.0:
            return
        moment = self._around.clock.monotonic(second)
        self._next_intended = max(moment, time.monotonic())
        sleep_until(moment)

    def provocation(self, *kinds: Provocation) -> Provocation | None:
        """Return which of these provocations happens here, at most one; nothing is drawn where the mix has none of them."""
        shares = [self.mix.provoke.ratio(kind) for kind in kinds]
        if not any(shares):
            return None
        drawn = self.rng.random()
        for kind, share in zip(kinds, shares, strict=True):
            if drawn < share:
                return kind
            drawn -= share
        return None

    def chance(self, ratio: float) -> bool:
        """Tell whether something with this probability happens."""
        return self.rng.random() < ratio

    def reach(self, milestone: Milestone) -> None:
        """Count that this session reached a milestone; what a killed one would have reached nobody knows."""
        if self._life.killed or self._place:
            return
        self._around.recorder.milestone(self._second, self.persona.value, milestone)

    def new_key(self, prefix: str) -> str:
        """Return an idempotency key, `<prefix>_<uuid4>`: new in each run, or a target would take a second run for retries."""
        return f"{prefix}_{uuid.uuid4()}"

    def send(  # noqa: PLR0913 - what a request may have, all by keyword
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
        """Send one request, record it under `operation`, and return what came. Never raises for HTTP or the network.

        `keys` must be in a 2xx answer (in the first item of a list), else the outcome is `server_error`. Where
        `refusal` says so of a 4xx answer, the outcome is `refused`: business, no failure. A request that is killed in flight
        comes back as `aborted`, so that a write is entered as unknown; the session ends at its next request or thought.
        """
        if token is not None:
            if token is not self._token:
                self._token, self._bearer = token, {"Authorization": f"Bearer {token}"}
            headers = {**headers, **self._bearer} if headers else self._bearer
        self.check_alive()
        intended, self._next_intended = self._next_intended, None
        try:
            response = self._http.request(
                method,
                path,
                name=operation,
                json=json,
                data=data,
                params=params,
                headers=headers,
                intended_at=intended,
            )
        except GreenletExit:
            return self._die_in_flight()
        exchange, self._last = self._last, None
        assert exchange is not None, "the client reports every request"
        return self._finish(operation, exchange, response, refusal, keys)

    def record_flow(self, operation: str, response_us: float, outcome: Outcome) -> None:
        """Record a flow of several requests as one value in us, without thinking; a killed one has no value."""
        if self._life.killed or self._place:
            return
        self._around.recorder.request(operation, outcome, self._second, response_us, response_us, 0)
        self._around.recorder.requests_counted -= 1

    def enter(  # noqa: PLR0913 - what a ledger entry may have, all by keyword
        self,
        write: Write,
        reply: Reply,
        *,
        appointment_id: int | None = None,
        barber_id: int | None = None,
        start_time: str | None = None,
        duration_minutes: int | None = None,
        payment_id: int | None = None,
        amount_cents: int | None = None,
        key: str | None = None,
        reference: str | None = None,
        provoked: Provocation | None = None,
        repeat: int = 0,
        owner_id: int | None = None,
        service: str | None = None,
    ) -> None:
        """Put one write into the ledger with what it was told; `repeat` counts what was asked for before, from 1."""
        entry = Entry(
            sent_s=round(reply.sent_s, 6),
            answered_s=round(reply.answered_s, 6),
            write=write,
            answer=_answer(reply.outcome),
            status=reply.status,
            client=self.client,
            session=self.number,
            appointment_id=appointment_id,
            barber_id=barber_id,
            start_time=start_time,
            duration_minutes=duration_minutes,
            payment_id=payment_id,
            amount_cents=amount_cents,
            key=key,
            reference=reference,
            provoked=None if provoked is None else provoked.value,
            repeat=repeat or None,
            owner_id=owner_id,
            business=True if reply.outcome is _REFUSED else None,
            service=service,
        )
        self._around.recorder.entry(entry)

    def close(self) -> None:
        """Close this person's connection, and leave no cycle behind: a session's memory is free at once (`loadgen.collector`)."""
        self._http.close()
        self._http.observer = None
        while self._companions:
            self._companions.pop().close()

    def _take(self, account: Account) -> Account:
        self.account = account
        self.client = account.email
        return account

    def check_alive(self) -> None:
        """Raise GreenletExit where this session was killed while a request was in flight."""
        if self._life.killed:
            raise GreenletExit

    def _die_in_flight(self) -> Reply:
        exchange, self._aborted = self._aborted, None
        if exchange is None:  # killed before the request began: nothing was sent
            raise GreenletExit
        self._life.killed = True
        nothing = Response(exchange.url, 0, (), b"")
        return self._reply(exchange, nothing, Outcome.ABORTED, None, exchange.failure_text)

    def _observe(self, exchange: Exchange) -> None:
        """Keep the exchange for `send`; record at once what it will not see: a redirect hop, a killed request."""
        failure = exchange.failure
        if failure is _ABORTED or exchange.name.endswith(REDIRECT):
            self._record(exchange.name, exchange, outcome_of(exchange), exchange.response_us, exchange.service_us)
            self._aborted = exchange if failure is _ABORTED else None
        else:
            self._last = exchange

    def _finish(
        self,
        operation: str,
        exchange: Exchange,
        response: Response,
        refusal: Callable[[Reply], bool] | None,
        keys: tuple[str, ...],
    ) -> Reply:
        outcome = outcome_of(exchange)
        body, why = _parsed(response.content, keys if outcome is _OK else ())
        if why:
            outcome = _SERVER_ERROR
        reply = self._reply(exchange, response, outcome, body, why or exchange.failure_text)
        if outcome is _CLIENT_ERROR and refusal is not None and refusal(reply):
            outcome = _REFUSED
            reply = reply._replace(outcome=outcome, why="")
        self._record(operation, exchange, outcome, reply.response_us, reply.service_us, why)
        return reply

    def _reply(self, exchange: Exchange, response: Response, outcome: Outcome, body: Any, why: str) -> Reply:
        second = self._around.clock.second
        return Reply(
            outcome,
            exchange.status,
            body,
            response.text if body is None else "",
            why,
            exchange.response_us,
            exchange.service_us,
            second(exchange.started_at),
            second(exchange.ended_at),
            response.headers,
        )

    def _record(
        self,
        operation: str,
        exchange: Exchange,
        outcome: Outcome,
        response_us: float,
        service_us: float,
        shape: str = "",
    ) -> None:
        around = self._around
        around.recorder.request(
            operation,
            outcome,
            around.clock.second(exchange.intended_at),
            response_us,
            service_us,
            exchange.response_bytes,
            None if outcome is _OK or outcome is _REFUSED else error_of(exchange, shape),
        )
        if around.listener is not None:
            around.listener(operation, exchange, outcome, response_us)


def _parsed(content: bytes, keys: tuple[str, ...]) -> tuple[Any, str]:
    """Return the parsed body and what is wrong with its shape ("" where nothing is, or no keys are asked for)."""
    if not content:
        return None, f"an empty answer, expected {', '.join(keys)}" if keys else ""
    try:
        body = orjson.loads(content)
    except ValueError:
        return None, "an answer that is not JSON" if keys else ""
    if not keys:
        return body, ""
    holder = body[0] if isinstance(body, list) and body else body
    if isinstance(holder, list):  # an empty list has no first item to look at
        return body, ""
    missing = [key for key in keys if not isinstance(holder, dict) or key not in holder]
    return body, f"another shape: no {', '.join(missing)} in the answer" if missing else ""


def _answer(outcome: Outcome) -> Answer:
    match outcome:
        case Outcome.OK:
            return Answer.ACKNOWLEDGED
        case Outcome.REFUSED | Outcome.CLIENT_ERROR | Outcome.RATE_LIMITED:
            return Answer.REFUSED
        case _:
            return Answer.UNKNOWN
