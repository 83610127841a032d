"""Whether a stage was steady: a drift test between its halves."""

from dataclasses import dataclass

import numpy as np
from scipy.special import stdtr

from analysis.bootstrap import MIN_BLOCKS, block_log_medians
from analysis.observed import Observed

MIN_DRIFT_RATIO = 0.20  # less than this moves no percentile of the whole stage beyond what the gate tolerates
MIN_DRIFT_US = 2_000.0  # less than this nobody notices
MAX_P = 0.001  # shared machines wander; a drift must be plain to be called one


@dataclass(frozen=True, slots=True)
class Drift:
    """The median moved between the halves of a stage. Medians in us; `ratio` 0.3 is 30 % more in the second half."""

    first_us: float
    second_us: float
    ratio: float


def drift(observed: Observed, time_scale: float) -> Drift | None:
    """Return the drift of a stage, None where it was steady or too short to tell.

    Welch's t on ln(median of all requests) of the blocks of the two halves (B. L. Welch, Biometrika 34 (1947) 28).
    """
    logs = block_log_medians(observed, time_scale)
    if logs.size < MIN_BLOCKS:
        return None
    first, second = logs[: logs.size // 2], logs[-(logs.size // 2) :]
    change = float(second.mean() - first.mean())
    first_us, second_us = float(np.exp(first.mean())), float(np.exp(second.mean()))
    if abs(np.expm1(change)) < MIN_DRIFT_RATIO or abs(second_us - first_us) < MIN_DRIFT_US:
        return None
    parts = np.array([first.var(ddof=1) / first.size, second.var(ddof=1) / second.size])
    error = float(np.sqrt(parts.sum()))
    if error > 0:
        dof = float(parts.sum() ** 2 / (parts**2 / (first.size - 1)).sum())  # Satterthwaite's
        if 2 * float(stdtr(dof, -abs(change) / error)) > MAX_P:
            return None
    return Drift(first_us, second_us, float(np.expm1(change)))
