"""Errors against accepted runs: counts that come in bursts, compared as so many bursts.

A burst of 28 errors is one event, not 28. So counts are divided by phi, how many times more they vary than independent ones
would, and what is left is held against a binomial distribution: of all events, how many would fall into these runs by chance?
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.special import betainc, betaincinv

from analysis.case import ALL, operations_then
from analysis.figures import counted, percent
from analysis.history import MIN_RUNS, Past
from analysis.interval import overdispersion, ratio_interval
from analysis.measure import ERRORS, LEAST_ERRORS
from analysis.observed import Observed, attempts_by_second, failed_by_second
from records.window import FAILED, Outcome

INCIDENT_GAP_S = 10  # seconds without an error that end an incident
MIN_INCIDENT = 5  # errors; fewer are no burst
MAX_INCIDENT_SHARE = 0.2  # of the stage: what lasts longer is no burst but how it is


@dataclass(frozen=True, slots=True)
class Tally:
    """Errors of `trials` requests in one run; `phi` >= 1 is how much they cluster inside it."""

    events: int
    trials: int
    phi: float


@dataclass(frozen=True, slots=True)
class Incident:
    """A burst of errors from `start_s` to `end_s` of the run."""

    start_s: int
    end_s: int
    events: int


@dataclass(frozen=True, slots=True)
class ErrorCase:
    """The errors of an operation in a stage: the candidates' and the accepted runs'."""

    stage: str
    operation: str
    now: tuple[Tally, ...]
    then: tuple[Tally, ...]
    incidents: tuple[Incident, ...]
    gated: bool
    reason: str | None

    @property
    def name(self) -> tuple[str, str, str]:
        """Return the name that it goes by among the comparisons."""
        return self.stage, self.operation, ERRORS.name

    @property
    def phi(self) -> float:
        """Return by how much errors vary more than independent ones would, inside runs or between runs of one build."""
        return max(1.0, _inside((*self.now, *self.then)), _between(self.then, self.now))

    @property
    def p_worse(self) -> float:
        """Return the probability of so many events here, or more, from the same code; 1 where there is none.

        X of N events given the sizes is binomial, and N = events / phi need not be whole: the incomplete beta function.
        Source: J. Przyborowski, H. Wilenski, Biometrika 31 (1940) 313; P. McCullagh, J. Nelder, Generalized Linear Models,
        2nd ed., 1989, section 9.2 (phi).
        """
        here, there = _total(self.now), _total(self.then)
        if self.reason is not None or here.events == 0:
            return 1.0
        share = here.trials / (here.trials + there.trials)
        return float(betainc(here.events / self.phi, there.events / self.phi + 1, share))

    def ratios(self) -> tuple[float | None, float | None]:
        """Return the error ratios of the accepted runs and of the candidates together, None where nothing was tried."""
        there, here = (
            total.events / total.trials if total.trials else None for total in (_total(self.then), _total(self.now))
        )
        return there, here

    def interval(self, alpha: float) -> tuple[float, float] | None:
        """Return the interval of the change of the ratio, `alpha` one-sided; None where it has no upper end.

        Source: C. Clopper, E. Pearson, Biometrika 26 (1934) 404, for the share of all events that fall here.
        """
        here, there = _total(self.now), _total(self.then)
        if there.events == 0 or here.trials == 0:
            return None
        few, many = here.events / self.phi, there.events / self.phi
        low = float(betaincinv(few, many + 1, alpha)) if few > 0 else 0.0
        high = float(betaincinv(few + 1, many, 1 - alpha))
        odds = there.trials / here.trials
        return low / (1 - low) * odds - 1, high / (1 - high) * odds - 1

    def rules_out_more(self) -> bool:
        """Return whether so many more errors as matter can be ruled out: the upper 95 % bound of the ratio here is under that."""
        here = _total(self.now)
        if here.trials == 0:
            return False
        _, high = ratio_interval(here.events, here.trials, self.phi)
        return high - (self.ratios()[0] or 0.0) < LEAST_ERRORS

    @property
    def is_worth(self) -> bool:
        """Return whether there are so many more errors that it matters."""
        there, here = self.ratios()
        return here is not None and here - (there or 0.0) >= LEAST_ERRORS


def errors_of(
    seen: Sequence[Observed], pasts: Sequence[Past], gated: Sequence[str], reason: str | None
) -> list[ErrorCase]:
    """Return the errors of all operations together, and of each that has any here; `gated` are those that the gate looks at, empty: all."""
    if not pasts:
        return []
    names = sorted({name for observed in seen for name in observed.operations if _tally(observed, name).events})
    return [
        _case(seen, pasts, name, reason, is_gated=name == ALL or not gated or name in gated) for name in [ALL, *names]
    ]


def _case(
    seen: Sequence[Observed], pasts: Sequence[Past], operation: str, reason: str | None, *, is_gated: bool
) -> ErrorCase:
    then = tuple(tally for past in pasts if (tally := _past_tally(past, operation)).trials)
    if reason is None and len(then) < MIN_RUNS:
        reason = f"only {counted(len(then), 'accepted run')} with requests of it; a comparison needs {MIN_RUNS}"
    return ErrorCase(
        stage=seen[0].stage.name,
        operation=operation,
        now=tuple(_tally(observed, operation) for observed in seen),
        then=then,
        incidents=tuple(incident for observed in seen for incident in incidents_of(observed, operation)),
        gated=is_gated,
        reason=reason,
    )


def _tally(observed: Observed, operation: str) -> Tally:
    failed, attempts = _by_second(observed, operation)
    return Tally(int(failed.sum()), int(attempts.sum()), overdispersion(failed, attempts))


def error_dispersion(observed: Observed, operation: str) -> float:
    """Return phi of an operation's errors, of `ALL` of all single requests, in one stage of a run."""
    return overdispersion(*_by_second(observed, operation))


