"""The season of a long history: two harmonics of the year beside the local trend, and whether there is one at all.

Two whole years are the least: with one, a season and a bend of the trend look alike.
"""

import warnings
from dataclasses import dataclass

import numpy as np
from scipy.stats import chi2
from statsmodels.tsa.statespace.structural import UnobservedComponents

from analysis.growth.demand import Floats

MIN_WEEKS = 104
WEEKS_PER_YEAR = 365.25 / 7
HARMONICS = 2  # a wave and its half: summer and the end of the year; more would follow single weeks
ALPHA = (
    1e-4  # on random walks without a season the test is some ten times too eager at 1 %; a real season is far beyond
)
FIRST = 2  # the states before are level and slope
MAX_ITERATIONS = 500
CANNOT_FIT = (np.linalg.LinAlgError, ValueError, FloatingPointError)


@dataclass(frozen=True, slots=True, eq=False)
class Yearly:
    """ln of the season's factor for each week of the history and those ahead, and the p-value of there being none."""

    logs: Floats
    p_value: float


def yearly(logs: Floats, ahead: int) -> Yearly | None:
    """Return the season of ln demand, shape (weeks,), None where there is none that chance would not make (p >= ALPHA).

    The test is Wald's on the 4 coefficients as the filter knows them after the last week.
    """
    if logs.size < MIN_WEEKS:
        return None
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            model = UnobservedComponents(
                logs,
                level="lltrend",
                freq_seasonal=[{"period": WEEKS_PER_YEAR, "harmonics": HARMONICS}],
                stochastic_freq_seasonal=[False],
            )
            found = model.fit(disp=False, maxiter=MAX_ITERATIONS)
        except CANNOT_FIT:
            return None
    state = found.predicted_state[FIRST : FIRST + 2 * HARMONICS, -1]
    covariance = found.predicted_state_cov[FIRST : FIRST + 2 * HARMONICS, FIRST : FIRST + 2 * HARMONICS, -1]
    if not (np.isfinite(state).all() and np.isfinite(covariance).all()):
        return None
    p_value = float(chi2.sf(state @ np.linalg.solve(covariance, state), 2 * HARMONICS))
    return Yearly(_waves(state, logs.size, ahead), p_value) if p_value < ALPHA else None


def _waves(state: Floats, weeks: int, ahead: int) -> Floats:
    """Return the sum of the harmonics: state 2k and 2k+1 are the cosine and sine parts at the first week ahead."""
    since = np.arange(-weeks, ahead)
    total = np.zeros(since.size)
    for harmonic in range(HARMONICS):
        angle = 2 * np.pi * (harmonic + 1) * since / WEEKS_PER_YEAR
        total += state[2 * harmonic] * np.cos(angle) + state[2 * harmonic + 1] * np.sin(angle)
    return total
