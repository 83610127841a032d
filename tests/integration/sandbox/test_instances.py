"""Instances: several processes on one port and one database, one of them killed, and back again."""

import asyncio
import os
import signal
import socket
import time
from collections import Counter
from contextlib import suppress
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from typing import Any

import httpx
import psutil
import pytest

from tests.integration.sandbox.conftest import API
from tests.integration.sandbox.processes import Process, started, until

pytestmark = pytest.mark.integration

DAYS_AHEAD_S = 3 * 86_400


def day() -> str:
    return time.strftime("%Y-%m-%d", time.gmtime(time.time() + DAYS_AHEAD_S))


def signed_in(shop: Process) -> dict[str, str]:
    form = {"email": "client00001@sandbox.example", "password": "sandbox"}
    token = httpx.post(f"{shop.url}{API}/auth/login", json=form).json()["access_token"]
    return {"Authorization": f"Bearer {token}"}


def together(shop: Process, path: str, connections: int, **sent: Any) -> Counter[int]:
    """Return the statuses of one POST sent at once on so many connections, opened before."""

    async def all_of_them() -> list[httpx.Response]:
        clients = [httpx.AsyncClient(base_url=shop.url, timeout=20) for _ in range(connections)]
        for client in clients:
            await client.get("/health")
        answers = await asyncio.gather(*(client.post(path, **sent) for client in clients))
        for client in clients:
            await client.aclose()
        return answers

    return Counter(answer.status_code for answer in asyncio.run(all_of_them()))


def connections_of(pid: int) -> int:
    return len([each for each in psutil.Process(pid).net_connections("tcp") if each.status == "ESTABLISHED"])


def haircut(time_of_day: str) -> dict[str, Any]:
    return {"date": day(), "time": time_of_day, "service": "Haircut", "barber_id": 1}


def asked(connection: HTTPConnection) -> bool:
    """Tell whether a connection still answers."""
    try:
        connection.request("GET", "/health")
        return connection.getresponse().read() != b""
    except (ConnectionError, HTTPException):
        return False


def accepted_by_both(shops: tuple[Process, Process], hour: int, headers: dict[str, str]) -> bool:
    """Book one slot at two processes at once; tell whether both accept."""

    async def at_once() -> list[httpx.Response]:
        async with httpx.AsyncClient(headers=headers, timeout=20) as client:
            asked = (client.post(f"{shop.url}{API}/appointments/", json=haircut(f"{hour:02d}:00")) for shop in shops)
            return await asyncio.gather(*asked)

    return {answer.status_code for answer in asyncio.run(at_once())} == {200}


def answers(shop: Process) -> bool:
    with suppress(httpx.HTTPError):
        return httpx.get(f"{shop.url}/health", timeout=1).status_code == 200
    return False


def test_ready_line_names_the_parent_and_each_process() -> None:
    with started("--fast", "--instances", "3") as shop:
        assert shop.ready["pid"] == shop.process.pid
        assert len(set(shop.pids)) == 3
        assert shop.process.pid not in shop.pids
        assert [entry["state"] for entry in shop.log()] == ["start"] * 3
        assert sorted(entry["pid"] for entry in shop.log()) == sorted(shop.pids)


def test_connections_are_shared_evenly() -> None:
    with started("--fast", "--instances", "2", "--keep-alive-s", "60") as shop:
        port = int(shop.url.rpartition(":")[2])
        with_each: list[socket.socket] = []
        for _ in range(20):
            with_each.append(socket.create_connection(("127.0.0.1", port)))
            time.sleep(0.02)
        held = [connections_of(pid) for pid in shop.pids]
        for each in with_each:
            each.close()
    assert sum(held) == 20
    assert min(held) >= 7


