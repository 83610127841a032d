"""Whether a run has to be ended: abort rules held against what came in, second by second. Pure: it is told what time it is.

A tick is looked at by when answers *came in*, not by when their requests were meant to start: an answer that took 20 s is
known only then, and a rule that looked at the newest second alone would never see a slow one.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from records.histogram import MIDDLE_US
from records.window import FAILED, PAYMENT_FLOW, Outcome
from scenarios.abort import ABORT_QUANTILE, AbortMetric, AbortRule

ABORTED = Outcome.ABORTED.value
FAILURES = frozenset(outcome.value for outcome in FAILED)
SLACK_S = 1e-9


@dataclass(frozen=True, slots=True)
class Tick:
    """What came in while the run went from `from_s` to `until_s` (s from its start).

    `windows` are records as in `windows.jsonl`; `load_s` is how many seconds of the whole load they hold.
    """

    from_s: float
    until_s: float
    load_s: float
    windows: Sequence[dict[str, Any]]


class AbortWatch:
    """Watches over the rules of one run; a rule fires once, and with it the run is over."""

    def __init__(self, rules: Sequence[AbortRule], end_s: float) -> None:
        """Begin; from `end_s` (s, the plan's end) on nothing is looked at: the load is over."""
        self._rules = tuple(rules)
        self._since_s: list[float | None] = [None] * len(self._rules)
        self._end_s = end_s

    def ends_at(self, end_s: float) -> None:
        """Look until another end of the load (s) than was planned at first."""
        self._end_s = end_s

    def see(self, tick: Tick) -> str:
        """Return which rule fires, when, and what was seen; "" where none does.

        A tick without a request says nothing of latencies and errors: it neither ends a stretch nor lets a rule fire.
        """
        if tick.until_s > self._end_s + SLACK_S:
            return ""
        for place, rule in enumerate(self._rules):
            value, count = _value(rule, tick)
            if value is None or tick.from_s < rule.delay_s - SLACK_S:
                continue
            if not rule.is_beyond(value):
                self._since_s[place] = None
                continue
            since_s = self._since_s[place]
            if since_s is None:
                since_s = self._since_s[place] = tick.from_s
            if tick.until_s - since_s >= rule.lasts_s - SLACK_S:
                return (
                    f"abort rule `{rule.in_words()}` fired at {tick.until_s:g} s: "
                    f"{rule.told(value)} ({count:,} requests in the last second), beyond the limit since {since_s:g} s"
                )
        return ""


def _value(rule: AbortRule, tick: Tick) -> tuple[float | None, int]:
    """Return what a rule looks at in its unit, None where the tick says nothing of it; and how many requests it stands on."""
    windows = [window for window in tick.windows if _is_about(rule, window)]
    counted = [window["outcomes"] for window in windows]
    requests = sum(count for outcomes in counted for name, count in outcomes.items() if name != ABORTED)
    if rule.metric is AbortMetric.RATE_PER_S:
        return (requests / tick.load_s if tick.load_s > 0 else None), requests
    if requests == 0:
        return None, 0
    if rule.metric is AbortMetric.ERROR_RATIO:
        failed = sum(count for outcomes in counted for name, count in outcomes.items() if name in FAILURES)
        return failed / requests, requests
    value_us = quantile_us((window["response_us"] for window in windows), ABORT_QUANTILE[rule.metric])
    return (None if value_us is None else value_us / 1e6), requests


def _is_about(rule: AbortRule, window: dict[str, Any]) -> bool:
    if rule.operation is None:
        return bool(window["operation"] != PAYMENT_FLOW)
    return bool(window["operation"] == rule.operation)


def quantile_us(histograms: Iterable[Sequence[int]], quantile: float) -> float | None:
    """Return a quantile in us of sparse histograms together (rank ceil(q n), middle of its bucket); None where they are empty.

    Only the filled buckets are touched: a second has 70 small histograms, and whole ones would cost the loop 3 ms.
    """
    pairs = [np.asarray(histogram, dtype=np.int64) for histogram in histograms]
    buckets = np.concatenate([np.cumsum(row[0::2]) for row in pairs] or [np.empty(0, dtype=np.int64)])
    if buckets.size == 0:
        return None
    counts = np.concatenate([row[1::2] for row in pairs])
    order = np.argsort(buckets, kind="stable")
    cumulative = np.cumsum(counts[order])
    total = int(cumulative[-1])
    if total == 0:
        return None
    rank = min(total, max(1, int(np.ceil(quantile * total - 1e-9))))
    return float(MIDDLE_US[buckets[order][int(np.searchsorted(cumulative, rank))]])
