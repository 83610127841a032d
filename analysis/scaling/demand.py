"""How much of a resource each operation takes, and what another mix would need.

The use of a resource in a second is the sum over operations of how often each was served times its demand (utilisation law); over many
seconds, in which the counts differ by chance, non-negative least squares gives the demands (J. Rolia, V. Vetland, Correlating resource demand
information with ARM data for application services, WOSP 1998). A request that begins near the end of a second takes its part in the next one: which share
does is fitted beside the demands. Seconds are weighted by their requests, whose number is what the rest varies with. Where a place is held inside a request, no
demand is more than the request takes: a bound that keeps chance from giving one operation what another took (C. L. Lawson, R. J. Hanson, Solving Least
Squares Problems, 1995, ch. 23).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import lsq_linear, nnls

Floats = NDArray[np.float64]
MIN_SECONDS_EACH = 5  # seconds for each operation: fewer say more of chance than of demands
MIN_REQUESTS_EACH = 20  # with fewer an operation has no demand of its own: these are taken together as one
NEGLIGIBLE = (
    0.01  # of a mix's requests may be of operations without a known demand: they are taken as the mean of the others
)
CARRIED_OVER = tuple(
    round(0.05 * step, 2) for step in range(11)
)  # shares of a second's requests that are held in the next
BLOCK_S = 5  # seconds that the bootstrap draws together: longer than what is held over
DRAWS = 200
LEAST_MOST_S = 1e-6  # a bound of 0 leaves nothing to solve for
RIDGE = 1e-10  # of the mean of a diagonal: keeps the factor of a resample in which an operation is missing


@dataclass(frozen=True, slots=True)
class Demand:
    """Seconds of one resource that a request of an operation takes, with a 90 % interval."""

    operation: str
    demand_s: float
    interval: tuple[float, float]


@dataclass(frozen=True, slots=True, eq=False)
class Demands:
    """All operations, the one with the greatest total first; none: `because` says why.

    `draws` are demands in s of the same resamples for all operations, shape (DRAWS, rows), columns in the order of `rows`: errors of
    operations that are asked for together cancel in a mix, which their intervals apart do not tell.
    """

    resource: str
    rows: tuple[Demand, ...]
    because: str
    draws: Floats = field(default_factory=lambda: np.empty((0, 0)))

    def unknown(self, shares: Mapping[str, float]) -> tuple[str, ...]:
        """Return the operations of a mix without a known demand, the most frequent first; none where they are 1 % of it at most."""
        known = {row.operation for row in self.rows}
        missing = sorted(
            (name for name in shares if shares[name] > 0 and name not in known), key=lambda name: -shares[name]
        )
        total = sum(shares[name] for name in missing)
        return tuple(missing) if total > NEGLIGIBLE * sum(shares.values()) else ()

    def of_mix(self, shares: Mapping[str, float]) -> float | None:
        """Return the seconds that a request of a mix takes; None where it has operations that are not known."""
        if self.unknown(shares) or not self.rows:
            return None
        return float(self._weights(shares) @ np.array([row.demand_s for row in self.rows]))

    def draws_of_mix(self, shares: Mapping[str, float]) -> Floats | None:
        """Return draws of what `of_mix` returns, shape (DRAWS,), about it: bounds push the middle of resamples to one side."""
        middle = self.of_mix(shares)
        if middle is None:
            return None
        drawn = self.draws @ self._weights(shares)
        off = float(np.median(drawn))
        return np.asarray(drawn * (middle / off) if off > 0 else drawn)

    def _weights(self, shares: Mapping[str, float]) -> Floats:
        weights = np.array([shares.get(row.operation, 0.0) for row in self.rows])
        return np.asarray(weights / weights.sum())


def demands_of(
    resource: str, busy: Floats, counts: Floats, operations: Sequence[str], seed: int, most_s: Floats | None = None
) -> Demands:
    """Return the demands from seconds of use.

    `busy` (seconds,) is how many seconds of the resource were taken in each, `counts` (seconds, operations) how often each was asked for.
    Missing seconds (nan) are left out. `seed` is of the bootstrap over blocks of 5 s. `most_s` (operations,) is what a request of each takes
    of the resource at most, None: not known.
    """
    often = counts.sum(axis=0) >= MIN_REQUESTS_EACH
    names = [name for name, is_often in zip(operations, often, strict=True) if is_often]
    seconds = int(np.isfinite(busy).sum())
    if not names or seconds < MIN_SECONDS_EACH * len(names):
        told = f"{seconds} seconds for {len(names)} operations; expected {MIN_SECONDS_EACH} for each"
        return Demands(resource, (), told)
    rare = counts[:, ~often].sum(axis=1, keepdims=True)
    merged = np.hstack([counts[:, often], rare]) if rare.any() else counts[:, often]
    squares = min((_Squares.of(busy, merged, share) for share in CARRIED_OVER), key=lambda each: each.left_over)
    most = None if most_s is None else np.append(most_s[often], [np.inf] * (merged.shape[1] - len(names)))
    middle, drawn = squares.solved(most)[: len(names)], squares.drawn(most, seed)[:, : len(names)]
    low, high = np.quantile(drawn, [0.05, 0.95], axis=0)
    order = np.argsort(-middle * counts[:, often].sum(axis=0), kind="stable")
    rows = tuple(Demand(names[at], float(middle[at]), (float(low[at]), float(high[at]))) for at in order)
    return Demands(resource, rows, "", drawn[:, order])


@dataclass(frozen=True, slots=True, eq=False)
class _Squares:
    """The normal equations by block, so that a resample is a sum of blocks: gram (blocks, n, n), cross (blocks, n), busy² (blocks,)."""

    gram: Floats
    cross: Floats
    busy_squared: Floats
    left_over: float

    @classmethod
    def of(cls, busy: Floats, counts: Floats, carried_over: float) -> "_Squares":
        before = np.vstack([counts[:1], counts[:-1]])
        held = (1 - carried_over) * counts + carried_over * before
        seen = np.isfinite(busy) & (held.sum(axis=1) > 0)
        weight = 1 / np.sqrt(held[seen].sum(axis=1))
        rows, left = held[seen] * weight[:, None], busy[seen] * weight
        starts = np.arange(0, left.size, BLOCK_S)
        gram = np.add.reduceat(rows[:, :, None] * rows[:, None, :], starts)
        cross, squared = np.add.reduceat(rows * left[:, None], starts), np.add.reduceat(left * left, starts)
        left_over = _left_over(*_factored(gram.sum(axis=0), cross.sum(axis=0)), float(squared.sum()))
        return cls(gram, cross, squared, left_over)

    def solved(self, most_s: Floats | None) -> Floats:
        """Return the solution, shape (n,)."""
        return _least(self.gram.sum(axis=0), self.cross.sum(axis=0), most_s)

    def drawn(self, most_s: Floats | None, seed: int) -> Floats:
        """Return solutions of resampled blocks, shape (DRAWS, n)."""
        blocks = self.busy_squared.size
        times = np.random.default_rng(seed).multinomial(blocks, np.full(blocks, 1 / blocks), size=DRAWS)
        grams, crosses = np.tensordot(times, self.gram, 1), times @ self.cross
        return np.array([_least(gram, cross, most_s) for gram, cross in zip(grams, crosses, strict=True)])


def _factored(gram: Floats, cross: Floats) -> tuple[Floats, Floats]:
    """Return the small problem of the same solution: a square matrix and its right side."""
    size = gram.shape[0]
    root = np.linalg.cholesky(gram + np.eye(size) * RIDGE * max(np.trace(gram) / size, 1e-300))
    return np.asarray(root.T, np.float64), np.asarray(np.linalg.solve(root, cross), np.float64)


def _least(gram: Floats, cross: Floats, most: Floats | None) -> Floats:
    """Return the least squares of normal equations between 0 and what is the most."""
    matrix, right = _factored(gram, cross)
    found = np.asarray(nnls(matrix, right)[0])
    if most is None or (found <= most).all():
        return found
    return np.asarray(lsq_linear(matrix, right, bounds=(0.0, np.maximum(most, LEAST_MOST_S)), method="bvls").x)


def _left_over(matrix: Floats, right: Floats, busy_squared: float) -> float:
    """Return what non-negative least squares leave over of the squares of the use."""
    return busy_squared - float(right @ right) + float(nnls(matrix, right)[1]) ** 2
