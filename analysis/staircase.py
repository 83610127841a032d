"""What an exhaustion run comes to: its steps, where it broke, what was used up, whether it stood and recovered. Values only."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Use:
    """A resource in one step: the share of it in use, and the wait for it in the wait signal's own unit; None: not known."""

    resource: str
    use: float | None
    wait: float | None


@dataclass(frozen=True, slots=True)
class Missed:
    """An objective that a step missed. Values in `unit`; `before` is what the last good step had, None where it was not measured."""

    name: str
    title: str
    operation: str | None
    unit: str
    limit: float
    before: float | None
    observed: float


@dataclass(frozen=True, slots=True)
class Step:
    """One level. Rates: sessions per s offered, the share of them that started, requests per s answered or failed.

    `good` None: void, or it cannot be told, and `because` says why. `little_ratio` is N / (X (R + Z)): 1 where Little's law
    holds, None where it cannot be worked out.
    """

    stage: str
    level: float
    offered_per_s: float
    started_ratio: float | None
    request_rate_per_s: float
    response_us_p50: float | None
    response_us_p95: float | None
    count: int
    error_ratio: float | None
    little_ratio: float | None
    uses: tuple[Use, ...]
    missed: tuple[Missed, ...]
    good: bool | None
    because: str


@dataclass(frozen=True, slots=True)
class Crossing:
    """The offered rate at which p95 of all operations reaches a limit in us; None: `because` says why."""

    limit_us: float
    offered_per_s: float | None
    request_rate_per_s: float | None
    because: str


@dataclass(frozen=True, slots=True)
class Saturation:
    """One resource over the climb. `demand_s`: seconds of it that one request takes, `bound_per_s`: what it can serve at most.

    `use_before` and `wait_before` are those of the last good step, `wait_least` the least of the climb, `wait_broken` that of
    the first bad one. `grows` tells whether the wait does.
    """

    resource: str
    demand_s: float | None
    bound_per_s: float | None
    use_before: float | None
    wait_least: float | None
    wait_before: float | None
    wait_broken: float | None
    grows: bool | None
    because: str


@dataclass(frozen=True, slots=True)
class Recovery:
    """The way back down. `recovered_s`: how long after the load fell the objectives held again for good, None: they did not."""

    stage: str
    level: float
    recovered_s: float | None
    watched_s: float
    because: str


@dataclass(frozen=True, slots=True)
class Confirmation:
    """The hold a little below the breaking point. `share` of it was offered by plan; `step` None: it was not carried out.

    `confirmed` None: it cannot be told, and `because` says why; False: `because` says what broke.
    """

    step: Step | None
    share: float | None
    hold_s: float
    confirmed: bool | None
    because: str


@dataclass(frozen=True, slots=True)
class Exhaustion:
    """The whole. `breaking_per_s` is lambda*, in sessions per s offered; `bracket` the last good and the first bad rate.

    `request_rate_per_s` is the same in requests per s. `first` is what broke first; `bottleneck` what was used up, None with
    `bottleneck_because`. `bisected` are the steps in the middle of the bracket, in the order in which they were made, and
    `bracket_ratio` how far apart the levels of its ends are (0.05: 5 %). `confirmation` is None where there is no breaking
    point, or nobody asked to confirm it. `overload` is how the target came back after the steps past the break, where the load
    rose again after that; `recovery` how it came back in the end.
    """

    steps: tuple[Step, ...]
    breaking_per_s: float | None
    request_rate_per_s: float | None
    bracket: tuple[float, float] | None
    because: str
    first: Missed | None
    crossings: tuple[Crossing, ...]
    saturations: tuple[Saturation, ...]
    bottleneck: str | None
    bottleneck_because: str
    recovery: Recovery | None
    bisected: tuple[str, ...] = ()
    bracket_ratio: float | None = None
    confirmation: Confirmation | None = None
    overload: Recovery | None = None
