"""How unlike the two sides of each split of a series are: Student's t, and of an arc inside against what is around it.

Source: A. J. Scott and M. Knott, Biometrics 30 (1974) 507 (binary segmentation); A. B. Olshen and others, Biostatistics 5 (2004)
557 (arcs: a change that was taken back hides from single splits).
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from analysis.trend.lone import Levels

LEAST_SIDE = 2  # runs on either side of a split
LEAST_ARC = 3  # runs of an arc: two bad weeks are no change

Places = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Best:
    """The split with the largest |t|: `places` are the first runs after each of its one or two borders."""

    t: float
    places: tuple[int, ...]


def split_t(levels: Levels, floor: float) -> Levels:
    """Return t of each split, shape (..., n - 3): column k has k + 2 runs on its left. `floor`: the least standard deviation."""
    size = levels.shape[-1]
    left = np.arange(LEAST_SIDE, size - LEAST_SIDE + 1)
    centred = levels - levels.mean(axis=-1, keepdims=True)
    sums = np.cumsum(centred, axis=-1)[..., LEAST_SIDE - 1 : size - LEAST_SIDE]
    total = np.square(centred).sum(axis=-1)[..., None]
    return _t(sums, left, size, total, floor)


def best_split(levels: Levels, floor: float) -> Best:
    """Return the best single split of a series, shape (n,), n >= 4."""
    t = split_t(levels, floor)
    place = int(np.argmax(np.abs(t)))
    return Best(float(t[place]), (place + LEAST_SIDE,))


def arc_t(levels: Levels, floor: float) -> Levels:
    """Return t of each arc of `arcs`, shape (..., arcs): what is inside against the rest."""
    size = levels.shape[-1]
    first, end = arcs(size)
    centred = levels - levels.mean(axis=-1, keepdims=True)
    sums = np.concatenate((np.zeros((*levels.shape[:-1], 1)), np.cumsum(centred, axis=-1)), axis=-1)
    total = np.square(centred).sum(axis=-1)[..., None]
    return -_t(sums[..., end] - sums[..., first], end - first, size, total, floor)


def best_arc(levels: Levels, floor: float) -> Best:
    """Return the best arc of a series, shape (n,), n >= 7."""
    t = arc_t(levels, floor)
    place = int(np.argmax(np.abs(t)))
    first, end = arcs(levels.size)
    return Best(float(t[place]), (int(first[place]), int(end[place])))


def arcs(size: int) -> tuple[Places, Places]:
    """Return the first places and the ends of all arcs in a series of `size`: those with runs on both their sides."""
    first, end = np.triu_indices(size + 1, k=LEAST_ARC)
    inside = (first >= LEAST_SIDE) & (end <= size - LEAST_SIDE)
    return first[inside], end[inside]


def _t(sums: Levels, count: Places, size: int, total: Levels | float, floor: float) -> Levels:
    """Return t of the rest against `count` values that add up to `sums`, all centred; `total` is the sum of squares."""
    weight = count * (size - count) / size
    mean_difference = -sums / weight
    rest = np.maximum(total - weight * np.square(mean_difference), 0.0)
    deviation = np.maximum(np.sqrt(rest / (size - 2)), max(floor, 1e-12))
    found: Levels = mean_difference * np.sqrt(weight) / deviation
    return found
