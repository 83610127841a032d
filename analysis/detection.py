"""When somebody would have known of a fault: the health route changed, or an alert rule on the error budget fired.

The rule is replayed: burn >= 14.4 on a long and a short window at once (B. Beyer et al., The Site Reliability Workbook, 2018,
ch. 5: 2 % of a month's budget in an hour). Both windows shrink with the run's time scale; what they reach back beyond the
records is taken as having been like the time before the fault.
"""

import math
from dataclasses import dataclass

import numpy as np

from analysis.flow import Flow
from analysis.healing import Before

BURN = 14.4
LONG_S, SHORT_S = 3600.0, 300.0
HEALTH = "GET /health"
MIN_WINDOW_S = 1


@dataclass(frozen=True, slots=True)
class Detection:
    """`at_s` from the run's start: the end of the second in which it showed. `by` what showed it."""

    at_s: float
    by: str


def detection(
    everything: Flow, health: Flow, start_s: float, end_s: float, past: Before, error_ratio: float, time_scale: float
) -> Detection | None:
    """Return the first sign of a fault in [start_s, end_s), None where there was none."""
    first, end = math.floor(start_s), min(everything.seconds, math.ceil(end_s))
    changed = np.flatnonzero(health.failed[first:end] > 0)
    found = [Detection(float(first + changed[0] + 1), "the health route")] if changed.size else []
    scale = min(1.0, time_scale)
    windows = [max(MIN_WINDOW_S, math.ceil(length_s * scale - 1e-9)) for length_s in (LONG_S, SHORT_S)]
    for second in range(first, end):
        if all(_burn(everything, second, length, past, error_ratio) >= BURN for length in windows):
            found.append(Detection(float(second + 1), f"burn rate {BURN:g} over {windows[0]} s and {windows[1]} s"))
            break
    return min(found, key=lambda one: one.at_s, default=None)


def _burn(flow: Flow, second: int, length: int, past: Before, error_ratio: float) -> float:
    """Return how many times the allowed error ratio was spent in the `length` seconds that end with `second`."""
    first = max(past.first, second + 1 - length)
    missing = length - (second + 1 - first)
    failed = float(flow.failed[first : second + 1].sum()) + missing * past.attempts_per_s * past.fail_ratio
    attempts = float(flow.attempts[first : second + 1].sum()) + missing * past.attempts_per_s
    return failed / attempts / error_ratio if attempts and error_ratio else 0.0
