"""Cases made from values by run and operation, as comparisons make them of run folders."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from analysis.case import Case
from analysis.measure import LATENCIES

P50 = LATENCIES[0]
BASE_US = 100_000.0  # so slow that 2 ms hide no change
STAGE = "steady"


def named(place: int) -> str:
    """Return the name of an operation."""
    return f"GET /{place:02d}"


def cases_of_changes(then: NDArray[np.float64], now: NDArray[np.float64]) -> list[Case]:
    """Return a p50 case an operation; both are ln(value / 100 ms), shape (runs, operations)."""
    return [
        Case(
            stage=STAGE,
            operation=named(place),
            measure=P50,
            now=tuple((BASE_US * np.exp(now[:, place])).tolist()),
            values=tuple((BASE_US * np.exp(then[:, place])).tolist()),
            run_ids=tuple(f"accepted{run:02d}" for run in range(then.shape[0])),
            count=30_000 * now.shape[0],
            within=0.0,
            tolerated=0.15,
        )
        for place in range(then.shape[1])
    ]


def noisy_week(
    seed: int,
    candidates: int = 3,
    *,
    common: float = 0.025,
    own: float = 0.015,
    one: float = 0.0,
    all_moved: float = 0.0,
) -> list[Case]:
    """Return a week of ten operations and ten accepted runs; `one` is planted in the first operation, `all_moved` in all."""
    rng = np.random.default_rng(seed)
    runs = 10 + candidates
    logs = common * rng.standard_normal((runs, 1)) + own * rng.standard_normal((runs, 10))
    logs[10:] += np.log1p(all_moved)
    logs[10:, 0] += np.log1p(one)
    return cases_of_changes(logs[:10], logs[10:])


def with_control(cases: Sequence[Case], moved: float) -> list[Case]:
    """Return cases whose last operation is a control that moved by so much in the candidates, and varied by 1 % before."""
    last = cases[-1]
    wiggle = np.resize([0.99, 1.01], len(last.values))
    values = tuple((BASE_US * wiggle).tolist())
    now = tuple(BASE_US * (1 + moved) for _ in last.now)
    return [*cases[:-1], replace(last, operation="GET /control", values=values, now=now, gated=False)]
