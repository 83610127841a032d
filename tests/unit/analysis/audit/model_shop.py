"""A correct shop and its customers, in memory and by the clock: answers that come late or never, people who click twice.

Writes take effect one after the other, at a moment between the send and the answer; where the answer is lost, at any moment after
the send, even after the target was read back, or never. What comes out is a ledger and what an audit would have read.
"""

import heapq
import random
from collections.abc import Callable, Generator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

from records.ledger import Answer, Entry, Write
from records.readback import Row, RowKind
from tests.unit.analysis.audit.build_books import BEGAN_S

DAY = datetime(2026, 12, 1, 9, tzinfo=UTC).replace(tzinfo=None)
PRICE_CENTS = 3000
READ_S = 1000.0
TIMEOUT_S = 5.0
Answered = tuple[Answer, dict[str, Any]]
Session = Generator[tuple[Write, dict[str, Any]], Answered, None]


@dataclass
class Shop:
    """The shop: one process, one write after the other."""

    appointments: dict[int, dict[str, Any]] = field(default_factory=dict)
    payments: dict[int, dict[str, Any]] = field(default_factory=dict)
    answers: dict[str, Answered] = field(default_factory=dict)

    def write(self, write: Write, wish: dict[str, Any], at_s: float) -> Answered:
        """Carry out one write; a key that was seen before brings the answer it brought then."""
        key = wish.get("key")
        if key is not None and key in self.answers:
            return self.answers[key]
        found: Answered = getattr(self, f"_{write.value}")(wish, at_s)
        if key is not None:
            self.answers[key] = found
        return found

    def _is_free(self, barber: int, start: datetime, minutes: int, but: int = 0) -> bool:
        end = start + timedelta(minutes=minutes)
        return not any(
            other["barber"] == barber and other["status"] != "cancelled" and other["start"] < end
            and start < other["start"] + timedelta(minutes=other["minutes"])
            for number, other in self.appointments.items() if number != but
        )  # fmt: skip

    def _book(self, wish: dict[str, Any], at_s: float) -> Answered:
        barber = wish["barber"] if wish["barber"] is not None else 7
        if not self._is_free(barber, wish["start"], wish["minutes"]):
            return Answer.REFUSED, {}
        number = len(self.appointments) + 1
        self.appointments[number] = {
            "barber": barber, "start": wish["start"], "minutes": wish["minutes"], "status": "scheduled", "owner": wish["owner"], "made": at_s,
        }  # fmt: skip
        return Answer.ACKNOWLEDGED, {"id": number, **self.appointments[number]}

    def _reschedule(self, wish: dict[str, Any], _at_s: float) -> Answered:
        mine = self.appointments[wish["id"]]
        if mine["status"] == "cancelled" or not self._is_free(
            mine["barber"], wish["start"], mine["minutes"], wish["id"]
        ):
            return Answer.REFUSED, {}
        mine["start"] = wish["start"]
        return Answer.ACKNOWLEDGED, {"id": wish["id"], **mine}

    def _cancel(self, wish: dict[str, Any], _at_s: float) -> Answered:
        mine = self.appointments[wish["id"]]
        if mine["status"] == "cancelled":
            return Answer.REFUSED, {}
        mine["status"] = "cancelled"
        return Answer.ACKNOWLEDGED, {"id": wish["id"], **mine}

    def _intent(self, wish: dict[str, Any], _at_s: float) -> Answered:
        begun = [number for number, payment in self.payments.items() if payment["appointment"] == wish["id"]]
        if self.appointments[wish["id"]]["status"] == "cancelled" or any(
            self.payments[n]["status"] != "pending" for n in begun
        ):
            return Answer.REFUSED, {}
        number = begun[0] if begun else len(self.payments) + 1
        self.payments.setdefault(number, {"appointment": wish["id"], "status": "pending", "back": 0})
        return Answer.ACKNOWLEDGED, {"payment": number}

    def _confirm(self, wish: dict[str, Any], _at_s: float) -> Answered:
        payment = self.payments[wish["payment"]]
        appointment = self.appointments[payment["appointment"]]
        if payment["status"] == "pending":
            if appointment["status"] == "cancelled":
                return Answer.REFUSED, {}
            payment["status"] = "completed"
            appointment["status"] = "confirmed"
        return (Answer.ACKNOWLEDGED, {}) if payment["status"] == "completed" else (Answer.REFUSED, {})

    def _refund(self, wish: dict[str, Any], _at_s: float) -> Answered:
        payment = self.payments[wish["payment"]]
        if payment["status"] == "pending" or payment["back"] + wish["cents"] > PRICE_CENTS:
            return Answer.REFUSED, {}
        payment["back"] += wish["cents"]
        payment["status"] = "refunded" if payment["back"] == PRICE_CENTS else "partially_refunded"
        return Answer.ACKNOWLEDGED, {}


