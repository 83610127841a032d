"""What the product has promised (users at once, requests per s) against what is carried."""

from collections.abc import Sequence
from dataclasses import dataclass

from analysis.quarter.climbed import Session
from analysis.quarter.sustained import Sustained
from analysis.scaling.nodes import Gap, gap, rate_of_users, users_of_rate
from scenarios.objectives import Metric, ObjectiveSet

USERS, RATE = "users at once", "requests per s"


@dataclass(frozen=True, slots=True)
class Promise:
    """One promised load: `asked` in `unit`, the same as requests per s, and the gap; None: `because` says why it cannot be told."""

    name: str
    unit: str
    asked: float
    rate_per_s: float | None
    gap: Gap | None
    because: str


def promises_of(objectives: ObjectiveSet, sustained: Sustained, session: Session) -> tuple[Promise, ...]:
    """Return a row for each objective on users or on the rate."""
    rows = []
    for row in objectives.objective:
        if row.metric is Metric.CONCURRENT_USERS:
            rows.append(_users(row.limit, sustained, session))
        elif row.metric is Metric.RATE_PER_S:
            found = gap(row.limit, sustained.middle_per_s, sustained.draws_per_s.tolist())
            rows.append(Promise(f"{row.limit:,.0f} {RATE}", RATE, row.limit, row.limit, found, ""))
    return tuple(rows)


def _users(asked: float, sustained: Sustained, session: Session) -> Promise:
    name = f"{asked:,.0f} {USERS}"
    if session.length_s is None:
        return Promise(name, USERS, asked, None, None, session.said)
    length_s = session.length_s
    draws = [users_of_rate(rate, length_s, session.requests) for rate in sustained.draws_per_s.tolist()]
    carried = users_of_rate(sustained.middle_per_s, length_s, session.requests)
    return Promise(name, USERS, asked, rate_of_users(asked, length_s, session.requests), gap(asked, carried, draws), "")


def shortfall(promises: Sequence[Promise]) -> Promise | None:
    """Return the promise with the least room, None where none can be told."""
    known = [each for each in promises if each.gap is not None]
    return min(known, key=lambda each: each.gap.ratio if each.gap is not None else 0.0, default=None)
