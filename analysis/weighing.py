"""All comparisons of a run weighed together: estimates on two levels, and which of them are significant.

Three families, each with a level of its own: what all operations moved together, what single operations moved beside that,
and all that is no latency. See docs/verdict.md for where the levels come from.
"""

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from analysis.case import ALL, Case
from analysis.errors import ErrorCase
from analysis.estimate import Estimate, estimate
from analysis.measure import RATE, SHARE
from analysis.shift import Level, Shift, control_of, shifts_of
from analysis.significance import rejected
from analysis.spread import Prior, Spread, alike_scale, pooled_prior, prior_of, spread_of_logs

Name = tuple[str, str, str]  # stage, operation, measure
NO_PRIOR = Prior(0.0, 0.0)


@dataclass(frozen=True, slots=True)
class Levels:
    """One-sided levels of significance by family."""

    together: float
    single: float
    other: float


# Set by simulation so that a whole week of the same code is called slower in at most 3 % (docs/verdict.md). Three runs were asked
# for by an alert, which is a first sieve; one run must convince alone.
LEVELS_OF_THREE = Levels(0.012, 0.045, 0.01)
LEVELS_OF_ONE = Levels(0.008, 0.012, 0.005)
ALERT_LEVELS = Levels(0.10, 0.12, 0.10)  # stage 1 only asks for reruns: it may be wrong often


@dataclass(frozen=True, slots=True)
class Together:
    """What all operations moved together, by stage and measure. `apart` is the same less what the control operation moved."""

    shift: Shift
    moved: Estimate
    control: Estimate | None
    apart: Estimate | None


@dataclass(frozen=True, slots=True)
class Weighed:
    """Everything estimated. `whole` holds each case's whole change, `own` what is left of it beside the common shift.

    `alone` is the accepted runs' spread of each. `worse` and `better` name what changed significantly, `alerts` what stage 1 alerts at; the common shift of a stage and measure
    goes by the operation `ALL`.
    """

    cases: tuple[Case, ...]
    errors: tuple[ErrorCase, ...]
    whole: Mapping[Name, Estimate]
    own: Mapping[Name, Estimate]
    alone: Mapping[Name, Spread]
    together: Mapping[Level, Together]
    worse: frozenset[Name]
    better: frozenset[Name]
    alerts: frozenset[Name]
    levels: Levels
    hypotheses: int

    def judged(self, name: Name) -> Estimate:
        """Return the estimate that a case's statement stands on."""
        return self.own.get(name) or self.whole[name]

    def before(self, name: Name) -> float:
        """Return the accepted runs' value of a case."""
        case = next(case for case in self.cases if name_of(case) == name)
        assert case.observed is not None
        return case.observed / math.exp(self.whole[name].change)

    def outlying(self) -> list[str]:
        """Return the accepted runs that were left out as outliers, once for each case."""
        return [
            case.run_ids[place]
            for case in self.cases
            if case.reason is None
            for place in self.alone[name_of(case)].left_out
        ]


def weigh(cases: Sequence[Case], errors: Sequence[ErrorCase], control: str | None) -> Weighed:
    """Return the weighed comparisons of one run, or of several of one build."""
    usable = [case for case in cases if case.reason is None]
    shifts = shifts_of(usable, control)
    together = _together(shifts, control_of(usable, control))
    own = _own(usable, shifts)
    alone = {name_of(case): spread_of_logs(case.logs_then, case.within) for case in usable}
    whole = _whole(usable, alone)
    gated = {name_of(case) for case in usable if case.gated}
    judged = {name: own.get(name) or found for name, found in whole.items()}
    levels = LEVELS_OF_THREE if max((e.candidates for e in judged.values()), default=1) >= 3 else LEVELS_OF_ONE
    return Weighed(
        cases=tuple(cases),
        errors=tuple(errors),
        whole=whole,
        own=own,
        alone=alone,
        together=together,
        worse=_significant({n: e.p_worse for n, e in judged.items()}, _common(together, worse=True), errors, gated, levels),
        better=_significant({n: e.p_better for n, e in judged.items()}, _common(together, worse=False), (), gated, levels),
        alerts=_significant({n: e.p_worse for n, e in judged.items() if n in gated}, _common(together, worse=True, apart=True),
                            errors, gated, ALERT_LEVELS),
        levels=levels,
        hypotheses=max(1, len({operation for _, operation, measure in gated if measure.startswith("response")})),
    )  # fmt: skip


def name_of(case: Case) -> Name:
    """Return the name that a case goes by."""
    return case.stage, case.operation, case.measure.name


# Estimates.


