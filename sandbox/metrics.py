"""Metrics: counters, gauges and histograms, written as Prometheus reads them (text format 0.0.4)."""

from bisect import bisect_left
from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import accumulate
from typing import TypedDict

TOTAL = "counter"
"""Of a number that is read when it is asked for, and only grows."""
CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
REQUEST_BOUNDS_S = (0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.15, 0.2, 0.3, 0.4, 0.5, 0.75, 1.0, 2.5, 5.0, 10.0, 30.0)
QUERY_BOUNDS_S = (0.001, 0.0025, 0.005, 0.0075, 0.01, 0.015, 0.02, 0.03, 0.05, 0.1, 0.25, 1.0)

BETWEEN_LABELS = "\x1f"
"""In the key under which a snapshot has them: no label has it."""

Labels = tuple[str, ...]
Gauge = Callable[[], float]
Counted = dict[str, list[float]]
"""Numbers by labels: of a counter one; of a histogram one a bucket, and the sum of the times in s."""


class Snapshot(TypedDict):
    """What one process has counted so far (`families`, `totals`), and what it holds at this moment (`gauges`), by name."""

    families: dict[str, Counted]
    totals: dict[str, float]
    gauges: dict[str, float]


def without_gauges(snapshot: Snapshot) -> Snapshot:
    """Return what is left of a process that is dead."""
    return {**snapshot, "gauges": {}}


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

    def counted(self) -> Counted:
        """Return what was counted so far."""
        return {BETWEEN_LABELS.join(labels): [value] for labels, value in self._values.items()}

    def resume(self, counted: Counted) -> None:
        """Count on from what an earlier process had counted."""
        for key, (value,) in counted.items():
            self.add(_labels(key), value)

    def lines(self, counted: Counted | None = None) -> Iterable[str]:
        """Return one line a combination of labels, of what was counted here or of what is given."""
        for key, (value,) in (self.counted() if counted is None else counted).items():
            yield f"{self.name}{_braces(self._label_names, _labels(key))} {value:.10g}"


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

    def counted(self) -> Counted:
        """Return what was noted so far."""
        return {BETWEEN_LABELS.join(labels): [*counts, self._sums_s[labels]] for labels, counts in self._counts.items()}

    def resume(self, counted: Counted) -> None:
        """Count on from what an earlier process had noted."""
        for key, (*counts, sum_s) in counted.items():
            self._counts[_labels(key)] = [int(count) for count in counts]
            self._sums_s[_labels(key)] = sum_s

    def lines(self, counted: Counted | None = None) -> Iterable[str]:
        """Return the buckets, the sum and the count of each combination of labels, of what was noted here or of what is given."""
        names = (*self._label_names, "le")
        edges = [*(f"{bound:g}" for bound in self._bounds_s), "+Inf"]
        for key, (*counts, sum_s) in (self.counted() if counted is None else counted).items():
            labels = _labels(key)
            for edge, running in zip(edges, accumulate(counts), strict=True):
                yield f"{self.name}_bucket{_braces(names, (*labels, edge))} {running}"
            plain = _braces(self._label_names, labels)
            yield f"{self.name}_sum{plain} {sum_s:.6f}"
            yield f"{self.name}_count{plain} {sum(counts)}"


class Metrics:
    """All that `/metrics` shows: of this process and of `others`. `in_flight` is the number of requests that were begun and not answered."""

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
        self.others: Callable[[], Iterable[Snapshot]] = list
        self._gauges: list[tuple[str, str, str, Gauge]] = []
        self._resumed: dict[str, float] = {}
        self.gauge("http_requests_in_flight", "Requests begun and not answered.", lambda: self.in_flight)

    def gauge(self, name: str, text: str, read: Gauge, *, kind: str = "gauge") -> None:
        """Add a number that is read when it is asked for."""
        self._gauges.append((name, text, kind, read))

    def snapshot(self) -> Snapshot:
        """Return what this process has counted, and what it holds."""
        totals = {name: read() + self._resumed.get(name, 0.0) for name, _, kind, read in self._gauges if kind == TOTAL}
        gauges = {name: read() for name, _, kind, read in self._gauges if kind != TOTAL}
        return {
            "families": {family.name: family.counted() for family in self._families},
            "totals": totals,
            "gauges": gauges,
        }

    def resume(self, earlier: Snapshot) -> None:
        """Count on from what an earlier process had counted: a counter never goes back."""
        for family in self._families:
            family.resume(earlier["families"].get(family.name, {}))
        self._resumed = dict(earlier["totals"])

    def text(self) -> str:
        """Return everything, of all processes together, as Prometheus reads it."""
        shown = [self.snapshot(), *self.others()]
        lines: list[str] = []
        for family in self._families:
            counted = _added(each["families"].get(family.name, {}) for each in shown)
            head = [f"# HELP {family.name} {family.text}", f"# TYPE {family.name} {family.kind}"]
            lines += [*head, *family.lines(counted)]
        for name, text, kind, _ in self._gauges:
            value = sum(each["totals" if kind == TOTAL else "gauges"].get(name, 0.0) for each in shown)
            lines += [f"# HELP {name} {text}", f"# TYPE {name} {kind}", f"{name} {value:.10g}"]
        return "\n".join(lines) + "\n"

    @property
    def _families(self) -> "tuple[Histogram | Counter, ...]":
        return (
            self.requests,
            self.queries,
            self.pool_holds,
            self.providers,
            self.pool_waits,
            self.deliveries,
            self.provider_failures,
        )


def _added(counted: Iterable[Mapping[str, Sequence[float]]]) -> Counted:
    """Return numbers of several processes added up by labels."""
    total: Counted = {}
    for each in counted:
        for key, values in each.items():
            known = total.get(key)
            total[key] = list(values) if known is None else [a + b for a, b in zip(known, values, strict=True)]
    return total


def _labels(key: str) -> Labels:
    return tuple(key.split(BETWEEN_LABELS)) if key else ()


def _braces(names: Sequence[str], values: Sequence[str]) -> str:
    if not names:
        return ""
    return "{" + ",".join(f'{name}="{value}"' for name, value in zip(names, values, strict=True)) + "}"
