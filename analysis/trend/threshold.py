"""How often chance alone makes the largest |t| of a search so large.

The tables are simulated: `python -m benchmarks.change_thresholds` makes them anew. Beyond their last column the probability falls as
that of a single t does.
"""

import math
from collections.abc import Sequence

import numpy as np
from scipy.special import stdtr

LENGTHS = (8, 10, 12, 16, 20, 26, 36, 52, 78, 130, 260)
P_VALUES = (0.2, 0.1, 0.05, 0.02, 0.01, 0.005, 0.002, 0.001, 0.0005, 0.0002)
# A row a length, a column a probability: the |t| that the largest of all splits exceeds so often where nothing changed.
LARGEST_SPLIT_T = (
    (2.498, 3.242, 4.062, 5.398, 6.686, 8.249, 10.973, 13.597, 16.483, 21.252),  # 8
    (2.477, 3.093, 3.747, 4.739, 5.638, 6.680, 8.270, 9.740, 11.846, 14.855),  # 10
    (2.461, 3.004, 3.556, 4.362, 5.057, 5.808, 7.008, 8.048, 9.142, 10.949),  # 12
    (2.463, 2.927, 3.379, 3.999, 4.486, 5.032, 5.803, 6.499, 7.283, 8.317),  # 16
    (2.457, 2.882, 3.288, 3.814, 4.227, 4.649, 5.232, 5.725, 6.250, 7.020),  # 20
    (2.470, 2.862, 3.229, 3.697, 4.046, 4.376, 4.853, 5.263, 5.714, 6.336),  # 26
    (2.487, 2.847, 3.180, 3.590, 3.899, 4.205, 4.590, 4.881, 5.207, 5.595),  # 36
    (2.516, 2.855, 3.161, 3.543, 3.814, 4.084, 4.429, 4.685, 4.946, 5.311),  # 52
    (2.545, 2.866, 3.153, 3.501, 3.746, 3.986, 4.295, 4.539, 4.794, 5.062),  # 78
    (2.591, 2.895, 3.169, 3.495, 3.728, 3.957, 4.234, 4.436, 4.635, 4.881),  # 130
    (2.647, 2.940, 3.202, 3.513, 3.738, 3.945, 4.213, 4.408, 4.594, 4.858),  # 260
)
# The same of all arcs.
LARGEST_ARC_T = (
    (2.048, 2.640, 3.248, 4.097, 4.801, 5.549, 6.716, 7.844, 8.859, 11.438),  # 8
    (2.593, 3.178, 3.785, 4.606, 5.237, 5.935, 6.848, 7.725, 8.843, 10.714),  # 10
    (2.838, 3.392, 3.942, 4.695, 5.301, 5.929, 6.899, 7.762, 8.660, 10.288),  # 12
    (3.058, 3.549, 4.014, 4.650, 5.161, 5.686, 6.390, 7.101, 7.900, 9.009),  # 16
    (3.142, 3.586, 4.009, 4.556, 4.975, 5.399, 6.020, 6.480, 7.078, 7.861),  # 20
    (3.225, 3.625, 4.003, 4.462, 4.814, 5.157, 5.588, 5.971, 6.409, 6.942),  # 26
    (3.302, 3.657, 3.990, 4.392, 4.693, 4.994, 5.394, 5.684, 6.012, 6.401),  # 36
    (3.386, 3.703, 3.990, 4.341, 4.589, 4.833, 5.141, 5.346, 5.522, 5.776),  # 52
    (3.480, 3.762, 4.026, 4.360, 4.593, 4.815, 5.113, 5.325, 5.524, 5.750),  # 78
    (3.599, 3.858, 4.095, 4.384, 4.584, 4.768, 4.997, 5.168, 5.291, 5.503),  # 130
    (3.775, 4.011, 4.225, 4.485, 4.678, 4.871, 5.089, 5.273, 5.443, 5.654),  # 260
)


def split_p_value(t: float, runs: int) -> float:
    """Return the probability that the largest |t| of all single splits of `runs` runs (8 to 260) is at least |t| by chance."""
    return _p_value(LARGEST_SPLIT_T, abs(t), runs)


def arc_p_value(t: float, runs: int) -> float:
    """Return the probability that the largest |t| of all arcs of `runs` runs (8 to 260) is at least |t| by chance."""
    return _p_value(LARGEST_ARC_T, abs(t), runs)


def _p_value(table: Sequence[Sequence[float]], t: float, runs: int) -> float:
    """Return a probability, interpolated between lengths in their logarithm; 1 where chance makes it more often than the table knows."""
    row = [float(np.interp(math.log(runs), np.log(LENGTHS), column)) for column in zip(*table, strict=True)]
    if t < row[0]:
        return 1.0
    if t <= row[-1]:
        return math.exp(float(np.interp(t, row, np.log(P_VALUES))))
    return P_VALUES[-1] * float(stdtr(runs - 2, -t) / stdtr(runs - 2, -row[-1]))