def test_killed_instance_leaves_the_service_up_and_stays_dead() -> None:
    with started("--fast", "--instances", "2") as shop:
        victim, other = shop.pids
        os.kill(victim, signal.SIGKILL)
        until(lambda: shop.alive() == [other])
        assert all(answers(shop) for _ in range(20))
        end = next(entry for entry in shop.log() if entry["state"] == "end")
        assert (end["pid"], end["signal"], end["instance"]) == (victim, 9, 0)
        time.sleep(0.5)
        assert shop.alive() == [other]


def test_idle_connections_of_a_killed_instance_break_and_those_of_others_do_not() -> None:
    with started("--fast", "--instances", "2", "--keep-alive-s", "60") as shop:
        held = [HTTPConnection(shop.url.removeprefix("http://")) for _ in range(10)]
        assert [asked(each) for each in held] == [True] * 10
        os.kill(shop.pids[0], signal.SIGKILL)
        until(lambda: len(shop.alive()) == 1)
        still = [asked(each) for each in held]
        for each in held:
            each.close()
    assert 0 < still.count(True) < 10


def test_dead_instance_is_back_after_the_seconds_given_and_both_are_in_the_log() -> None:
    with started("--fast", "--instances", "2", "--restart-after-s", "1") as shop:
        os.kill(shop.pids[1], signal.SIGKILL)
        until(lambda: len(shop.alive()) == 1)
        until(lambda: len(shop.alive()) == 2)
        until(lambda: len([entry for entry in shop.log() if entry["state"] == "start"]) == 3)
        entries = shop.log()
        end = next(entry for entry in entries if entry["state"] == "end")
        again = entries[-1]
        assert (again["state"], again["instance"]) == ("start", 1)
        assert again["pid"] not in shop.pids
        assert 1.0 <= again["unix_s"] - end["unix_s"] < 4.0


def test_single_instance_that_dies_comes_back_and_the_queue_waits() -> None:
    with started("--fast", "--restart-after-s", "0.3") as shop:
        os.kill(shop.pids[0], signal.SIGKILL)
        assert httpx.get(f"{shop.url}/health", timeout=10).status_code == 200  # in the queue of the kernel meanwhile


def test_instance_is_killed_and_started_again_over_http() -> None:
    with started("--fast", "--instances", "2") as shop:
        assert httpx.delete(f"{shop.url}/sandbox/instances/1").json() == {"instance": 1, "state": "killed"}
        until(lambda: len(shop.alive()) == 1)
        refused = httpx.delete(f"{shop.url}/sandbox/instances/1")
        assert (refused.status_code, refused.json()["error"]["message"]) == (409, "instance 1: not alive; alive: [0]")
        assert httpx.put(f"{shop.url}/sandbox/instances/1").json() == {"instance": 1, "state": "started"}
        until(lambda: len(shop.alive()) == 2)
        assert httpx.put(f"{shop.url}/sandbox/instances/1").status_code == 409


def health_checks(shop: Process) -> float:
    """Return how often `/health` was answered, as the metrics tell."""
    lines = httpx.get(f"{shop.url}/metrics").text.splitlines()
    name = "http_request_duration_seconds_count"
    return sum(float(line.split()[-1]) for line in lines if line.startswith(name) and 'route="/health"' in line)


def test_metrics_tell_of_all_instances_whoever_answers_and_never_go_back() -> None:
    with started("--fast", "--instances", "2") as shop:
        for _ in range(20):
            httpx.get(f"{shop.url}/health")
        until(lambda: [health_checks(shop) for _ in range(6)] == [20.0] * 6)
        httpx.delete(f"{shop.url}/sandbox/instances/1")
        until(lambda: len(shop.alive()) == 1)
        assert health_checks(shop) == 20.0
        httpx.put(f"{shop.url}/sandbox/instances/1")
        until(lambda: len(shop.alive()) == 2)
        assert [health_checks(shop) for _ in range(6)] == [20.0] * 6


