"""Schedules as pure functions of the plan: when each session is meant to start, and how many users there are when.

Open: arrivals of unit rate (exponential gaps for Poisson, equal gaps for constant) are carried through the inverse of the
cumulative planned rate, so that any ramp keeps their character (time change of a point process; Cinlar 1975, ch. 4). The whole
schedule depends on the plan alone; worker i of n takes the arrivals whose number leaves the remainder i.
"""

import bisect
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from scenarios.mix import Persona
from scenarios.plan import Plan, persona_shares
from scenarios.recorded import Piece
from scenarios.scenario import Arrivals

CHUNK = 4096  # gaps drawn at once; a bound on memory, not on the schedule


@dataclass(frozen=True, slots=True)
class Arrival:
    """One session that is meant to start `at_s` seconds after the run's start."""

    number: int
    at_s: float
    persona: Persona


def arrivals(plan: Plan, worker: int = 0, workers: int = 1, *, after: int = -1) -> Iterator[Arrival]:
    """Yield this worker's arrivals in order of time, those whose number is more than `after`."""
    shares = persona_shares(plan)
    personas = list(shares)
    edges = np.cumsum(list(shares.values()))
    number = 0
    for times, choices in _chunks(plan):
        if number + times.size <= after:
            number += times.size
            continue
        chosen = np.minimum(np.searchsorted(edges, choices, side="right"), len(personas) - 1)
        for at_s, index in zip(times.tolist(), chosen.tolist(), strict=True):
            if number % workers == worker and number > after:
                yield Arrival(number, at_s, personas[index])
            number += 1


def arrival_times(plan: Plan) -> NDArray[np.float64]:
    """Return all planned starts in s, shape (n,)."""
    return np.concatenate([times for times, _ in _chunks(plan)] or [np.empty(0)])


def _chunks(plan: Plan) -> Iterator[tuple[NDArray[np.float64], NDArray[np.float64]]]:
    """Yield start times in s and uniform draws (who comes), chunk by chunk."""
    pieces = [piece for stage in plan.stages for piece in stage.pieces]
    if not pieces:
        return
    rng = np.random.default_rng([plan.seed, 1])
    line = _Line.of(pieces)
    total, done = float(line.mass[-1]), 0.0
    while done < total:
        gaps = rng.exponential(size=CHUNK) if plan.arrivals is Arrivals.POISSON else np.ones(CHUNK)
        choices = rng.random(CHUNK)
        at_mass = done + np.cumsum(gaps)
        done = float(at_mass[-1])
        inside = at_mass < total
        yield line.times_s(at_mass[inside]), choices[inside]


@dataclass(frozen=True, slots=True)
class _Line:
    """The planned rate as pieces, shape (n,) each: start in s, rate there, slope; `mass` (n + 1) counts up to each border."""

    start_s: NDArray[np.float64]
    from_per_s: NDArray[np.float64]
    slope: NDArray[np.float64]
    mass: NDArray[np.float64]

    @classmethod
    def of(cls, pieces: Sequence[Piece]) -> "_Line":
        return cls(
            start_s=np.array([piece.start_s for piece in pieces]),
            from_per_s=np.array([piece.from_per_s for piece in pieces]),
            slope=np.array([(piece.to_per_s - piece.from_per_s) / (piece.end_s - piece.start_s) for piece in pieces]),
            mass=np.concatenate([[0.0], np.cumsum([piece.sessions for piece in pieces])]),
        )

    def times_s(self, at_mass: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the time at which the cumulative rate reaches each mass (a quadratic inside a ramp)."""
        index = np.clip(np.searchsorted(self.mass, at_mass, side="right") - 1, 0, self.start_s.size - 1)
        begin = self.from_per_s[index]
        rest = at_mass - self.mass[index]
        root = np.sqrt(np.maximum(begin**2 + 2 * self.slope[index] * rest, 0.0))
        below = begin + root  # 0 only where a piece begins at rate 0 and nothing of it has passed
        within = np.divide(2 * rest, below, out=np.zeros_like(rest), where=below > 0)
        result: NDArray[np.float64] = self.start_s[index] + within
        return result


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


def coming_in_s(plan: Plan, rank: int, second: float) -> float:
    """Return over how many seconds the users that come in together at `second` are spread, so that they are no herd.

    0 for a user whom a ramp brings. One mean cycle would be steady from the start; half the stage at most.
    """
    stage = plan.stage_at(second)
    if stage is None or rank >= round(stage.users * stage.from_level / stage.level):
        return 0.0
    cycle_s = None if plan.session is None else plan.session.cycle_s
    return min(stage.duration_s / 2, cycle_s or 10.0 * plan.time_scale)
