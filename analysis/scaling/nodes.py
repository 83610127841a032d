"""What so many nodes carry, what is safe, and the gap to what is asked for."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

SAFE = 0.8  # of what is left without one node: bursts, deployments, the error of all this (docs/capacity.md)


@dataclass(frozen=True, slots=True)
class Carrying:
    """What a number of nodes carries, requests per s: at the limit, with one lost, and what to plan for."""

    nodes: int
    at_limit_per_s: float
    one_lost_per_s: float
    safe_per_s: float


@dataclass(frozen=True, slots=True)
class Gap:
    """What is asked for against what is carried, in one unit: `ratio` is carried / asked, 1 is enough, with a 90 % interval."""

    asked: float
    carried: float
    ratio: float
    interval: tuple[float, float]

    @property
    def holds(self) -> bool | None:
        """Tell whether it is enough, None where the interval has both."""
        low, high = self.interval
        return True if low >= 1 else False if high < 1 else None


def carrying(measured_per_s: float, measured_nodes: int, nodes: int, scaling: float = 1.0) -> Carrying:
    """Return what `nodes` carry where `measured_nodes` carried a rate; `scaling` is the share of each further node that is gained."""
    each = measured_per_s / _worth(measured_nodes, scaling)
    return Carrying(
        nodes,
        each * _worth(nodes, scaling),
        each * _worth(nodes - 1, scaling),
        each * _worth(nodes - 1, scaling) * SAFE,
    )


def _worth(nodes: int, scaling: float) -> float:
    return 0.0 if nodes <= 0 else 1.0 + (nodes - 1) * scaling


def nodes_for(asked_per_s: float, measured_per_s: float, measured_nodes: int, most: int = 1000) -> int | None:
    """Return the fewest nodes that are safe for a rate, None where `most` are not enough."""
    return next(
        (n for n in range(2, most + 1) if carrying(measured_per_s, measured_nodes, n).safe_per_s >= asked_per_s), None
    )


def gap(asked: float, carried: float, draws: Sequence[float]) -> Gap:
    """Return the gap; `draws` are what may be carried as well as `carried`."""
    low, high = (
        np.quantile(np.asarray(draws), [0.05, 0.95]) / asked if len(draws) else (carried / asked, carried / asked)
    )
    return Gap(asked, carried, carried / asked, (float(low), float(high)))


def rate_of_users(users: float, session_s: float, requests_a_session: float) -> float:
    """Return the requests per s of so many users in the system at once (Little's law: N = sessions per s x session length)."""
    return users / session_s * requests_a_session


def users_of_rate(request_rate_per_s: float, session_s: float, requests_a_session: float) -> float:
    """Return how many users a rate of requests is."""
    return request_rate_per_s / requests_a_session * session_s
