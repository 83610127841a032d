"""A row of the plan: how much of a target is used now and in a year, until when it lasts, what to do about it and by when."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date as date_type
from datetime import timedelta

import numpy as np

from analysis.growth.capacity_date import CapacityDate
from analysis.growth.demand import Floats
from analysis.growth.forecast import P90
from analysis.planning.moment import Moment
from analysis.planning.quantiles import Quantiles, quantiles_of


@dataclass(frozen=True, slots=True)
class Use:
    """Use of a limit so many weeks ahead, in the unit of the row."""

    weeks_ahead: int
    p50: float
    p90: float


@dataclass(frozen=True, slots=True)
class Purchase:
    """What to do, how many units it concerns, what it adds to a month and how long it takes; None where that cannot be said.

    `because`: what to think of it, empty where there is nothing to say.
    """

    action: str
    lead_days: float | None
    units: int | None = None
    cost_per_month: float | None = None
    because: str = ""


@dataclass(frozen=True, slots=True)
class PlanRow:
    """One row. `now`, `limit` and `uses` are in `unit`; `capacity_per_s` is what the estate of now sustains of it.

    `as_of` is the first day after the history. `purchases` is empty where nothing is to be bought. `notes` say what is to be thought
    of the figures, empty ones among them; `source` names the runs.
    """

    as_of: date_type
    target: str
    unit: str
    now: Quantiles
    limit: float
    uses: tuple[Use, ...]
    capacity_per_s: Quantiles | None
    first: str | None
    date: CapacityDate
    purchases: tuple[Purchase, ...]
    notes: tuple[str, ...]
    source: str

    @property
    def action(self) -> str:
        """Return what to do in one line."""
        return "; ".join(each.action for each in self.purchases) or "nothing to buy"

    @property
    def cost_per_month(self) -> float | None:
        """Return what it all adds to a month, None where a part of it cannot be said."""
        costs = [each.cost_per_month for each in self.purchases if each.cost_per_month is not None]
        return float(sum(costs)) if len(costs) == len(self.purchases) else None

    @property
    def lead_days(self) -> float | None:
        """Return the longest lead time, None where nothing is bought."""
        return max((each.lead_days for each in self.purchases if each.lead_days is not None), default=None)

    @property
    def decide_by(self) -> date_type | None:
        """Return the last day for a decision: the P10 date less the lead time; None without a date or where nothing is bought."""
        if self.date.p10 is None or self.lead_days is None:
            return None
        return self.date.p10 - timedelta(days=round(self.lead_days))

    @property
    def overdue(self) -> bool:
        """Tell whether the day to decide lies before the end of the history."""
        return self.decide_by is not None and self.decide_by < self.as_of

    @property
    def because(self) -> str:
        """Return why a figure is missing, and what is to be thought of the others."""
        told = [self.date.because, *self.notes, *(each.because for each in self.purchases)]
        return "; ".join(part for part in told if part)


def uses_of(moments: Sequence[Moment], capacity_per_s: Floats, limit: float) -> tuple[Quantiles, tuple[Use, ...]]:
    """Return the use now and at each moment ahead: busiest rate over capacity, times the limit."""
    shares = [(each.weeks_ahead, quantiles_of(each.busiest_per_s / capacity_per_s * limit)) for each in moments]
    return shares[0][1], tuple(Use(weeks, share.p50, share.p90) for weeks, share in shares[1:])


def peak_until(paths: Floats, found: CapacityDate, margin_weeks: int) -> Floats:
    """Return the highest rate of each path up to a margin past the P10 date, within the horizon, shape (paths,)."""
    assert found.p10 is not None
    weeks = paths.shape[0]
    begin = found.horizon - timedelta(weeks=weeks)
    last = min(weeks, (found.p10 - begin).days // 7 + 1 + margin_weeks)
    return np.asarray(paths[:last].max(axis=0), dtype=np.float64)


def for_nine_of_ten(draws: Floats) -> float:
    """Return the P90 of draws: what is bought holds for nine of ten paths."""
    return float(np.quantile(draws, P90, method="inverted_cdf"))
