"""Metrics: what Prometheus reads."""

from sandbox.metrics import Counter, Histogram, Metrics


def test_histogram_buckets_run_up_to_the_count() -> None:
    histogram = Histogram("t_seconds", "A time.", ("route",), (0.1, 0.5))
    for seconds in (0.05, 0.1, 0.3, 2.0):
        histogram.observe(("/a",), seconds)
    assert list(histogram.lines()) == [
        't_seconds_bucket{route="/a",le="0.1"} 2',
        't_seconds_bucket{route="/a",le="0.5"} 3',
        't_seconds_bucket{route="/a",le="+Inf"} 4',
        't_seconds_sum{route="/a"} 2.450000',
        't_seconds_count{route="/a"} 4',
    ]


def test_one_time_may_be_noted_several_times() -> None:
    histogram = Histogram("t_seconds", "A time.", (), (0.1,))
    histogram.observe((), 0.05, times=8)
    assert list(histogram.lines())[-2:] == ["t_seconds_sum 0.400000", "t_seconds_count 8"]


def test_counter_counts_by_labels() -> None:
    counter = Counter("c_total", "A count.", ("channel", "outcome"))
    counter.add(("sms", "sent"))
    counter.add(("sms", "sent"))
    assert list(counter.lines()) == ['c_total{channel="sms",outcome="sent"} 2']


def test_gauge_is_read_when_it_is_asked_for() -> None:
    metrics = Metrics()
    assert "http_requests_in_flight 0" in metrics.text().splitlines()
    metrics.in_flight = 3
    assert "http_requests_in_flight 3" in metrics.text().splitlines()


def test_large_numbers_keep_their_digits() -> None:
    metrics = Metrics()
    metrics.gauge("bytes", "Bytes.", lambda: 123_456_789.0)
    assert "bytes 123456789" in metrics.text().splitlines()
