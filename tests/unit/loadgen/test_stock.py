"""What Locust's own statistics hold after a batch is what they would have held request by request."""

import random
from typing import Any

import pytest

from loadgen.http import Exchange
from records.window import Outcome

with pytest.MonkeyPatch.context() as patch:  # importing Locust patches the process: not that of the tests
    patch.setenv("LOCUST_SKIP_MONKEY_PATCH", "1")
    from locust.env import Environment
    from locust.stats import RequestStats

    from loadgen.stock import StockStatistics, stock_listener

FIELDS = (
    "num_requests", "num_none_requests", "num_failures", "total_response_time", "min_response_time", "max_response_time",
    "total_content_length", "response_times", "num_reqs_per_sec", "num_fail_per_sec", "last_request_timestamp",
)  # fmt: skip


@pytest.fixture
def environment(monkeypatch: pytest.MonkeyPatch) -> Environment:
    monkeypatch.setattr("time.time", lambda: 1_000_000.6)
    return Environment(catch_exceptions=False)


def held(stats: RequestStats) -> dict[tuple[str, str], dict[str, Any]]:
    entries = {**stats.entries, ("", "total"): stats.total}
    return {key: {field: getattr(entry, field) for field in FIELDS} for key, entry in entries.items()}


def test_entries_are_those_of_locust_itself(environment: Environment) -> None:
    rng = random.Random(1)
    requests: list[Any] = [
        (rng.choice(["GET", "POST"]), "/slots", rng.lognormvariate(4, 2), rng.randrange(900)) for _ in range(500)
    ]
    requests += [("GET", "/none", None, 0), ("GET", "/zero", 0.0, 10)]
    itself = RequestStats()
    for request in requests:
        itself.log_request(*request)
    batched = StockStatistics(environment)
    for request in requests:
        environment.stats.log_request(*request)
    assert environment.stats.total.num_requests == 0
    batched.fold()
    ours, theirs = held(environment.stats), held(itself)
    assert ours.keys() == theirs.keys()
    for key in theirs:
        assert ours[key].pop("total_response_time") == pytest.approx(theirs[key].pop("total_response_time"))
        assert ours[key] == theirs[key]


def test_requests_belong_to_the_second_they_came_in(environment: Environment, monkeypatch: pytest.MonkeyPatch) -> None:
    batched = StockStatistics(environment)
    environment.stats.log_request("GET", "/a", 1, 1)
    monkeypatch.setattr("time.time", lambda: 1_000_001.01)  # the batch is folded when its quarter of a second is over
    batched.fold()
    environment.stats.log_request("GET", "/a", 1, 1)
    batched.fold()
    assert dict(environment.stats.total.num_reqs_per_sec) == {1_000_000: 1, 1_000_001: 1}


def test_there_are_never_more_failures_than_requests(environment: Environment) -> None:
    StockStatistics(environment)
    environment.stats.log_request("GET", "/a", 1, 1)
    environment.stats.log_error("GET", "/a", "reset")
    entry = environment.stats.entries[("/a", "GET")]
    assert (entry.num_requests, entry.num_failures) == (1, 1)


@pytest.mark.parametrize("event", ["test_stop", "quitting"])
def test_nothing_is_left_behind_at_the_end(environment: Environment, event: str) -> None:
    StockStatistics(environment)
    environment.stats.log_request("GET", "/a", 1, 1)
    getattr(environment.events, event).fire(environment=environment)
    assert environment.stats.total.num_requests == 1


def test_event_is_fired_for_each_request_and_says_what_failed(environment: Environment) -> None:
    environment.create_local_runner()
    seen: list[dict[str, Any]] = []
    environment.events.request._handlers.append(lambda **event: seen.append(event))
    listen = stock_listener(environment)
    exchange = Exchange("GET /slots", "GET", "http://shop.test/slots", 1.0)
    exchange.response_bytes = 600
    listen("GET /slots", exchange, Outcome.OK, 2_500.0)
    listen("GET /slots", exchange, Outcome.TIMEOUT, 30_000_000.0)
    assert [(e["request_type"], e["name"], e["response_time"], e["response_length"]) for e in seen] == [
        ("GET", "/slots", 2.5, 600),
        ("GET", "/slots", 30_000.0, 600),
    ]
    assert [str(e["exception"] or "") for e in seen] == ["", "timeout"]
    assert (environment.stats.total.num_requests, environment.stats.total.num_failures) == (2, 1)


@pytest.mark.parametrize("listens", [False, True])
def test_statistics_are_the_same_whether_somebody_else_listens_or_not(environment: Environment, listens: bool) -> None:
    environment.create_local_runner()
    seen: list[dict[str, Any]] = []
    listen = stock_listener(environment)
    if listens:  # later than our own: it is asked for with each request
        environment.events.request.add_listener(lambda **event: seen.append(event))  # type: ignore[no-untyped-call]
    exchange = Exchange("GET /slots", "GET", "http://shop.test/slots", 1.0)
    exchange.response_bytes = 600
    for outcome in (Outcome.OK, Outcome.REFUSED, Outcome.TIMEOUT):
        listen("GET /slots", exchange, outcome, 2_500.0)
    environment.events.test_stop.fire(environment=environment)  # type: ignore[no-untyped-call]
    total = environment.stats.entries[("/slots", "GET")]
    assert (total.num_requests, total.num_failures, total.total_content_length) == (3, 1, 1_800)
    assert dict(total.response_times) == {2: 3}
    assert len(seen) == (3 if listens else 0)


def test_a_listener_of_somebody_else_alone_hears_of_each_request(environment: Environment) -> None:
    seen: list[dict[str, Any]] = []
    environment.events.request._handlers.append(
        lambda **event: seen.append(event)
    )  # no runner, so none of Locust's own
    stock_listener(environment)("GET /a", Exchange("GET /a", "GET", "http://shop.test/a", 1.0), Outcome.OK, 1_000.0)
    assert [event["name"] for event in seen] == ["/a"]
