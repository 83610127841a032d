"""A shop in memory, and customers who ask it over ASGI: no socket, no modelled time unless a test wants it."""

import asyncio
import datetime
import os
import uuid
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import httpx
import psycopg
import pytest

from sandbox.app import application
from sandbox.options import Options
from sandbox.shop import Shop, open_shop
from sandbox.store.cluster import Cluster, ClusterError

NOW = datetime.datetime(2026, 11, 25, 7, 0, tzinfo=datetime.UTC)
TOMORROW = "2026-11-26"
CLIENT, OTHER_CLIENT, BARBER, ADMIN = "client00001", "client00002", "barber001", "admin"
API = "/api/v2"


@dataclass
class Clock:
    """A clock that stands still until it is moved; s since 1970."""

    unix_s: float = field(default_factory=NOW.timestamp)

    def __call__(self) -> float:
        """Return the time."""
        return self.unix_s


class Counterpart:
    """One shop and all who ask it."""

    def __init__(self, shop: Shop, clock: Clock) -> None:
        self.shop, self.clock = shop, clock
        transport = httpx.ASGITransport(application(shop), raise_app_exceptions=False)
        self._http = httpx.AsyncClient(transport=transport, base_url="http://sandbox")
        self._runner = asyncio.Runner()
        self._tokens: dict[str, str] = {}

    def ask(self, method: str, path: str, who: str | None = None, **sent: Any) -> httpx.Response:
        """Send one request and return its answer; `who` is the part of the e-mail address before the @."""
        return self.ask_together([(method, path, who, sent)])[0]

    def ask_together(self, asked: Sequence[tuple[str, str, str | None, dict[str, Any]]]) -> list[httpx.Response]:
        """Send requests all at once and return their answers in the same order."""
        ready = [(method, path, self._headed(who, sent)) for method, path, who, sent in asked]

        async def all_of_them() -> list[httpx.Response]:
            return await asyncio.gather(*(self._http.request(method, path, **sent) for method, path, sent in ready))

        return self._runner.run(all_of_them())

    def sign_in(self, who: str) -> dict[str, Any]:
        """Sign in and return the tokens."""
        form = {"email": f"{who}@sandbox.example", "password": "sandbox"}
        answer = self._runner.run(self._http.post(f"{API}/auth/login", json=form))
        assert answer.status_code == 200, answer.text
        tokens: dict[str, Any] = answer.json()
        return tokens

    def forget_tokens(self) -> None:
        """Sign everyone in again at their next request."""
        self._tokens.clear()

    def book(self, time: str = "10:00", who: str = CLIENT, **wish: Any) -> httpx.Response:
        """Book a haircut tomorrow, with barber 1 where nothing else is said; barber_id=None books anyone."""
        wish = {"date": TOMORROW, "time": time, "service": "Haircut", "barber_id": 1, **wish}
        return self.ask("POST", f"{API}/appointments/", who, json=wish)

    def pay(self, booking_id: int, who: str = CLIENT, **headers: str) -> httpx.Response:
        """Begin to pay and confirm; return the answer to the confirmation."""
        intent = self.ask("POST", f"{API}/payments/create-intent", who, json={"booking_id": booking_id}).json()
        form = {"booking_id": booking_id, "payment_intent_id": intent["payment_intent_id"]}
        return self.ask("POST", f"{API}/payments/confirm", who, json=form, headers=headers)

    def free_times(self, day: str = TOMORROW, **query: Any) -> list[str]:
        """Return the free times of a day."""
        answer = self.ask("GET", f"{API}/appointments/slots", params={"appointment_date": day, **query})
        return [slot["time"] for slot in answer.json()["slots"] if slot["available"]]

    def close(self) -> None:
        """Close the shop."""
        self._runner.run(self._http.aclose())
        self._runner.close()
        self.shop.close()

    def _headed(self, who: str | None, sent: dict[str, Any]) -> dict[str, Any]:
        if who is None:
            return sent
        if who not in self._tokens:
            self._tokens[who] = self.sign_in(who)["access_token"]
        return {**sent, "headers": {"Authorization": f"Bearer {self._tokens[who]}", **sent.get("headers", {})}}


OpenShop = Callable[..., Counterpart]


@pytest.fixture
def open_for_business() -> Iterator[OpenShop]:
    """Return what opens a shop with some options; it is closed at the end."""
    opened: list[Counterpart] = []

    def of(path: str = ":memory:", **options: Any) -> Counterpart:
        clock = Clock()
        chosen = Options(**{"fast": True, "barbers": 4, "clients": 20, **options})
        opened.append(Counterpart(open_shop(chosen, path, clock), clock))
        return opened[-1]

    yield of
    for each in opened:
        each.close()


@pytest.fixture
def shop(open_for_business: OpenShop) -> Counterpart:
    """Return a correct shop without modelled time."""
    return open_for_business()


@pytest.fixture(scope="session")
def cluster() -> Iterator[Cluster]:
    """Return a PostgreSQL of our own. Where there is none the tests that want it are skipped, and fail in CI."""
    try:
        made = Cluster()
    except ClusterError as error:
        if os.environ.get("CI"):
            pytest.fail(str(error), pytrace=False)
        pytest.skip(str(error))
    with made:
        yield made


@pytest.fixture
def postgresql(cluster: Cluster) -> str:
    """Return the address of an empty database."""
    name = f"shop_{uuid.uuid4().hex}"
    with psycopg.connect(cluster.address, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}".encode())
    return f"{cluster.address.rpartition('/')[0]}/{name}"


@pytest.fixture(params=["sqlite", "postgresql"])
def address(request: pytest.FixtureRequest) -> str:
    """Return where a shop's data are to be: the tests that ask for it run once on each database."""
    if request.param == "sqlite":
        return ":memory:"
    found: str = request.getfixturevalue("postgresql")
    return found
