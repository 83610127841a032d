"""The audit's sample while a run goes on, against a real sandbox: a chair that is sold twice is seen, a correct shop is not accused."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from loadgen.run_folder import abort_asked
from records.environment import fingerprint, versions
from records.event import Event, EventKind
from records.folder import Appender, append_event, create_folder, write_manifest
from records.ledger import Answer, Entry, Write
from records.manifest import Manifest
from records.run import Run, read_run
from records.window import PAYMENT_FLOW, Outcome, Window
from rushhour import sampling
from scenarios.library import load_plan
from scenarios.plan import Plan
from tests.integration.sandbox.processes import Process, started

pytestmark = pytest.mark.integration

LEFT_S = 1.0  # of the run under way, for looks at all three barbers
WISH = {"date": (datetime.now(UTC) + timedelta(days=3)).date().isoformat(), "service": "Haircut", "barber_id": 2}


def plan_for(url: str, **audit: Any) -> Plan:
    plan = load_plan("weekly_regression", "sandbox", url=url)
    changed = plan.audit.model_copy(update={"sample_every": 0.1, "sample_barbers": 3, **audit})
    return plan.model_copy(update={"audit": changed})


def folder_of(results: Path, plan: Plan, now_s: float) -> Path:
    """Return the folder of a run that is `now_s` old, with a plan and an event."""
    folder = create_folder(results, "trial-1")
    began = datetime.now(UTC) - timedelta(seconds=now_s)
    write_manifest(folder, Manifest(
        run_id="trial-1", scenario_text="", plan=plan, started_at=began.isoformat(timespec="milliseconds"), workers=1, versions=versions(),
        commit=None, target_build=None, fingerprint=fingerprint(), command=("rushhour",), load_command=("locust",),
    ))  # fmt: skip
    append_event(folder, Event(0.0, EventKind.STAGE, "warm_up"))
    return folder


def book(shop: Process, client: int, hour: str) -> Entry:
    """Book the one slot as a client, and return what goes into the ledger."""
    who = {"email": f"client{client:05d}@sandbox.example", "password": "sandbox"}
    token = httpx.post(f"{shop.url}/api/v2/auth/login", json=who).json()["access_token"]
    answer = httpx.post(
        f"{shop.url}/api/v2/appointments/", json={**WISH, "time": hour}, headers={"Authorization": f"Bearer {token}"}
    )
    told = answer.json()
    is_booked = answer.status_code == 200
    return Entry(
        client, client + 0.1, Write.BOOK, Answer.ACKNOWLEDGED if is_booked else Answer.REFUSED, answer.status_code, who["email"], client,
        appointment_id=told.get("id"), barber_id=2, start_time=told.get("start_time"),
    )  # fmt: skip


def sampled(shop: Process, results: Path, hour: str) -> tuple[Run, list[Entry], str]:
    """Let two clients book one slot, sample what is left of a run, and return it, its bookings, and why it was to be aborted."""
    plan = plan_for(shop.url, stop_on_violation=True)
    written = [book(shop, client, hour) for client in (1, 2)]
    folder = folder_of(results, plan, plan.duration_s - LEFT_S)
    appender = Appender(folder)
    appender.windows([requests_of("GET /x", 0, 10_000)])
    appender.ledger(written)
    appender.close()
    sampling.accompany(folder)
    return read_run(folder), written, abort_asked(folder)


def alerts(run: Run) -> list[Event]:
    return [event for event in run.events if event.kind is EventKind.ALERT]


def test_a_chair_sold_twice_is_seen_during_the_run_and_ends_it_where_that_is_wanted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SANDBOX_PASSWORD", "sandbox")
    monkeypatch.setattr(sampling, "APART_S", 0.1)
    monkeypatch.setattr(sampling, "SETTLES_S", 0.1)
    with started("--fast", "--barbers", "3") as shop:
        run, written, aborted = sampled(shop, tmp_path / "correct", "10:00")
        assert [entry.answer for entry in written] == [Answer.ACKNOWLEDGED, Answer.REFUSED]
        assert (alerts(run), aborted) == ([], "")
        (note,) = [event for event in run.events if event.kind is EventKind.NOTE]
        assert int(note.detail.split()[0]) >= 3  # barbers looked at
        assert "not read" not in note.detail
        httpx.put(f"{shop.url}/sandbox/plants/double-booking")
        run, written, aborted = sampled(shop, tmp_path / "planted", "11:00")
    (alert,) = alerts(run)
    assert alert.name == "audit sample: no_double_booking"
    for entry in written:
        assert f"{entry.client} sent book" in alert.detail
        assert f" {entry.appointment_id} (" in alert.detail
    assert "no_double_booking" in aborted


def requests_of(operation: str, second: int, count: int) -> Window:
    return Window(second, operation, {Outcome.OK: count - 1, Outcome.REFUSED: 1}, [], [], 0)


def test_what_is_read_stays_within_its_share_of_the_load(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SANDBOX_PASSWORD", "sandbox")
    asked: list[str] = []

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(request.url.path)
        match request.url.path.removeprefix("/api/v2"):
            case "/auth/login":
                return httpx.Response(200, json={"access_token": "x"})
            case "/barbers/":
                found = [{"id": n, "email": f"barber{n:03d}@sandbox.example"} for n in range(1, 100)]
                return httpx.Response(200, json=found)
            case _:
                return httpx.Response(200, json={"appointments": [], "payments": [], "total": 0})

    plan = plan_for("http://shop.example", sample_barbers=50)
    folder = folder_of(tmp_path, plan, 0.0)
    appender = Appender(folder)
    now_s = 0.0
    sample = sampling.Sample(plan, folder, lambda: now_s, lambda _: None, httpx.MockTransport(answer))
    for second in range(60):
        now_s = float(second)
        appender.windows([requests_of("GET /x", second, 200), requests_of(PAYMENT_FLOW, second, 900)])
        assert list(sample.look()) == []
        assert len(asked) <= 0.01 * 200 * (second + 1)
    assert sample.barbers >= 10
    assert len(asked) == sample.requests
    sample.close()
    appender.close()
