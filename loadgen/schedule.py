"""Schedules as pure functions of the plan: when each session is meant to start, and how many users there are when.

Open: arrivals of unit rate (exponential gaps for Poisson, equal gaps for constant) are carried through the inverse of the
cumulative planned rate, so that any ramp keeps their character (time change of a point process; Cinlar 1975, ch. 4). The whole
schedule depends on the plan alone; worker i of n takes the arrivals whose number leaves the remainder i.
"""

import bisect
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from scenarios.mix import Persona
from scenarios.plan import Plan, PlannedStage, persona_shares
from scenarios.scenario import Arrivals, StageKind

CHUNK = 4096  # gaps drawn at once; a bound on memory, not on the schedule


@dataclass(frozen=True, slots=True)
class Arrival:
    """One session that is meant to start `at_s` seconds after the run's start."""

    number: int
    at_s: float
    persona: Persona


def arrivals(plan: Plan, worker: int = 0, workers: int = 1) -> Iterator[Arrival]:
    """Yield this worker's arrivals in order of time."""
    shares = persona_shares(plan)
    personas = list(shares)
    edges = np.cumsum(list(shares.values()))
    number = 0
    for times, choices in _chunks(plan):
        chosen = np.minimum(np.searchsorted(edges, choices, side="right"), len(personas) - 1)
        for at_s, index in zip(times.tolist(), chosen.tolist(), strict=True):
            if number % workers == worker:
                yield Arrival(number, at_s, personas[index])
            number += 1


def arrival_times(plan: Plan) -> NDArray[np.float64]:
    """Return all planned starts in s, shape (n,)."""
    return np.concatenate([times for times, _ in _chunks(plan)] or [np.empty(0)])


def _chunks(plan: Plan) -> Iterator[tuple[NDArray[np.float64], NDArray[np.float64]]]:
    """Yield start times in s and uniform draws (who comes), chunk by chunk."""
    stages = [stage for stage in plan.stages if stage.sessions_per_s is not None]
    if not stages:
        return
    rng = np.random.default_rng([plan.seed, 1])
    knots_s, mass = _cumulative(stages)
    total, done = float(mass[-1]), 0.0
    while done < total:
        gaps = rng.exponential(size=CHUNK) if plan.arrivals is Arrivals.POISSON else np.ones(CHUNK)
        choices = rng.random(CHUNK)
        at_mass = done + np.cumsum(gaps)
        done = float(at_mass[-1])
        inside = at_mass < total
        yield _inverse(at_mass[inside], stages, knots_s, mass), choices[inside]


def _cumulative(stages: list[PlannedStage]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return stage borders in s and the expected number of arrivals up to each."""
    knots = [stages[0].start_s]
    mass = [0.0]
    for stage in stages:
        knots.append(stage.end_s)
        mass.append(mass[-1] + stage.duration_s * (_start_rate(stage) + _end_rate(stage)) / 2)
    return np.array(knots), np.array(mass)


def _inverse(
    at_mass: NDArray[np.float64], stages: list[PlannedStage], knots_s: NDArray[np.float64], mass: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Return the time at which the cumulative rate reaches each mass (a quadratic inside a ramp)."""
    index = np.clip(np.searchsorted(mass, at_mass, side="right") - 1, 0, len(stages) - 1)
    begin = np.array([_start_rate(stage) for stage in stages])[index]
    end = np.array([_end_rate(stage) for stage in stages])[index]
    length = np.array([stage.duration_s for stage in stages])[index]
    slope = (end - begin) / length
    rest = at_mass - mass[index]
    root = np.sqrt(np.maximum(begin**2 + 2 * slope * rest, 0.0))
    result: NDArray[np.float64] = knots_s[index] + 2 * rest / (begin + root)
    return result


def _end_rate(stage: PlannedStage) -> float:
    assert stage.sessions_per_s is not None
    return stage.sessions_per_s


def _start_rate(stage: PlannedStage) -> float:
    return _end_rate(stage) * stage.from_level / stage.level


def planned_rate_per_s(plan: Plan, second: float) -> float | None:
    """Return the planned sessions per s at a moment, None outside the plan or in the closed model."""
    stage = plan.stage_at(second)
    if stage is None or stage.sessions_per_s is None:
        return None
    part = (second - stage.start_s) / stage.duration_s
    return _start_rate(stage) + part * (_end_rate(stage) - _start_rate(stage))


def planned_users(plan: Plan, second: float) -> int:
    """Return how many closed users are meant to be active at a moment."""
    stage = plan.stage_at(second)
    if stage is None:
        return 0
    first = stage.users * stage.from_level / stage.level
    return round(first + (second - stage.start_s) / stage.duration_s * (stage.users - first))


def next_active_s(plan: Plan, rank: int, second: float) -> float | None:
    """Return the first moment from `second` on at which user `rank` (0 is the first) is meant to be active, or None."""
    starts = [stage.start_s for stage in plan.stages]
    for stage in plan.stages[max(0, bisect.bisect_right(starts, second) - 1) :]:
        moment = max(second, stage.start_s)
        if moment >= stage.end_s:
            continue
        if planned_users(plan, moment) > rank:
            return moment
        first = stage.users * stage.from_level / stage.level
        if stage.users > rank + 0.5 and stage.users > first:
            part = (rank + 0.5 - first) / (stage.users - first)
            crossing = stage.start_s + max(0.0, part) * stage.duration_s
            if moment <= crossing < stage.end_s:
                return crossing + 1e-6
    return None


def opening_spread_s(plan: Plan) -> float:
    """Return over how many seconds closed users that begin together are spread, so that they are no herd."""
    first = plan.stages[0]
    return min(first.duration_s / 2, 10.0 * plan.time_scale) if first.kind is StageKind.WARM_UP else 0.0
