"""P10, P50 and P90 of draws, as a table shows them."""

from dataclasses import dataclass

import numpy as np

from analysis.growth.demand import Floats
from analysis.growth.forecast import P10, P50, P90


@dataclass(frozen=True, slots=True)
class Quantiles:
    """Three quantiles in the unit of what they are of."""

    p10: float
    p50: float
    p90: float


def quantiles_of(draws: Floats) -> Quantiles:
    """Return the quantiles of draws of any shape; the inverse of the distribution function, so that counts stay whole."""
    low, middle, high = np.quantile(draws, (P10, P50, P90), method="inverted_cdf")
    return Quantiles(float(low), float(middle), float(high))
