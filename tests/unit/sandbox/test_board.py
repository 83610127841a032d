"""The board: what several processes of a shop have counted, told as one."""

from sandbox.board import Board
from sandbox.metrics import Metrics

ROUTE = ("GET", "/health", "2xx")


def counting(board: Board, number: int, requests: int, in_flight: int, hits: float) -> Metrics:
    """Return the metrics of a process that has shown them."""
    board.become(number)
    metrics = Metrics()
    metrics.gauge("cache_hits_total", "Hits.", lambda: hits, kind="counter")
    earlier = board.earlier()
    if earlier is not None:
        metrics.resume(earlier)
    for _ in range(requests):
        metrics.requests.observe(ROUTE, 0.02)
        metrics.deliveries.add(("sms", "sent"))
    metrics.in_flight = in_flight
    board.show(metrics.snapshot())
    metrics.others = board.others
    return metrics


def told(metrics: Metrics) -> dict[str, float]:
    names = ("http_request_duration_seconds_count", "http_request_duration_seconds_sum", "deliveries_total", "http_requests_in_flight", "cache_hits_total")  # fmt: skip
    lines = [line.rpartition(" ") for line in metrics.text().splitlines()]
    return {name: float(value) for name in names for what, _, value in lines if what.partition("{")[0] == name}


def test_numbers_of_all_processes_are_added_up() -> None:
    board = Board(2)
    counting(board, 0, requests=3, in_flight=1, hits=5.0)
    assert told(counting(board, 1, requests=4, in_flight=2, hits=7.0)) == {
        "http_request_duration_seconds_count": 7,
        "http_request_duration_seconds_sum": 0.14,
        "deliveries_total": 7,
        "http_requests_in_flight": 3,
        "cache_hits_total": 12,
    }


def test_what_a_dead_process_counted_stays_and_what_it_held_is_gone() -> None:
    board = Board(2)
    counting(board, 0, requests=3, in_flight=1, hits=5.0)
    left = counting(board, 1, requests=4, in_flight=2, hits=7.0)
    board.bury(0)
    found = told(left)
    assert found["http_request_duration_seconds_count"] == 7
    assert found["cache_hits_total"] == 12
    assert found["http_requests_in_flight"] == 2


def test_a_process_that_comes_back_counts_on() -> None:
    board = Board(2)
    counting(board, 0, requests=3, in_flight=1, hits=5.0)
    board.bury(0)
    again = counting(board, 0, requests=2, in_flight=0, hits=1.0)
    found = told(again)
    assert found["http_request_duration_seconds_count"] == 5
    assert found["deliveries_total"] == 5
    assert found["cache_hits_total"] == 6
    assert found["http_requests_in_flight"] == 0


def test_what_was_shown_before_stays_where_it_does_not_fit() -> None:
    board = Board(2)
    metrics = counting(board, 0, requests=3, in_flight=0, hits=0.0)
    for number in range(5_000):
        metrics.requests.observe(("GET", f"/{number:0100d}", "2xx"), 0.02)
    board.show(metrics.snapshot())
    board.become(1)
    (shown,) = board.others()
    assert len(shown["families"]["http_request_duration_seconds"]) == 1
