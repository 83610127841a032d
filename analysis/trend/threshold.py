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
    (2.492, 3.226, 4.034, 5.358, 6.667, 8.295, 11.181, 13.961, 17.591, 24.076),  # 8
    (2.471, 3.079, 3.714, 4.668, 5.530, 6.524, 8.169, 9.710, 11.955, 15.245),  # 10
    (2.455, 2.991, 3.534, 4.309, 4.965, 5.687, 6.822, 7.827, 9.030, 10.695),  # 12
    (2.458, 2.919, 3.363, 3.969, 4.427, 4.944, 5.664, 6.304, 6.944, 7.892),  # 16
    (2.453, 2.874, 3.275, 3.793, 4.190, 4.590, 5.142, 5.623, 6.084, 6.872),  # 20
    (2.467, 2.857, 3.220, 3.680, 4.023, 4.348, 4.798, 5.185, 5.593, 6.190),  # 26
    (2.485, 2.843, 3.172, 3.578, 3.882, 4.179, 4.544, 4.821, 5.151, 5.545),  # 36
    (2.514, 2.851, 3.156, 3.536, 3.801, 4.067, 4.398, 4.653, 4.924, 5.245),  # 52
    (2.543, 2.863, 3.149, 3.493, 3.738, 3.972, 4.275, 4.509, 4.763, 5.019),  # 78
    (2.589, 2.893, 3.166, 3.489, 3.720, 3.947, 4.216, 4.414, 4.593, 4.845),  # 130
    (2.646, 2.939, 3.200, 3.509, 3.731, 3.937, 4.201, 4.397, 4.575, 4.824),  # 260
)
# The same of all arcs.
LARGEST_ARC_T = (
    (2.047, 2.638, 3.251, 4.113, 4.824, 5.598, 6.887, 7.967, 9.037, 11.761),  # 8
    (2.590, 3.173, 3.775, 4.601, 5.227, 5.935, 6.924, 7.761, 9.209, 10.970),  # 10
    (2.834, 3.384, 3.929, 4.674, 5.259, 5.868, 6.806, 7.715, 8.582, 10.183),  # 12
    (3.054, 3.542, 4.004, 4.628, 5.118, 5.627, 6.335, 6.941, 7.670, 8.733),  # 16
    (3.138, 3.580, 3.995, 4.531, 4.945, 5.350, 5.930, 6.362, 6.915, 7.755),  # 20
    (3.221, 3.619, 3.995, 4.446, 4.788, 5.121, 5.549, 5.890, 6.338, 6.933),  # 26
    (3.300, 3.651, 3.983, 4.382, 4.681, 4.983, 5.341, 5.663, 5.959, 6.350),  # 36
    (3.383, 3.700, 3.985, 4.333, 4.579, 4.816, 5.125, 5.326, 5.492, 5.744),  # 52
    (3.478, 3.759, 4.023, 4.355, 4.587, 4.805, 5.103, 5.321, 5.478, 5.724),  # 78
    (3.598, 3.856, 4.092, 4.379, 4.578, 4.760, 4.988, 5.151, 5.291, 5.478),  # 130
    (3.773, 4.008, 4.221, 4.482, 4.673, 4.860, 5.080, 5.252, 5.431, 5.629),  # 260
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
