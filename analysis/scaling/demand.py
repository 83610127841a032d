"""How much of a resource each operation takes, and what another mix would need.

The use of a resource in a second is the sum over operations of how often each was served times its demand (utilisation law); over many
seconds, in which the counts differ by chance, non-negative least squares gives the demands (J. Rolia, V. Vetland, Correlating resource demand
information with ARM data for application services, WOSP 1998).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import nnls

Floats = NDArray[np.float64]
MIN_SECONDS_EACH = 10  # seconds for each operation: fewer say more of chance than of demands
BLOCK_S = 10  # seconds of one block: what is held in one second may be counted in the next
DRAWS = 200


@dataclass(frozen=True, slots=True)
class Demand:
    """Seconds of one resource that a request of an operation takes, with a 90 % interval."""

    operation: str
    demand_s: float
    interval: tuple[float, float]


@dataclass(frozen=True, slots=True)
class Demands:
    """All operations, the one with the greatest total first; none: `because` says why."""

    resource: str
    rows: tuple[Demand, ...]
    because: str

    def of_mix(self, shares: Mapping[str, float]) -> float | None:
        """Return the seconds that a request of a mix takes; None where it has an operation that is not known."""
        known = {row.operation: row.demand_s for row in self.rows}
        if any(share > 0 and name not in known for name, share in shares.items()):
            return None
        return sum(share * known[name] for name, share in shares.items() if share > 0) / sum(shares.values())


def demands_of(resource: str, busy: Floats, counts: Floats, operations: Sequence[str], seed: int) -> Demands:
    """Return the demands from seconds of use.

    `busy` (seconds,) is how many seconds of the resource were taken in each, `counts` (seconds, operations) how often each was served.
    Missing seconds (nan) are left out. `seed` is of the bootstrap over blocks of 10 s.
    """
    seen = np.isfinite(busy)
    busy, counts = busy[seen], counts[seen]
    asked = counts.sum(axis=0) > 0
    names = [name for name, is_asked in zip(operations, asked, strict=True) if is_asked]
    if busy.size < MIN_SECONDS_EACH * max(1, len(names)):
        return Demands(
            resource, (), f"{busy.size} seconds for {len(names)} operations; expected {MIN_SECONDS_EACH} for each"
        )
    blocks_busy, blocks_counts = _blocks(busy, counts[:, asked])
    middle = nnls(blocks_counts, blocks_busy)[0]
    rng = np.random.default_rng(seed)
    size = blocks_busy.size
    drawn = np.array(
        [nnls(blocks_counts[rows], blocks_busy[rows])[0] for rows in rng.integers(size, size=(DRAWS, size))]
    )
    low, high = np.quantile(drawn, [0.05, 0.95], axis=0)
    totals = middle * blocks_counts.sum(axis=0)
    rows = tuple(
        Demand(names[index], float(middle[index]), (float(low[index]), float(high[index])))
        for index in np.argsort(-totals, kind="stable")
    )
    return Demands(resource, rows, "")


def _blocks(busy: Floats, counts: Floats) -> tuple[Floats, Floats]:
    """Return sums over blocks of 10 s where there are enough of them, else the seconds themselves."""
    size = busy.size // BLOCK_S
    if size < 2 * counts.shape[1]:
        return busy, counts
    whole = size * BLOCK_S
    return busy[:whole].reshape(size, BLOCK_S).sum(axis=1), counts[:whole].reshape(size, BLOCK_S, -1).sum(axis=1)