def _together(shifts: Mapping[Level, Shift], controls: Mapping[Level, Shift]) -> dict[Level, Together]:
    found = {}
    for level, shift in shifts.items():
        if not shift.is_common:
            continue  # the control's own shift: nothing of the product
        control = controls.get(level)
        apart = None if control is None else _moved(
            {run_id: shift.past[run_id] - moved for run_id, moved in control.past.items() if run_id in shift.past},
            [ours - theirs for ours, theirs in zip(shift.now, control.now, strict=True)],
        )  # fmt: skip
        found[level] = Together(
            shift, _moved(shift.past, shift.now), None if control is None else _moved(control.past, control.now), apart
        )
    return found


def _moved(past: Mapping[str, float], now: Sequence[float]) -> Estimate:
    """Return the estimate of a series that has no like to be shrunk towards."""
    known = [value for value in now if not math.isnan(value)]
    return estimate(spread_of_logs(list(past.values()), 0.0), known, NO_PRIOR, 0.0, worse=1)


def _own(usable: Sequence[Case], shifts: Mapping[Level, Shift]) -> dict[Name, Estimate]:
    """Return what each latency moved beside the common shift; those that are the shift themselves are left out."""
    series = {}
    for case in usable:
        shift = shifts.get((case.stage, case.measure.name))
        if shift is None or not case.measure.is_latency or shift.is_of(case.operation):
            continue
        past = [log - shift.past[run_id] for log, run_id in zip(case.logs_then, case.run_ids, strict=True)
                if run_id in shift.past]  # fmt: skip
        now = [log - moved for log, moved in zip(case.aligned_now, shift.now, strict=True) if log is not None]
        if len(past) >= 2 and now:
            series[name_of(case)] = (case, past, now)
    alike = {level: alike_scale([past for name, (_, past, _) in series.items() if (name[0], name[2]) == level])
             for level in shifts}  # fmt: skip
    spreads = {
        name: spread_of_logs(past, case.within, alike[name[0], name[2]]) for name, (case, past, _) in series.items()
    }
    priors = _priors(spreads, prior_of)
    return {
        name: estimate(spreads[name], now, priors[name[0], name[2]], case.within, case.measure.worse)
        for name, (case, _, now) in series.items()
    }


def _whole(usable: Sequence[Case], spreads: Mapping[Name, Spread]) -> dict[Name, Estimate]:
    """Return the whole changes. What operations share makes their variances alike, so that they tell little of one another."""
    priors = _priors({name: spread for name, spread in spreads.items() if name[1] != ALL}, pooled_prior)
    return {
        name_of(case): estimate(
            spreads[name_of(case)], case.logs_now, _prior(case, priors), case.within, case.measure.worse
        )
        for case in usable
    }


def _priors(spreads: Mapping[Name, Spread], prior: Callable[[Sequence[Spread]], Prior]) -> dict[Level, Prior]:
    groups: dict[Level, list[Spread]] = {}
    for (stage, _, measure), spread in spreads.items():
        groups.setdefault((stage, measure), []).append(spread)
    return {level: prior(group) for level, group in groups.items()}


def _prior(case: Case, priors: Mapping[Level, Prior]) -> Prior:
    """Return what a case's variance is shrunk towards: that of all operations; of counts of all together, what counts vary by."""
    if case.operation != ALL and case.measure is not SHARE:
        return priors[case.stage, case.measure.name]
    if case.measure is RATE:
        return Prior(1 / case.count)
    return Prior(case.within) if case.measure is SHARE else NO_PRIOR


# Significance.


def _common(together: Mapping[Level, Together], *, worse: bool, apart: bool = False) -> dict[Name, float]:
    """Return the p-values of what all moved together; with `apart` also the control must have stayed behind."""
    found = {}
    for (stage, measure), row in together.items():
        p_value = row.moved.p_worse if worse else row.moved.p_better
        if apart and row.apart is not None:
            p_value = max(p_value, row.apart.p_worse)
        found[stage, ALL, measure] = p_value
    return found


def _significant(
    p_values: Mapping[Name, float],
    common: Mapping[Name, float],
    errors: Iterable[ErrorCase],
    gated: set[Name],
    levels: Levels,
) -> frozenset[Name]:
    """Return the significant names. What the gate does not look at is a family of its own: it takes nothing from the rest."""
    found = rejected({"all": common}, levels.together)
    for is_gated in (True, False):
        single: dict[str, dict[Name, float]] = {}
        other: dict[Name, dict[Name, float]] = {}
        for name, p_value in p_values.items():
            if (name in gated) is not is_gated:
                continue
            if name[2].startswith("response"):
                single.setdefault(name[1], {})[name] = p_value
            else:
                other[name] = {name: p_value}
        other |= {error.name: {error.name: error.p_worse} for error in errors if error.gated is is_gated}
        found |= rejected(single, levels.single) | rejected(other, levels.other)
    return found