@dataclass
class Day:
    """A simulated day; `lost_ratio` of the answers never come, `twice_ratio` of the clicks come twice."""

    seed: int
    customers: int = 12
    lost_ratio: float = 0.1
    twice_ratio: float = 0.15
    clocks_off_s: float = 0.0
    shop: Shop = field(default_factory=Shop)
    ledger: list[Entry] = field(default_factory=list)

    def __post_init__(self) -> None:
        """Run it."""
        self.rng = random.Random(self.seed)
        self._queue: list[tuple[float, int, Callable[[float], None]]] = []
        self._count = 0
        for number in range(self.customers):
            off_s = self.rng.uniform(-self.clocks_off_s, self.clocks_off_s)
            session = self._session(number)
            self._at(self.rng.uniform(0, 60), partial(self._begin, session, number, off_s))
        while self._queue and self._queue[0][0] < READ_S:
            at_s, _, happen = heapq.heappop(self._queue)
            happen(at_s)

    def _begin(self, session: Session, number: int, off_s: float, now_s: float) -> None:
        self._ask(session, next(session), now_s, number, off_s)

    def _at(self, at_s: float, happen: Callable[[float], None]) -> None:
        self._count += 1
        heapq.heappush(self._queue, (at_s, self._count, happen))

    def _session(self, number: int) -> Session:
        rng, owner = self.rng, 100 + number % 6
        is_guest = rng.random() < 0.15
        wish = {"barber": None if is_guest else rng.choice((7, 8)), "start": self._slot(), "minutes": rng.choice((30, 60)), "owner": None if is_guest else owner}  # fmt: skip
        answer, told = yield Write.BOOK, wish
        if answer is Answer.UNKNOWN and rng.random() < 0.5:
            answer, told = yield Write.BOOK, wish
        if answer is not Answer.ACKNOWLEDGED or is_guest:
            return
        appointment = told["id"]
        while rng.random() < 0.4:
            yield Write.RESCHEDULE, {"id": appointment, "start": self._slot(), "told": told}
        if rng.random() < 0.3:
            yield Write.CANCEL, {"id": appointment, "told": told}
            if rng.random() < 0.5:
                return
        key = f"intent_{number}"
        answer, begun = yield Write.INTENT, {"id": appointment, "key": key}
        if answer is Answer.UNKNOWN:
            answer, begun = yield Write.INTENT, {"id": appointment, "key": key}
        if answer is not Answer.ACKNOWLEDGED:
            return
        payment = begun["payment"]
        for attempt in range(2):
            answer, _ = yield Write.CONFIRM, {"id": appointment, "payment": payment, "key": f"confirm_{number}"}
            if answer is not Answer.UNKNOWN or attempt:
                break
        for attempt in range(3):
            if rng.random() < 0.5:
                cents = rng.choice((1000, PRICE_CENTS))
                yield Write.REFUND, {"payment": payment, "cents": cents, "key": f"refund_{number}_{attempt}"}

    def _slot(self) -> datetime:
        return DAY + timedelta(minutes=30 * self.rng.randrange(8))

    def _ask(
        self, session: Session, asked: tuple[Write, dict[str, Any]], now_s: float, number: int, off_s: float
    ) -> None:
        """Send a request, sometimes a second one at the same time, and go on with the first one's answer."""
        self._send(asked, now_s, number, off_s, session)
        if self.rng.random() < self.twice_ratio:
            self._send(asked, now_s + self.rng.uniform(0, 0.02), number, off_s, None)

    def _send(
        self, asked: tuple[Write, dict[str, Any]], sent_s: float, number: int, off_s: float, session: Session | None
    ) -> None:
        lost = self.rng.random() < self.lost_ratio
        effect_s = sent_s + self.rng.expovariate(1 / 0.05)
        answered_s = effect_s + self.rng.expovariate(1 / 0.05)
        if lost:
            answered_s = sent_s + TIMEOUT_S
            effect_s = self.rng.choice((effect_s, sent_s + self.rng.uniform(0, 60), READ_S + 1))
        held: list[Answered] = []
        self._at(effect_s, lambda now: held.append(self.shop.write(*asked, now)))
        self._at(
            answered_s,
            lambda now: self._hear(
                asked, sent_s, now, number, off_s, (Answer.UNKNOWN, {}) if lost else held[0], session
            ),
        )

    def _hear(
        self, asked: tuple[Write, dict[str, Any]], sent_s: float, now_s: float, number: int, off_s: float, answered: Answered, session: Session | None
    ) -> None:  # fmt: skip
        self.ledger.append(self._entry(asked, sent_s + off_s, now_s + off_s, number, answered))
        if session is not None:
            try:
                following = session.send(answered)
            except StopIteration:
                return
            self._at(
                now_s + self.rng.expovariate(1 / 2.0), lambda at_s: self._ask(session, following, at_s, number, off_s)
            )

    def _entry(  # noqa: PLR0911 - one for each write
        self, asked: tuple[Write, dict[str, Any]], sent_s: float, answered_s: float, number: int, answered: Answered
    ) -> Entry:
        (write, wish), (answer, told) = asked, answered
        status = {Answer.ACKNOWLEDGED: 200, Answer.REFUSED: 400, Answer.UNKNOWN: 0}[answer]
        base = Entry(
            sent_s=round(sent_s, 6), answered_s=round(answered_s, 6), write=write, answer=answer, status=status,
            client=f"client{number % 6}" if wish.get("owner", 0) is not None else f"guest{number}", session=number,
            business=True if answer is Answer.REFUSED else None, service=f"{wish['minutes']} minutes" if "minutes" in wish else None,
        )  # fmt: skip
        match write:
            case Write.BOOK if wish["owner"] is None or answer is not Answer.ACKNOWLEDGED:
                return base._replace(
                    appointment_id=told.get("id"), barber_id=wish["barber"], start_time=wish["start"].isoformat()
                )
            case Write.BOOK:
                return base._replace(appointment_id=told["id"], barber_id=told["barber"], start_time=told["start"].isoformat(),
                    duration_minutes=told["minutes"], owner_id=told["owner"])  # fmt: skip
            case Write.RESCHEDULE:
                return base._replace(appointment_id=wish["id"], barber_id=wish["told"]["barber"], duration_minutes=wish["told"]["minutes"],
                    start_time=wish["start"].isoformat())  # fmt: skip
            case Write.CANCEL:
                return base._replace(
                    appointment_id=wish["id"],
                    barber_id=wish["told"]["barber"],
                    start_time=wish["told"]["start"].isoformat(),
                )
            case Write.INTENT:
                return base._replace(appointment_id=wish["id"], payment_id=told.get("payment"), key=wish["key"])
            case Write.CONFIRM:
                return base._replace(
                    appointment_id=wish["id"], payment_id=wish["payment"], amount_cents=PRICE_CENTS, key=wish["key"]
                )
            case _:
                return base._replace(payment_id=wish["payment"], amount_cents=wish["cents"], key=wish["key"])

    def rows(self) -> list[Row]:
        """Return what an audit reads: appointments, the schedules, payments."""
        found = []
        for number, held in self.shop.appointments.items():
            made = datetime.fromtimestamp(BEGAN_S + held["made"], UTC).replace(tzinfo=None).isoformat()
            row = Row(RowKind.APPOINTMENT, number, READ_S, barber_id=held["barber"], owner_id=held["owner"], status=held["status"],
                start_time=held["start"].isoformat(), duration_minutes=held["minutes"], created_at=made)  # fmt: skip
            found.append(row)
            if held["status"] != "cancelled":
                found.append(row._replace(row=RowKind.SCHEDULE, created_at=None))
        for number, payment in self.shop.payments.items():
            barber = self.shop.appointments[payment["appointment"]]["barber"]
            found.append(Row(RowKind.PAYMENT, number, READ_S, barber_id=barber, status=payment["status"], appointment_id=payment["appointment"],
                amount_cents=PRICE_CENTS, refunded_cents=payment["back"]))  # fmt: skip
        return found
