"""Three ways to find where a history of runs changed: ours, and two that stand beside it in the benchmark."""

from collections.abc import Callable

import numpy as np

from analysis.trend.lone import Levels, noise
from analysis.trend.metric import METRICS, Reading, logarithmic
from analysis.trend.search import search

P95 = METRICS[1]
FIXED, WINDOW = 0.10, 10


def readings(levels: Levels) -> list[Reading]:
    """Return readings of a latency from their logarithms, shape (runs,)."""
    return [logarithmic(place, float(np.exp(level)), 0.0) for place, level in enumerate(levels)]


def ours(levels: Levels) -> list[int]:
    """Return the first runs after the changes that the history finds, suspected ones among them."""
    return [step.place for step in search(P95, readings(levels)).steps]


def fixed_rule(levels: Levels) -> list[int]:
    """Return the runs that are 10 % off the mean of the ten before them."""
    found = []
    for place in range(2, levels.size):
        before = np.exp(levels[max(0, place - WINDOW) : place]).mean()
        if abs(np.exp(levels[place]) / before - 1) > FIXED:
            found.append(place)
    return found


def best_partition(levels: Levels) -> list[int]:
    """Return the borders of the partition with the least squares and a penalty of 2 ln n variances a border."""
    size, penalty = levels.size, 2 * float(noise(levels, 1e-9)) ** 2 * np.log(levels.size)
    sums, squares = (np.concatenate(([0.0], np.cumsum(values))) for values in (levels, levels**2))
    cost, last = np.full(size + 1, np.inf), np.zeros(size + 1, dtype=np.int64)
    cost[0] = -penalty
    for end in range(2, size + 1):
        start = np.arange(end - 1)
        rest = squares[end] - squares[start] - (sums[end] - sums[start]) ** 2 / (end - start)
        total = cost[start] + rest + penalty
        last[end] = int(np.argmin(total))
        cost[end] = total[last[end]]
    borders, end = [], size
    while last[end] > 0:
        end = int(last[end])
        borders.append(end)
    return borders[::-1]


METHODS: dict[str, Callable[[Levels], list[int]]] = {
    "ours": ours,
    "fixed 10 %": fixed_rule,
    "best partition": best_partition,
}
