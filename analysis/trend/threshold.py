"""How often chance alone makes the largest |t| of a search so large.

The table is simulated: `python -m benchmarks.change_thresholds` makes it anew. Beyond its end, and for arcs, Bonferroni's bound stands:
the probability of one such t times the number of places; it errs to the safe side.
"""

import numpy as np
from scipy.special import stdtr

from analysis.trend.split import LEAST_SIDE, arcs

LENGTHS = (8, 10, 12, 16, 20, 26, 36, 52, 78, 130, 260)
P_VALUES = (0.2, 0.1, 0.05, 0.02, 0.01, 0.005, 0.002, 0.001, 0.0005, 0.0002)
# A row a length, a column a probability: the |t| that the largest of all splits exceeds so often where nothing changed.
LARGEST_T = (
)


def split_p_value(t: float, runs: int) -> float:
    """Return the probability that the largest |t| of all single splits of `runs` runs (8 to 260) is at least |t| by chance."""
    bound = _bonferroni(t, runs, runs - 2 * LEAST_SIDE + 1)
    row = _row(runs)
    if abs(t) > row[-1]:
        return min(bound, P_VALUES[-1])
    if abs(t) < row[0]:
        return 1.0
    return min(bound, float(np.exp(np.interp(abs(t), row, np.log(P_VALUES)))))


def arc_p_value(t: float, runs: int) -> float:
    """Return a bound of the probability that the largest |t| of all arcs of `runs` runs is at least |t| by chance."""
    return _bonferroni(t, runs, arcs(runs)[0].size)


def _row(runs: int) -> list[float]:
    """Return the table's row for a length, interpolated in its logarithm; the ends are the nearest rows."""
    table = np.array(LARGEST_T)
    return [float(np.interp(np.log(runs), np.log(LENGTHS), column)) for column in table.T]


def _bonferroni(t: float, runs: int, places: int) -> float:
    return min(1.0, 2 * places * float(stdtr(runs - 2, -abs(t))))
