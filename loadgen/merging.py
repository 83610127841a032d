"""Windows of all workers of one second, made one: the folder of a run with a hundred workers is no larger than that of a local one.

Histograms and counts add up, so nothing is lost and order does not matter. A window with a part that is not known here is left
as it is: lines of one second and operation add up anyway.
"""

from collections import Counter
from itertools import accumulate
from typing import Any

SUMMED = frozenset(
    {"second", "operation", "outcomes", "response_us", "service_us", "received_bytes", "errors", "within_limit"}
)


class _Sum:
    """Several windows of one second and operation."""

    __slots__ = ("errors", "outcomes", "received_bytes", "response_us", "service_us", "within_limit")

    def __init__(self) -> None:
        self.outcomes: Counter[str] = Counter()
        self.response_us: Counter[int] = Counter()
        self.service_us: Counter[int] = Counter()
        self.received_bytes = 0
        self.errors: Counter[tuple[str, ...]] = Counter()
        self.within_limit: Counter[int] = Counter()

    def add(self, window: dict[str, Any]) -> None:
        for name, count in window["outcomes"].items():
            self.outcomes[name] += count
        _add_sparse(self.response_us, window["response_us"])
        _add_sparse(self.service_us, window["service_us"])
        self.received_bytes += window["received_bytes"]
        for *what, count in window.get("errors", ()):
            self.errors[tuple(what)] += count
        for limit_us, count in window.get("within_limit", ()):
            self.within_limit[limit_us] += count

    def as_record(self, second: int, operation: str) -> dict[str, Any]:
        record = {
            "second": second,
            "operation": operation,
            "outcomes": dict(self.outcomes),
            "response_us": _as_sparse(self.response_us),
            "service_us": _as_sparse(self.service_us),
            "received_bytes": self.received_bytes,
        }
        if self.errors:
            record["errors"] = [[*what, count] for what, count in sorted(self.errors.items())]
        if self.within_limit:
            record["within_limit"] = [[limit_us, count] for limit_us, count in sorted(self.within_limit.items())]
        return record


class MergedWindows:
    """Windows as records (`Window.as_record`), kept until they are taken."""

    def __init__(self) -> None:
        self._single: dict[tuple[int, str], dict[str, Any]] = {}
        self._sums: dict[tuple[int, str], _Sum] = {}
        self._unknown: list[dict[str, Any]] = []

    def add(self, windows: list[dict[str, Any]]) -> None:
        """Add windows; the first one of a second and operation is kept as it is."""
        for window in windows:
            if not window.keys() <= SUMMED:
                self._unknown.append(window)
                continue
            key = (window["second"], window["operation"])
            total = self._sums.get(key)
            if total is None:
                first = self._single.setdefault(key, window)
                if first is window:
                    continue
                total = self._sums[key] = _Sum()
                total.add(first)
            total.add(window)

    def take(self) -> list[dict[str, Any]]:
        """Return what was added, one record a second and operation, and forget it."""
        single, self._single = self._single, {}
        sums, self._sums = self._sums, {}
        unknown, self._unknown = self._unknown, []
        return [sums[key].as_record(*key) if key in sums else window for key, window in single.items()] + unknown


def _add_sparse(buckets: Counter[int], pairs: list[int]) -> None:
    for bucket, count in zip(accumulate(pairs[0::2]), pairs[1::2], strict=True):
        buckets[bucket] += count


def _as_sparse(buckets: Counter[int]) -> list[int]:
    pairs: list[int] = []
    before = 0
    for bucket in sorted(buckets):
        pairs += (bucket - before, buckets[bucket])
        before = bucket
    return pairs
