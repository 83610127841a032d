"""What the audit reads through the API, against a shop without a socket."""

from dataclasses import dataclass, field
from datetime import date

import httpx
import pytest

from loadgen.audit.api_source import ApiSource
from loadgen.audit.budget import Budget
from loadgen.audit.scope import Scope
from records.readback import ReadbackEnd, Row, RowKind
from scenarios.library import load_target
from scenarios.target import Target
from tests.unit.loadgen.audit.scripted_shop import ScriptedShop, appointment

CLIENTS = {"ann": "client00001@sandbox.example"}


@pytest.fixture(autouse=True)
def _password(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SANDBOX_PASSWORD", "sandbox")


@dataclass
class Reading:
    """What came of one reading."""

    end: ReadbackEnd
    rows: list[Row]
    slept_s: list[float] = field(default_factory=list)

    def of(self, kind: RowKind) -> dict[int, Row]:
        return {row.id: row for row in self.rows if row.row is kind}


def scope_of(*numbers: int, everyone: bool = False, barbers: tuple[int, ...] = (1,)) -> Scope:
    days = (date(2026, 11, 30), date(2026, 12, 2))
    return Scope(barbers, everyone, dict.fromkeys(numbers, "guest@x.example"), *days)


def profile(**audit: object) -> Target:
    target = load_target("sandbox")
    return target.model_copy(update={"audit": target.audit.model_copy(update={"at_once": 1, **audit})})


def read(shop: ScriptedShop, scope: Scope, **audit: object) -> Reading:
    target = profile(**audit)
    rows: list[Row] = []
    slept_s: list[float] = []
    now_s = [0.0]

    def sleep(seconds: float) -> None:
        slept_s.append(seconds)
        now_s[0] += seconds

    budget = Budget(target.audit, now=lambda: now_s[0], sleep=sleep)
    source = ApiSource(target, scope, lambda: now_s[0], rows.extend, lambda _: None, budget, shop.transport())
    return Reading(source.read(), rows, slept_s)


def test_a_barbers_books_are_read_whole() -> None:
    shop = ScriptedShop({1: appointment(1), 2: appointment(2, start="2026-12-01T11:00:00", status="CONFIRMED")})
    shop.payments = [{"id": "5", "amount": 30.0, "status": "completed", "booking_id": 2, "refunded_amount": 10.5}]
    found = read(shop, scope_of(1, 2))
    assert (found.end.complete, found.end.because, found.end.barbers, found.end.everyone) == (True, "", (1,), False)
    assert found.of(RowKind.APPOINTMENT)[2].status == "confirmed"
    assert found.of(RowKind.APPOINTMENT)[1].owner_id == 51
    assert set(found.of(RowKind.SCHEDULE)) == {1, 2}
    payment = found.of(RowKind.PAYMENT)[5]
    assert (payment.amount_cents, payment.refunded_cents, payment.appointment_id) == (3000, 1050, 2)


def test_lists_longer_than_a_page_are_read_to_their_end() -> None:
    shop = ScriptedShop(
        {n: appointment(n, start=f"2026-12-{n % 28 + 1:02d}T{n // 28 + 1:02d}:00:00") for n in range(1, 251)}
    )
    found = read(shop, scope_of(*range(1, 251)))
    assert len(found.of(RowKind.APPOINTMENT)) == 250
    assert found.end.pages >= 3


def test_only_barbers_of_the_ledger_are_asked_unless_one_is_not_known() -> None:
    shop = ScriptedShop({1: appointment(1)})
    assert read(shop, scope_of(1)).end.barbers == (1,)
    everyone = read(shop, scope_of(1, everyone=True)).end
    assert (everyone.barbers, everyone.everyone) == ((1, 2), True)


def test_what_looks_wrong_is_read_twice_and_what_differs_is_not_steady() -> None:
    shop = ScriptedShop({1: appointment(1), 2: appointment(2)})
    assert all(row.steady for row in read(shop, scope_of(1, 2)).rows)
    assert shop.asked["/appointments/"] == 2

    def cancelled_meanwhile(request: httpx.Request) -> httpx.Response:
        del shop.instead["/barber-availability/schedule/1"]
        shop.appointments[2]["status"] = "cancelled"
        return shop._show("/barber-availability/schedule/1", "barber001@sandbox.example", request)

    shop.instead["/barber-availability/schedule/1"] = cancelled_meanwhile
    again = read(shop, scope_of(1, 2)).of(RowKind.APPOINTMENT)
    assert (again[1].steady, again[2].steady) == (True, False)


def test_an_appointment_that_nobody_shows_is_absent_by_the_word_of_somebody_who_sees_all() -> None:
    shop = ScriptedShop({1: appointment(1)})
    found = read(shop, scope_of(1, 9, barbers=(1, 2)))
    assert set(found.of(RowKind.ABSENT)) == {9}
    assert found.end.complete


def test_a_404_for_somebody_who_may_not_look_proves_nothing() -> None:
    shop = ScriptedShop({1: appointment(1)})
    shop.instead["/appointments/1"] = lambda _: httpx.Response(404)
    found = read(shop, scope_of(1, 9, barbers=(1, 2)))
    assert not found.of(RowKind.ABSENT)
    assert "1 appointments could not be asked for" in found.end.because


def test_an_appointment_on_no_list_is_found_one_by_one() -> None:
    shop = ScriptedShop({1: appointment(1), 2: appointment(2, start="2026-12-01T12:00:00")}, hidden={2})
    found = read(shop, scope_of(1, 2, barbers=(1, 2)))
    assert set(found.of(RowKind.APPOINTMENT)) == {1, 2}


def test_a_busy_shop_is_waited_for() -> None:
    shop = ScriptedShop({1: appointment(1)})

    def limited(request: httpx.Request) -> httpx.Response:
        del shop.instead["/payments/history"]
        return httpx.Response(429, headers={"Retry-After": "60"})

    shop.instead["/payments/history"] = limited
    found = read(shop, scope_of(1))
    assert found.end.complete
    assert 60.0 in found.slept_s


@pytest.mark.parametrize(
    ("path", "answer", "words"),
    [
        ("/payments/history", 404, "GET /payments/history: 404"),
        ("/barber-availability/schedule/1", 500, "GET /barber-availability/schedule/{id}: 500"),
        ("/auth/login", 401, "cannot sign in (401)"),
    ],
)
def test_what_cannot_be_read_is_named(path: str, answer: int, words: str) -> None:
    shop = ScriptedShop({1: appointment(1)}, instead={path: lambda _: httpx.Response(answer)})
    end = read(shop, scope_of(1)).end
    assert not end.complete
    assert words in end.because


def test_a_target_that_is_gone_is_told_in_one_line() -> None:
    def gone(request: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("connection refused", request=request)

    shop = ScriptedShop(instead={"/auth/login": gone})
    found = read(shop, scope_of(1))
    assert (found.rows, found.end.complete) == ([], False)
    assert found.end.because == "POST /auth/login: connection refused"


def test_the_reading_ends_with_its_budget() -> None:
    shop = ScriptedShop({1: appointment(1)})
    assert "3 requests of the profile are used up" in read(shop, scope_of(1), requests=3).end.because
    assert sum(shop.asked.values()) == 3


def test_requests_keep_the_pace_of_the_profile() -> None:
    found = read(ScriptedShop({1: appointment(1)}), scope_of(1), requests_per_s=2.0)
    assert sum(found.slept_s) == pytest.approx((found.end.requests - 1) / 2)


def test_each_account_presents_an_address_of_its_own() -> None:
    shop = ScriptedShop({1: appointment(1)})
    read(shop, scope_of(1, everyone=True))
    assert len(shop.addresses - {""}) == 2
