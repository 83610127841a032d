"""Metrics: counters, gauges and histograms, written as Prometheus reads them (text format 0.0.4)."""

from bisect import bisect_left
from collections.abc import Callable, Iterable, Sequence
from itertools import accumulate

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
REQUEST_BOUNDS_S = (0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.15, 0.2, 0.3, 0.4, 0.5, 0.75, 1.0, 2.5, 5.0, 10.0, 30.0)
QUERY_BOUNDS_S = (0.001, 0.0025, 0.005, 0.0075, 0.01, 0.015, 0.02, 0.03, 0.05, 0.1, 0.25, 1.0)

Labels = tuple[str, ...]
Gauge = Callable[[], float]


class Counter:
    """Counts by labels."""

    kind = "counter"

    def __init__(self, name: str, text: str, label_names: Sequence[str]) -> None:
        self.name, self.text = name, text
        self._label_names = tuple(label_names)
        self._values: dict[Labels, float] = {}

    def add(self, labels: Labels, amount: float = 1.0) -> None:
        """Count."""
        self._values[labels] = self._values.get(labels, 0.0) + amount

    def lines(self) -> Iterable[str]:
        """Return one line a combination of labels."""
        for labels, value in self._values.items():
            yield f"{self.name}{_braces(self._label_names, labels)} {value:g}"


class Histogram:
    """Times in s by labels, in buckets with the given upper bounds."""

    kind = "histogram"

    def __init__(self, name: str, text: str, label_names: Sequence[str], bounds_s: Sequence[float]) -> None:
        self.name, self.text = name, text
        self._label_names = tuple(label_names)
        self._bounds_s = tuple(bounds_s)
        self._counts: dict[Labels, list[int]] = {}
        self._sums_s: dict[Labels, float] = {}

    def observe(self, labels: Labels, seconds: float, times: int = 1) -> None:
        """Note a time, or the same one several times."""
        counts = self._counts.get(labels)
        if counts is None:
            counts = self._counts[labels] = [0] * (len(self._bounds_s) + 1)
            self._sums_s[labels] = 0.0
        counts[bisect_left(self._bounds_s, seconds)] += times
        self._sums_s[labels] += seconds * times

    def lines(self) -> Iterable[str]:
        """Return the buckets, the sum and the count of each combination of labels."""
        names = (*self._label_names, "le")
        edges = [*(f"{bound:g}" for bound in self._bounds_s), "+Inf"]
        for labels, counts in self._counts.items():
            for edge, running in zip(edges, accumulate(counts), strict=True):
                yield f"{self.name}_bucket{_braces(names, (*labels, edge))} {running}"
            plain = _braces(self._label_names, labels)
            yield f"{self.name}_sum{plain} {self._sums_s[labels]:.6f}"
            yield f"{self.name}_count{plain} {sum(counts)}"


class Metrics:
    """All that `/metrics` shows. `in_flight` is the number of requests that were begun and not answered."""

    def __init__(self) -> None:
        labels = ("method", "route", "status_class")
        self.requests = Histogram(
            "http_request_duration_seconds", "Time from the request to its answer.", labels, REQUEST_BOUNDS_S
        )
        self.queries = Histogram("db_query_duration_seconds", "Time of one database query.", (), QUERY_BOUNDS_S)
        self.providers = Histogram(
            "provider_request_duration_seconds", "Time at Stripe and Google.", ("provider",), REQUEST_BOUNDS_S
        )
        self.pool_waits = Histogram(
            "db_pool_wait_seconds", "Time until a place in the connection pool was had.", (), REQUEST_BOUNDS_S
        )
        self.pool_holds = Histogram(
            "db_pool_hold_seconds", "Time for which a place in the connection pool was held.", (), QUERY_BOUNDS_S
        )
        self.provider_failures = Counter(
            "provider_failures_total", "Requests that Stripe or Google failed.", ("provider",)
        )
        self.deliveries = Counter("deliveries_total", "E-mail and SMS.", ("channel", "outcome"))
        self.in_flight = 0
        self._gauges: list[tuple[str, str, str, Gauge]] = []
        self.gauge("http_requests_in_flight", "Requests begun and not answered.", lambda: self.in_flight)

    def gauge(self, name: str, text: str, read: Gauge, *, kind: str = "gauge") -> None:
        """Add a number that is read when it is asked for."""
        self._gauges.append((name, text, kind, read))

    def text(self) -> str:
        """Return everything, as Prometheus reads it."""
        lines: list[str] = []
        for family in (
            self.requests,
            self.queries,
            self.pool_holds,
            self.providers,
            self.pool_waits,
            self.deliveries,
            self.provider_failures,
        ):
            lines += [f"# HELP {family.name} {family.text}", f"# TYPE {family.name} {family.kind}", *family.lines()]
        for name, text, kind, read in self._gauges:
            lines += [f"# HELP {name} {text}", f"# TYPE {name} {kind}", f"{name} {read():.10g}"]
        return "\n".join(lines) + "\n"


def _braces(names: Sequence[str], values: Sequence[str]) -> str:
    if not names:
        return ""
    return "{" + ",".join(f'{name}="{value}"' for name, value in zip(names, values, strict=True)) + "}"
