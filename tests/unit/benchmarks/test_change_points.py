"""The methods that stand beside ours find what they are known to find, and public series are read as they are written."""

import numpy as np

from benchmarks.change_methods import best_partition, fixed_rule
from benchmarks.public_series import SOURCES


def test_the_fixed_rule_fires_over_ten_percent_and_not_under() -> None:
    levels = np.log([100.0] * 10 + [109.0] + [100.0] * 5)
    assert fixed_rule(levels) == []
    levels[10] = np.log(111.0)
    assert fixed_rule(levels) == [10]


def test_the_best_partition_is_at_the_steps() -> None:
    levels = np.array([0.0, 0.01] * 5 + [0.5, 0.51] * 5 + [0.2, 0.21] * 5)
    assert best_partition(levels) == [10, 20]
    assert best_partition(levels[:10]) == []


def test_public_series_are_read_as_they_are_written() -> None:
    performance, nile = SOURCES
    assert performance.numbers("short = [1, 2]\nreturn [26705, 26475,\n 26641]") == [26705, 26475, 26641]
    assert nile.numbers("year,volume\n1871,1120\n1872,1160\n") == [1120, 1160]
