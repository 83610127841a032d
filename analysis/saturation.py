"""What was used up: service demands and waits of the target's resources over the climb (Lazowska et al., Quantitative System
Performance, 1984, ch. 3 and 5).

The demand of a request on a resource is D = U / X: its share in use over the requests per s. It is the slope of U over X while the
resource is not busy (U < 0.6), by Theil and Sen, which one odd step does not move. No resource can serve more than 1 / D.
A bottleneck is not only the busiest: work also queues for it, more from step to step.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from analysis.breaking import Bracket
from analysis.figures import number, percent
from analysis.staircase import Saturation, Step

Floats = NDArray[np.float64]
LOW_USE = 0.6  # below it use is in proportion to the load; above it what is measured is already the queue
MIN_USE = (
    0.5  # two servers that must answer within four times their service are safe only up to 0.54 (docs/exhaustion.md)
)
MIN_GROWTH = 1.5  # times the least of the climb: a wait that grew less may be noise
UNKNOWN = "a lock, a pool that no probe sees, a rate limit, or the generator"


def saturations(steps: Sequence[Step], bracket: Bracket) -> tuple[Saturation, ...]:
    """Return each resource over the climb, the one most in use at the last good step first."""
    names = list(dict.fromkeys(use.resource for step in steps for use in step.uses))
    found = [_saturation(name, steps, bracket) for name in names]
    return tuple(sorted(found, key=lambda row: (-(row.use_before or 0.0), row.resource)))


def bottleneck_of(rows: Sequence[Saturation], bracket: Bracket) -> tuple[str | None, str]:
    """Return what was used up and why it is said, or None and what else it may be."""
    if bracket.bad is None:
        return None, "nothing broke in range"
    known = [row for row in rows if row.use_before is not None]
    if not known:
        return None, f"no probe saw a resource at the step before: {UNKNOWN}"
    busiest = max(known, key=lambda row: row.use_before or 0.0)
    use = busiest.use_before or 0.0
    if use < MIN_USE:
        return None, f"the busiest, {busiest.resource}, was only {percent(use)} in use at the step before: {UNKNOWN}"
    if busiest.grows is None:
        return (
            None,
            f"{busiest.resource} was {percent(use)} in use, but no probe tells whether work waits for it: that, or {UNKNOWN}",
        )
    if not busiest.grows:
        return None, f"{busiest.resource} was {percent(use)} in use, but the wait for it did not grow: {UNKNOWN}"
    bound = (
        "" if busiest.bound_per_s is None else f"; it can serve {number(busiest.bound_per_s)} requests per s at most"
    )
    return busiest.resource, f"{percent(use)} in use at the step before it broke, and the wait for it grew{bound}"


def _saturation(name: str, steps: Sequence[Step], bracket: Bracket) -> Saturation:
    seen = [(step, use) for step in steps for use in step.uses if use.resource == name and use.use is not None]
    demand_s, because = demand_of(seen_points(seen))
    waits = {step.stage: use.wait for step, use in seen if use.wait is not None}
    before = None if bracket.good is None else waits.get(bracket.good.stage)
    broken = None if bracket.bad is None else waits.get(bracket.bad.stage)
    least = min(waits.values(), default=None)
    use_before = next(
        (use.use for step, use in seen if bracket.good is not None and step.stage == bracket.good.stage), None
    )
    return Saturation(
        resource=name,
        demand_s=demand_s,
        bound_per_s=1 / demand_s if demand_s else None,
        use_before=use_before,
        wait_least=least,
        wait_before=before,
        wait_broken=broken,
        grows=_grows(least, before, broken),
        because=because,
    )


def _grows(least: float | None, before: float | None, broken: float | None) -> bool | None:
    """Tell whether a wait rose from its least to the last good step, or to the first bad one, and did not fall between these."""
    if least is None or (before is None and broken is None):
        return None
    known = [wait for wait in (before, broken) if wait is not None]
    return max(known) > MIN_GROWTH * least and known[-1] >= known[0] and max(known) > 0


def seen_points(seen: Sequence[tuple[Step, object]]) -> list[tuple[float, float]]:
    """Return requests per s and use of the steps whose figures belong together."""
    points = []
    for step, use in seen:
        value = getattr(use, "use", None)
        if value is not None and step.good is not None and step.request_rate_per_s > 0:
            points.append((step.request_rate_per_s, value))
    return points


def demand_of(points: Sequence[tuple[float, float]]) -> tuple[float | None, str]:
    """Return D in s a request: the slope of use over rate where there are three low steps, else the median of their quotients."""
    low = [(rate, use) for rate, use in points if use < LOW_USE]
    if not low:
        return None, f"no step in which it was less than {percent(LOW_USE)} in use"
    rates, uses = np.array([rate for rate, _ in low]), np.array([use for _, use in low])
    if len(low) >= 3 and np.ptp(rates) > 0:
        slope = _slope(uses, rates)
        if slope > 0:
            return slope, ""
    quotient = float(np.median(uses / rates))
    return (
        (quotient, "from the quotient of use and rate: too few steps, or use that did not rise")
        if quotient > 0
        else (
            None,
            "it was not in use at all",
        )
    )


def _slope(uses: Floats, rates: Floats) -> float:
    """Return the median slope over all pairs at different rates; scipy's also wants an interval, which resampled steps do not have."""
    first, second = np.triu_indices(rates.size, 1)
    apart = rates[second] != rates[first]
    return float(np.median((uses[second] - uses[first])[apart] / (rates[second] - rates[first])[apart]))
