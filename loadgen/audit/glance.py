"""A glance at one barber's books while the load goes on: a few pages, by the barber's own account, each a request that is counted.

A sign-in each time: a token may have run out since the last glance, which may be an hour ago.
"""

import itertools
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import httpx

from loadgen.accounts import Account, load_accounts
from loadgen.addresses import address_header
from loadgen.audit.budget import Budget
from loadgen.audit.shop_reader import ShopReader, UnreadableError, barbers_of, open_client
from loadgen.audit.shown import appointment_row, payment_row
from records.readback import Row
from scenarios.target import Target

FIRST_ADDRESS = 60_000_000  # numbers of people who are neither a session of the run nor of the audit after it
APPOINTMENT_PAGES, PAYMENT_PAGES = 3, 2  # of 100, the newest first: what the run has just written
MOST_REQUESTS = 1 + APPOINTMENT_PAGES + PAYMENT_PAGES  # of one glance, with its sign-in
REQUESTS_PER_S = 10.0  # the pace of a person in a hurry
FOR_EVER_S = 30 * 86400.0  # longer than any run: the sample ends with it
MOST_SAMPLE_REQUESTS = 1_000_000  # of a week, at a pace that a share of the load never reaches


class Glances:
    """Looks at the barbers of one target; nothing is sent before `barbers`. `transport` is for tests."""

    def __init__(
        self,
        target: Target,
        now_s: Callable[[], float],
        sleep: Callable[[float], None],
        transport: httpx.BaseTransport | None = None,
    ) -> None:
        assert target.staff is not None
        pace = {"requests_per_s": REQUESTS_PER_S, "requests": MOST_SAMPLE_REQUESTS, "within": FOR_EVER_S}
        self._target = target
        self._now_s = now_s
        self._budget = Budget(target.audit.model_copy(update=pace), now_s, sleep)
        self._client = open_client(target, 1, transport)
        self._accounts = {account.email.lower(): account for account in load_accounts(target.staff)}
        self._seats: dict[int, Account] = {}
        self._numbers = itertools.count(FIRST_ADDRESS)

    @property
    def requests(self) -> int:
        """Return how many requests were sent so far."""
        return self._budget.requests

    def barbers(self) -> Sequence[int]:
        """Return the barbers who have an account in the profile, sorted; asked for once. Raise UnreadableError."""
        if not self._seats:
            reader = self._reader(next(iter(self._accounts.values())))
            reader.sign_in()
            emails = barbers_of(reader)
            self._seats = {number: self._accounts[email] for number, email in emails.items() if email in self._accounts}
            if not self._seats:
                raise UnreadableError(f"no barber has an account in the profile {self._target.name}")
        return sorted(self._seats)

    def open(self, barber_id: int) -> "Seat":
        """Return the seat of a barber, signed in; raise UnreadableError."""
        reader = self._reader(self._seats[barber_id])
        reader.sign_in()
        return Seat(reader, barber_id, self._now_s)

    def close(self) -> None:
        """Close the connection."""
        self._client.close()

    def _reader(self, account: Account) -> ShopReader:
        header = address_header(self._target, 0, next(self._numbers)) or {}
        return ShopReader(self._client, self._budget, account, header, tries=1)


@dataclass(slots=True)
class Seat:
    """One barber's account, ready to read."""

    reader: ShopReader
    barber_id: int
    now_s: Callable[[], float]

    def look(self) -> list[Row]:
        """Return the newest appointments in the chair and the newest payments for its work; raise UnreadableError."""
        rows: list[Row | None] = []
        for items, _ in itertools.islice(self.reader.pages("/appointments/", "appointments"), APPOINTMENT_PAGES):
            at_s = round(self.now_s(), 3)
            rows += [appointment_row(item, at_s) for item in items]
        payments = self.reader.pages("/payments/history", "payments", page_size="page_size")
        for items, _ in itertools.islice(payments, PAYMENT_PAGES):
            at_s = round(self.now_s(), 3)
            rows += [payment_row(item, self.barber_id, at_s) for item in items]
        return [row for row in rows if row is not None and row.barber_id in {None, self.barber_id}]
