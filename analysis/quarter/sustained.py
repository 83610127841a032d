"""What the whole sustains: the breaking points of one or several climbs in requests per s, as draws (docs/capacity.md)."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from analysis.figures import counted, listed, percent
from analysis.growth.demand import Floats
from analysis.quarter.climbed import Climbed

DRAWS = 2000
SEED = 20250701
LIMIT_US = 200_000.0  # the product's promise for p95 of all operations together
FEW = 4  # runs: with fewer their spread is known too badly to be used alone
SPREAD_OF_FEW = 0.05  # of ln lambda*, taken where there are few runs: as near as a climb brackets it
LOW, HIGH = 0.05, 0.95  # of a 90 % interval


@dataclass(frozen=True, slots=True)
class Broken:
    """One climb. Rates in requests per s; `at_limit_per_s`: where p95 of all operations reaches 200 ms, None: `limit_because`.

    `at_least` is true where nothing broke: then the rate is that of the highest step that held, and there is no bracket.
    """

    run_id: str
    started_at: str
    build: str | None
    sessions_per_s: float
    request_rate_per_s: float
    bracket_per_s: tuple[float, float] | None
    at_limit_per_s: float | None
    limit_because: str
    confirmed: bool | None
    at_least: bool
    because: str


@dataclass(frozen=True, slots=True, eq=False)
class Sustained:
    """Lambda* of the target in requests per s: middle, 90 % interval and draws, shape (DRAWS,); `at_least`: nothing broke in any run."""

    middle_per_s: float
    interval: tuple[float, float]
    draws_per_s: Floats
    at_least: bool
    rows: tuple[Broken, ...]
    used: tuple[str, ...]
    assumptions: tuple[str, ...]


def broken_of(climb: Climbed) -> Broken:
    """Return the breaking point of a climb in requests per s."""
    found, manifest, step = climb.found, climb.run.manifest, climb.last_good
    crossing = next(each for each in found.crossings if each.limit_us == LIMIT_US)
    broke = found.breaking_per_s is not None and bool(found.request_rate_per_s)
    sessions = found.breaking_per_s if broke and found.breaking_per_s is not None else step.offered_per_s
    requests = found.request_rate_per_s if broke and found.request_rate_per_s is not None else step.request_rate_per_s
    each = requests / sessions
    return Broken(
        run_id=climb.run_id,
        started_at=manifest.started_at,
        build=manifest.target_build,
        sessions_per_s=sessions,
        request_rate_per_s=requests,
        bracket_per_s=None
        if found.bracket is None or not broke
        else (found.bracket[0] * each, found.bracket[1] * each),
        at_limit_per_s=crossing.request_rate_per_s,
        limit_because=crossing.because,
        confirmed=None if found.confirmation is None else found.confirmation.confirmed,
        at_least=not broke,
        because=found.because,
    )


def sustained_of(climbs: Sequence[Climbed], seed: int = SEED) -> Sustained:
    """Return what the climbs come to together."""
    return pooled([broken_of(climb) for climb in climbs], seed)


def pooled(rows: Sequence[Broken], seed: int = SEED) -> Sustained:
    """Return lambda* over several climbs: geometric mean, spread between the runs, and where in its bracket each may lie.

    A climb in which nothing broke tells a least value; it counts only where none broke.
    """
    broke = [row for row in rows if not row.at_least]
    used = broke or list(rows)
    logs = np.log([row.request_rate_per_s for row in used])
    spread, told = _spread(logs)
    rng = np.random.default_rng(seed)
    count = len(used)
    noise = rng.standard_t(count - 1, DRAWS) if count >= FEW else rng.standard_normal(DRAWS)
    draws = np.exp(float(logs.mean()) + spread * math.sqrt(1 + 1 / count) * noise) * _inside(used, rng)
    low, high = np.quantile(draws, (LOW, HIGH))
    return Sustained(
        middle_per_s=float(np.exp(logs.mean())),
        interval=(float(low), float(high)),
        draws_per_s=draws,
        at_least=not broke,
        rows=tuple(rows),
        used=tuple(row.run_id for row in used),
        assumptions=(told, *_told(rows, used, at_least=not broke)),
    )


def _inside(used: Sequence[Broken], rng: np.random.Generator) -> Floats:
    """Return draws of the true place in a bracket over the interpolated one: a triangle between its ends with its top there."""
    ratios = np.ones((len(used), DRAWS))
    for index, row in enumerate(used):
        if row.bracket_per_s is not None:
            low, high = (end / row.request_rate_per_s for end in row.bracket_per_s)
            if high > low:
                ratios[index] = rng.triangular(low, min(high, max(low, 1.0)), high, DRAWS)
    return np.asarray(ratios[rng.integers(len(used), size=DRAWS), np.arange(DRAWS)], dtype=np.float64)


def _spread(logs: Floats) -> tuple[float, str]:
    """Return the standard deviation of ln lambda* between runs, and how it is known."""
    seen = float(logs.std(ddof=1)) if logs.size > 1 else 0.0
    if logs.size >= FEW:
        return seen, f"λ* varies by {percent(seen)} (one standard deviation) between {logs.size} runs"
    taken = max(seen, SPREAD_OF_FEW)
    found = "" if logs.size == 1 else f" (seen: {percent(seen)})"
    return (
        taken,
        f"{counted(logs.size, 'run')} of exhaustion: λ* is taken to vary by {percent(taken)} from run to run{found}; {FEW} runs would tell",
    )


def _told(rows: Sequence[Broken], used: Sequence[Broken], *, at_least: bool) -> list[str]:
    if at_least:
        return [
            "nothing broke in any run: the highest step that held stands for λ*, which is the least that is carried"
        ]
    left = [row.run_id for row in rows if row.at_least]
    return [f"left out of λ*, since nothing broke there: {listed(left)}"] if left and len(used) < len(rows) else []