def _by_second(observed: Observed, operation: str) -> tuple[np.ndarray, np.ndarray]:
    by_second = observed.outcomes_by_second(None if operation == ALL else [operation])
    return failed_by_second(by_second), attempts_by_second(by_second)


def _past_tally(past: Past, operation: str) -> Tally:
    found = operations_then(past, operation)
    failed = sum(one.outcomes.get(outcome.value, 0) for one in found for outcome in FAILED)
    tried = sum(count for one in found for outcome, count in one.outcomes.items() if outcome != Outcome.ABORTED.value)
    phi = past.stage.error_dispersion if operation == ALL else max((one.error_dispersion for one in found), default=1.0)
    return Tally(failed, tried, phi)


def _total(tallies: Sequence[Tally]) -> Tally:
    return Tally(sum(t.events for t in tallies), sum(t.trials for t in tallies), 1.0)


def _inside(tallies: Sequence[Tally]) -> float:
    """Return the mean of phi inside runs, weighed by errors: a run without any says nothing of how they cluster."""
    total = _total(tallies).events
    return sum(tally.events * tally.phi for tally in tallies) / total if total else 1.0


def _between(*groups: Sequence[Tally]) -> float:
    """Return phi between runs of one build: Pearson's chi-square over its degrees of freedom, each group by itself."""
    chi_square, dof = 0.0, 0
    for group in groups:
        total = _total(group)
        if total.events == 0 or len(group) < 2:
            continue
        expected = [tally.trials * total.events / total.trials for tally in group]
        chi_square += sum((t.events - e) ** 2 / e for t, e in zip(group, expected, strict=True) if e > 0)
        dof += len(group) - 1
    return chi_square / dof if dof else 1.0


# Incidents.


def incidents_of(observed: Observed, operation: str) -> tuple[Incident, ...]:
    """Return the bursts: errors with less than 10 s between them, at least five, over less than a fifth of the stage."""
    failed, _ = _by_second(observed, operation)
    seconds = np.flatnonzero(failed)
    if seconds.size == 0:
        return ()
    found = []
    for group in np.split(seconds, np.flatnonzero(np.diff(seconds) >= INCIDENT_GAP_S) + 1):
        first, last = int(group[0]), int(group[-1])
        events = int(failed[group].sum())
        if events >= MIN_INCIDENT and last + 1 - first <= MAX_INCIDENT_SHARE * observed.seconds:
            found.append(Incident(observed.first + first, observed.first + last + 1, events))
    return tuple(found)


def incidents_in_words(incidents: Sequence[Incident]) -> str:
    """Return "2 bursts: 28 errors at 120 s, 31 errors at 300 s", "" for none."""
    if not incidents:
        return ""
    told = ", ".join(f"{counted(one.events, 'error')} at {one.start_s} s" for one in incidents[:3])
    more = f" and {len(incidents) - 3} more" if len(incidents) > 3 else ""
    return f"{counted(len(incidents), 'burst')}: {told}{more}"


def errors_in_words(case: ErrorCase) -> str:
    """Return how many errors there are, in the candidates and in the accepted runs."""
    here, there = _total(case.now), _total(case.then)
    return (
        f"{counted(here.events, 'error')} in {counted(here.trials, 'request')}, "
        f"{_share(there)} of {counted(there.trials, 'request')} in {counted(len(case.then), 'accepted run')}"
    )


def _share(tally: Tally) -> str:
    return f"{counted(tally.events, 'error')} ({percent(tally.events / max(1, tally.trials))})"
