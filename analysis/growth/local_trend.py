"""The local linear trend of ln demand by maximum likelihood (statsmodels), once for each damping of its slope.

How much of today's growth is still there in a year cannot be read from forty weeks, and whoever fixes one damping is wrong for
two in three kinds of growth (docs/capacity.md has the figures). So that is not decided: a third of the paths keeps the slope, a
third loses 2 % of it a week (half of it in 34 weeks), a third 5 % (half in 14 weeks).
"""

import math
import warnings

import numpy as np
from statsmodels.tsa.statespace.structural import UnobservedComponents

from analysis.growth.demand import Floats
from analysis.growth.fallback import MIN_SD
from analysis.growth.trend import Trend

DAMPINGS = (1.0, 0.98, 0.95)
ESTIMATED = 5  # two states at the beginning and three variances; the t quantiles have so many degrees of freedom less
MAX_ITERATIONS = 500
CANNOT_FIT = (np.linalg.LinAlgError, ValueError, FloatingPointError)


class NoFitError(Exception):
    """The fit did not end in a trend; the text says why."""


def local_trends(logs: Floats) -> tuple[Trend, ...]:
    """Return the trend for each damping of ln demand, shape (weeks,), NaN where missing; raise NoFitError where one fails."""
    return tuple(_fitted(logs, damping) for damping in DAMPINGS)


def _fitted(logs: Floats, damping: float) -> Trend:
    measured = int(np.isfinite(logs).sum())
    dof = measured - ESTIMATED
    assert dof > 0, "the caller asks for enough weeks"
    if np.nanmax(logs) - np.nanmin(logs) < MIN_SD:
        raise NoFitError("all weeks are the same")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # what they say is asked for below, and told in one line
        try:
            model = UnobservedComponents(logs, level="lltrend")
            model["transition", 1, 1] = damping
            found = model.fit(disp=False, maxiter=MAX_ITERATIONS)
            if not found.mle_retvals["converged"]:  # in one of ten L-BFGS ends at the maximum without being sure of it
                found = model.fit(start_params=found.params, method="nm", disp=False, maxiter=MAX_ITERATIONS)
        except CANNOT_FIT as error:
            raise NoFitError(f"the fit of the local trend failed ({type(error).__name__})") from error
    if not found.mle_retvals["converged"]:
        raise NoFitError(f"the fit of the local trend did not converge in {MAX_ITERATIONS} iterations")
    state, covariance = found.predicted_state[:, -1], found.predicted_state_cov[:, :, -1]
    noise, level, slope = (math.sqrt(max(0.0, float(variance))) for variance in found.params)
    if not np.isfinite([*state, *covariance.ravel(), noise, level, slope]).all():
        raise NoFitError("the fit of the local trend ended in numbers that are not finite")
    return Trend(
        level=float(state[0]),
        slope=float(state[1]),
        variances=(max(0.0, float(covariance[0, 0])), max(0.0, float(covariance[1, 1]))),
        covariance=float(covariance[0, 1]),
        sd_noise=max(MIN_SD, noise),
        sd_level=level,
        sd_slope=slope,
        damping=damping,
        dof=dof,
    )
