"""Whether one arm of a duet fails more often than the other."""

from collections.abc import Iterable, Sequence

import numpy as np
from scipy.special import betainc

from analysis.duet_case import Half
from analysis.duet_verdict import PairedErrors
from analysis.figures import counted
from analysis.interval import overdispersion
from analysis.observed import attempts_by_second, failed_by_second
from analysis.verdict import Gate, Statement

ALPHA = 0.01  # one-sided, as that of all comparisons together
LEAST_CHANGE = 0.001  # of ratios: what the objective of the error ratio allows in all


def compared_errors(pairs: Sequence[tuple[Half, Half]]) -> PairedErrors:
    """Return whether one arm fails more often.

    Of all failures b's share is binomial where both fail alike, with failures / phi for failures, because they come in
    bursts (quasi-Poisson; P. McCullagh, J. Nelder, Generalized Linear Models, 2nd ed., 1989, 4.5).
    """
    sides = [_failed_and_attempts(halves) for halves in zip(*pairs, strict=True)]
    (a_failed, a_attempts), (b_failed, b_attempts) = ((sum(failed), sum(attempts)) for failed, attempts in sides)
    if not a_attempts or not b_attempts:
        return PairedErrors(
            a_failed, a_attempts, b_failed, b_attempts, None, Statement.CANNOT_TELL, Gate.NOT_GATED, "no requests"
        )
    phi = max(overdispersion(np.array(failed), np.array(attempts)) for failed, attempts in sides)
    share = b_attempts / (a_attempts + b_attempts)
    found = b_failed / b_attempts - a_failed / a_attempts
    both, of_b = (a_failed + b_failed) / phi, b_failed / phi
    p_worse, p_better = _at_least(of_b, both, share), _at_least(both - of_b, both, 1 - share)
    told = f"{counted(b_failed, 'failed request')} of {b_attempts:,} against {a_failed:,} of {a_attempts:,}"
    if p_worse <= ALPHA and found >= LEAST_CHANGE:
        return PairedErrors(a_failed, a_attempts, b_failed, b_attempts, found, Statement.REGRESSED, Gate.FAIL, told)
    better = p_better <= ALPHA and found <= -LEAST_CHANGE
    statement = Statement.IMPROVED if better else Statement.CANNOT_TELL
    return PairedErrors(a_failed, a_attempts, b_failed, b_attempts, found, statement, Gate.PASS, told)


def _at_least(hits: float, of: float, share: float) -> float:
    """Return the probability of so many hits or more, binomial; for parts of hits the incomplete beta function goes on between."""
    return float(betainc(hits, of - hits + 1, share)) if hits > 0 else 1.0


def _failed_and_attempts(halves: Iterable[Half]) -> tuple[list[int], list[int]]:
    """Return failed requests and attempts by second, over some stages one after the other."""
    failed: list[int] = []
    attempts: list[int] = []
    for half in halves:
        by_second = half.observed.outcomes_by_second()
        failed += failed_by_second(by_second).tolist()
        attempts += attempts_by_second(by_second).tolist()
    return failed, attempts
