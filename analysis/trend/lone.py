"""Lone values: a run that is far from both runs before it and both after it is a bad run, not a change."""

import numpy as np
from numpy.typing import NDArray

from analysis.spread import MAD_TO_SD, OUTLIER_MADS

REACH = 2  # neighbours on either side; two like-minded runs are no longer alone

Levels = NDArray[np.float64]


def noise(levels: Levels, floor: float) -> Levels:
    """Return the standard deviation between runs, shape (...), of levels, shape (..., n): from successive differences.

    A step moves one of n - 1 differences only, so that it does not count as noise.
    """
    steps = np.abs(np.diff(levels, axis=-1))
    found: Levels = np.maximum(MAD_TO_SD * np.median(steps, axis=-1) / np.sqrt(2), floor)
    return found


def without_lone(levels: Levels, floor: float) -> Levels:
    """Return levels, shape (..., n), n >= 5, with the nearest neighbour's value for each lone one, which so joins its own side.

    The last run has neighbours before it only: one bad run at the end is lone until a second one is like it.
    """
    size = levels.shape[-1]
    padded = np.full((*levels.shape[:-1], size + 2 * REACH), np.inf)
    padded[..., REACH:-REACH] = levels
    around = np.stack([padded[..., REACH + step : REACH + step + size] for step in (-2, -1, 1, 2)])
    distance = np.abs(around - levels)
    lone = distance.min(axis=0) > OUTLIER_MADS * noise(levels, floor)[..., None]
    if not lone.any():
        return levels
    nearest = np.take_along_axis(around, distance.argmin(axis=0)[None], axis=0)[0]
    return np.where(lone, nearest, levels)
