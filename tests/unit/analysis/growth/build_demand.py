"""Demand made by hand for tests."""

from collections.abc import Sequence
from datetime import date

import numpy as np

from analysis.growth.demand import Demand
from scenarios.traffic_history import Unit

MONDAY = date(2026, 2, 2)


def demand(values: Sequence[float | None], first: date = MONDAY) -> Demand:
    """Return weekly demand in requests per s."""
    return Demand("peaks.csv", Unit.REQUESTS_PER_S, "UTC", first, tuple(values))


def growing(weeks: int = 40, per_week: float = 0.01, sd: float = 0.04, seed: int = 3) -> Demand:
    """Return demand from 100 per s that grows exponentially with independent noise."""
    noise = np.random.default_rng(seed).normal(0, sd, weeks)
    return demand(np.exp(np.log(100) + per_week * np.arange(weeks) + noise).tolist())