def test_plant_is_switched_in_all_instances_and_in_one_that_comes_back() -> None:
    with started("--fast", "--instances", "2", "--restart-after-s", "0") as shop:
        assert httpx.put(f"{shop.url}/sandbox/plants/errors", json={"seconds": 60}).status_code == 200
        os.kill(shop.pids[0], signal.SIGKILL)
        until(lambda: len(shop.alive()) == 2)
        seen = Counter(str(shop.get("/sandbox/plants")["on"]) for _ in range(30))
        assert seen == Counter({"['errors']": 30})
        assert httpx.delete(f"{shop.url}/sandbox/plants/errors").status_code == 200
        time.sleep(0.1)
        assert Counter(str(shop.get("/sandbox/plants")["on"]) for _ in range(30)) == Counter({"[]": 30})
        switched = [(entry["plant"], entry["state"]) for entry in shop.log() if entry["plant"]]
        assert switched == [("errors", "on"), ("errors", "off")]


def test_timed_plant_is_off_in_time_with_several_instances() -> None:
    with started("--fast", "--instances", "2") as shop:
        httpx.put(f"{shop.url}/sandbox/plants/cache-off", json={"seconds": 0.5})
        until(lambda: len(shop.log()) == 4)
        on, off = shop.log()[-2:]
        assert 0.5 <= off["unix_s"] - on["unix_s"] < 0.8


def test_crash_kills_the_instance_that_was_asked_and_no_other() -> None:
    with started("--fast", "--instances", "2") as shop:
        assert httpx.put(f"{shop.url}/sandbox/plants/crash").status_code == 200
        until(lambda: len(shop.alive()) == 1)
        assert [entry["plant"] for entry in shop.log() if entry["plant"]] == ["crash"]


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGKILL])
def test_end_of_the_parent_is_the_end_of_all(
    how: signal.Signals, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    with started("--fast", "--instances", "2") as shop:
        shop.process.send_signal(how)
        assert shop.process.wait(5) == (0 if how is signal.SIGTERM else -9)
        until(lambda: not any(psutil.pid_exists(pid) for pid in shop.pids), within_s=5)
        until(lambda: not list(tmp_path.iterdir()), within_s=5)


def test_parent_ends_when_all_are_dead_and_none_comes_back() -> None:
    with started("--fast", "--instances", "2") as shop:
        for pid in shop.pids:
            os.kill(pid, signal.SIGKILL)
        assert shop.process.wait(5) == 1
        assert "all instances are dead" in shop.process.communicate()[1]


def test_bookings_of_one_slot_across_processes_are_one() -> None:
    with started("--fast", "--instances", "2") as shop:
        statuses = together(shop, f"{API}/appointments/", 10, json=haircut("10:00"), headers=signed_in(shop))
    assert statuses == Counter({400: 9, 200: 1})


def test_double_booking_race_happens_between_two_processes_and_not_without_the_plant(tmp_path: Path) -> None:
    for plants, lowest, most in ((["--plant", "double-booking-race"], 1, 9), ([], 0, 0)):
        where = ["--database", str(tmp_path / f"shop{len(plants)}.sqlite3"), "--fast", *plants]
        with started(*where) as one, started(*where) as other:
            headers = signed_in(one)
            both = [accepted_by_both((one, other), hour, headers) for hour in range(9, 18)]
            again = httpx.post(f"{other.url}{API}/appointments/", json=haircut("09:00"), headers=headers)
        assert lowest <= both.count(True) <= most
        assert again.status_code == 400


def test_key_sent_at_once_to_several_processes_acts_once() -> None:
    with started("--fast", "--instances", "2") as shop:
        headers = signed_in(shop)
        number = httpx.post(f"{shop.url}{API}/appointments/", json=haircut("10:00"), headers=headers).json()["id"]
        headers = {**headers, "Idempotency-Key": "intent_0b0f8b7e-6d3c-4c0e-9d3a-1f2e3d4c5b6a"}
        statuses = together(shop, f"{API}/payments/create-intent", 10, json={"booking_id": number}, headers=headers)
        history = httpx.get(f"{shop.url}{API}/payments/history", headers=headers).json()
    assert statuses == Counter({200: 10})
    assert history["total"] == 1
