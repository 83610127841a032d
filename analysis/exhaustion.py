"""Exhaustion: from the steps of a run to where it broke, on what, and whether it came back (docs/exhaustion.md)."""

import math
from collections.abc import Sequence

from analysis.breaking import Bracket, Curve, bracket_of, crossings, first_missed, requests_at
from analysis.climb import climb
from analysis.confirmation import confirmation
from analysis.figures import listed, number, quantity
from analysis.metastable import overload, recovery
from analysis.observed import Observed
from analysis.saturation import bottleneck_of, saturations
from analysis.staircase import Exhaustion, Missed, Step
from records.run import Run
from scenarios.objectives import Metric, Scope
from scenarios.scenario import StageKind
from scenarios.turn import is_bisection


def exhaust(run: Run, stages: Sequence[Observed]) -> Exhaustion | None:
    """Return what the climb of a run comes to, None where it has no steps; `stages` are all of the plan's."""
    if not any(observed.stage.kind is StageKind.STEP for observed in stages):
        return None
    steps = climb(run, stages)
    bracket = bracket_of(steps)
    rate, because = _breaking(run, steps, bracket)
    first, _ = first_missed(bracket)
    used = saturations(steps, bracket)
    bottleneck, bottleneck_because = bottleneck_of(used, bracket)
    return Exhaustion(
        steps=steps,
        breaking_per_s=rate,
        request_rate_per_s=None if rate is None else requests_at(_below(steps, bracket), rate),
        bracket=_ends(bracket),
        because=because,
        first=first,
        crossings=crossings(steps),
        saturations=used,
        bottleneck=bottleneck,
        bottleneck_because=bottleneck_because,
        recovery=None if bracket.bad is None else recovery(run, stages),
        bisected=tuple(
            observed.stage.name for observed in stages if is_bisection(observed.stage) and observed.seconds > 0
        ),
        bracket_ratio=_ratio(bracket),
        confirmation=confirmation(run, stages, rate),
        overload=None if bracket.bad is None else overload(run, stages),
    )


def _below(steps: Sequence[Step], bracket: Bracket) -> list[Step]:
    """Return the steps up to the first bad one: beyond it requests per s no longer follow the offered rate."""
    last = math.inf if bracket.bad is None else bracket.bad.offered_per_s
    return [step for step in steps if step.offered_per_s <= last]


def _ends(bracket: Bracket) -> tuple[float, float] | None:
    if bracket.good is None or bracket.bad is None:
        return None
    low, high = sorted((bracket.good.offered_per_s, bracket.bad.offered_per_s))  # short steps near each other: chance
    return low, high


def _ratio(bracket: Bracket) -> float | None:
    return None if bracket.good is None or bracket.bad is None else bracket.bad.level / bracket.good.level - 1


def _breaking(run: Run, steps: Sequence[Step], bracket: Bracket) -> tuple[float | None, str]:
    """Return lambda* in sessions per s, and how it was found or why there is none."""
    good, bad = bracket.good, bracket.bad
    if bad is None:
        if good is None:
            return None, "no step could be told"
        return None, _unbroken(steps, good)
    if good is None and any(step.good is None for step in steps):
        return (
            None,
            f"no step below {number(bad.offered_per_s)} sessions per s, which broke, could be told: {_first_void(steps)}",
        )
    if good is None:
        return None, f"no step held all objectives; the lowest offered {number(bad.offered_per_s)} sessions per s"
    low, high = sorted((good.offered_per_s, bad.offered_per_s))
    first, straight = first_missed(bracket)
    if first is None or straight is None:
        middle = math.sqrt(low * high)
        return middle, "the middle of the bracket: nothing that broke has a value on both sides"
    rate = straight
    if _is_all_together(run, first):
        curved = Curve(steps).crossing(first.limit * 1e6)
        rate = straight if curved is None else curved
    chance = ", which the last good step missed by no more than chance" if rate < low else ""
    return min(high, rate), f"interpolated where {first.title} reaches {quantity(first.limit, first.unit)}{chance}"


def _unbroken(steps: Sequence[Step], good: Step) -> str:
    """Return that nothing broke for good, and which steps did without a higher load repeating it."""
    passed = [step.stage for step in steps if step.good is False]
    if not passed:
        return f"no breaking point in range: all objectives held up to {number(good.offered_per_s)} sessions per s"
    return (
        f"no breaking point that stands: at {number(good.offered_per_s)} sessions per s all objectives held, although they did not in "
        f"{listed(passed)} below it; something else than the load broke these, so climb again on a quiet target"
    )


def _first_void(steps: Sequence[Step]) -> str:
    return next(step.because for step in steps if step.good is None)


def _is_all_together(run: Run, missed: Missed) -> bool:
    """Tell whether a missed objective is p95 of all operations, which the curve is made of."""
    return any(
        row.name == missed.name
        and row.metric is Metric.RESPONSE_P95
        and row.scope is Scope.TOGETHER
        and not row.operations
        for row in run.manifest.plan.objectives.objective
    )
