"""When a fault was felt, and when it was over: onset, first success, recovery, relapses, on series of seconds. Pure.

Method: docs/resilience.md. Recovered is the first second t whose *aggregate* next window meets the objectives and which itself
is under five times the limit; "every second good" never comes true. A p95 lets 5 % of a window be late, so that a window of
60 s would forgive its first three seconds; therefore second t itself must also not be a bad one in the sense of the onset.
"""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from analysis.figures import percent
from analysis.flow import SLOW_SHARE, Flow

WINDOW_S = 60.0
MIN_WINDOW_S = 5  # of a scaled run: fewer seconds hold too few requests to meet anything by more than chance
MIN_BEFORE_S = 3
IN_FLIGHT_S = 2  # requests meant to start so short before a fault are in flight when it comes: it strikes them, too
ONSET_SHARE = 0.01
ONSET_SIGMAS = 5.0
ONSET_OF = 3  # seconds, of which two are bad
MAX_NOT_SENT_RATIO = 0.01  # of what was planned: a level is sustained at 99 % (docs/exhaustion.md)

Bools = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Limits:
    """What a window has to meet, and how many seconds it has."""

    error_ratio: float
    window_s: int

    @classmethod
    def scaled(cls, error_ratio: float, time_scale: float) -> "Limits":
        """Return the limits with a window of a minute, scaled with the run's time and no shorter than 5 s."""
        return cls(error_ratio, max(MIN_WINDOW_S, math.ceil(WINDOW_S * min(1.0, time_scale) - 1e-9)))


@dataclass(frozen=True, slots=True)
class Before:
    """The seconds [first, end) before a fault: bad share and requests a second there, and what they missed ("": nothing)."""

    first: int
    end: int
    bad_share: float
    fail_ratio: float
    attempts_per_s: float
    threshold: float
    problem: str


def before(flow: Flow, start_s: float, not_before_s: float, limits: Limits) -> Before:
    """Return what the time before a fault was like: up to a window of whole seconds, those left out that it strikes already."""
    end = max(0, min(flow.seconds, math.floor(start_s) - IN_FLIGHT_S))
    first = max(0, end - limits.window_s, math.ceil(not_before_s - 1e-9))
    if end - first < MIN_BEFORE_S:
        return Before(
            first, max(first, end), 0.0, 0.0, 0.0, 1.0, f"only {max(0, end - first)} s before it to compare with"
        )
    attempts = flow.attempts[first:end]
    total = int(attempts.sum())
    if total == 0:
        return Before(first, end, 0.0, 0.0, 0.0, 1.0, "no request before it")
    share, per_s = float(flow.bad[first:end].sum()) / total, total / (end - first)
    return Before(
        first=first,
        end=end,
        bad_share=share,
        fail_ratio=float(flow.failed[first:end].sum()) / total,
        attempts_per_s=per_s,
        threshold=max(ONSET_SHARE, share + ONSET_SIGMAS * _sigma(flow, first, end, share)),
        problem=missed(flow, first, end, limits),
    )


def _sigma(flow: Flow, first: int, end: int, share: float) -> float:
    """Return the spread of the bad share between seconds: as seen, and at least that of a binomial share.

    With no bad request at all one in n is taken: ten writes a second with one late answer are no outage.
    """
    attempts = flow.attempts[first:end]
    seen = flow.bad_share[first:end][attempts > 0]
    total = max(1, int(attempts.sum()))
    likely = min(0.5, max(share, 1.0 / total))
    binomial = likely * (1 - likely) / max(1.0, total / (end - first))
    return math.sqrt(max(float(seen.var(ddof=1)) if seen.size > 1 else 0.0, binomial))


def missed(flow: Flow, first: int, end: int, limits: Limits) -> str:
    """Return what the seconds [first, end) together miss, "" where they meet the objectives."""
    attempts, timed = int(flow.attempts[first:end].sum()), int(flow.timed[first:end].sum())
    if attempts == 0:
        return "no request was made"
    errors = float(flow.failed[first:end].sum()) / attempts
    if errors > limits.error_ratio:
        return f"{percent(errors)} of its requests failed, {percent(limits.error_ratio)} may"
    late = float(flow.over[first:end].sum()) / max(1, timed)
    if late > SLOW_SHARE:
        return f"{percent(late)} of its answers were over their limit, {percent(SLOW_SHARE)} may be"
    not_sent = float(flow.not_sent[first:end].sum())
    if not_sent > MAX_NOT_SENT_RATIO * (attempts + not_sent):
        return f"{percent(not_sent / (attempts + not_sent))} of what was planned was not sent"
    return ""


def bad_seconds(flow: Flow, threshold: float) -> Bools:
    """Return which seconds are bad, shape (seconds,): a larger share than the threshold, or planned and nothing sent."""
    nothing_sent = (flow.attempts == 0) & (flow.not_sent > 0)
    bad: Bools = ((flow.bad_share > threshold) & (flow.attempts > 0)) | nothing_sent
    return bad


def onset(bad: Bools, first: int, end: int) -> int | None:
    """Return the first bad second in [first, end) that is one of two within three."""
    for second in range(first, min(end, bad.size)):
        if bad[second] and int(bad[second : second + ONSET_OF].sum()) >= 2:
            return second
    return None


def recovery(flow: Flow, bad: Bools, first: int, end: int, limits: Limits) -> int | None:
    """Return the first second of [first, end) from which on the next window, within `end`, meets the objectives."""
    for second in range(first, min(end, flow.seconds) - limits.window_s + 1):
        timed = int(flow.timed[second])
        far = float(flow.far_over[second]) > SLOW_SHARE * max(1, timed)
        if flow.attempts[second] == 0 or far or bad[second]:
            continue
        if not missed(flow, second, second + limits.window_s, limits):
            return second
    return None


def first_success(flow: Flow, first: int, end: int) -> int | None:
    """Return the first second with something served after one in which nothing was; None where service never was wholly gone."""
    tried = flow.attempts[first:end] > 0
    served = flow.served[first:end] > 0
    gone = np.flatnonzero(tried & ~served)
    if gone.size == 0:
        return None
    back = np.flatnonzero(served)
    later = back[back > gone[0]]
    return first + int(later[0]) if later.size else None
