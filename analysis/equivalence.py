"""Whether a change is none: two one-sided tests, which is an interval of 90 % inside what counts as the same."""

import math

from analysis.interval import Interval

EQUIVALENCE_ALPHA = 0.05  # of each of the two tests


def is_same(interval: Interval, band: float) -> bool:
    """Tell whether a change stays within a band, as a ratio; below 0 it is as wide as above it in the logarithm.

    `interval` is that of `EQUIVALENCE_ALPHA` on each side. Source: D. J. Schuirmann, J. Pharmacokinet. Biopharm. 15 (1987) 657.
    """
    low, high = interval
    return math.expm1(-math.log1p(band)) < low and high < band
