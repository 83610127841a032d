"""Reads or writes of a run as series of seconds: how many were tried, failed, came too late, were never sent."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from records.histogram import LOW_US
from records.run import Run
from records.series import OUTCOMES, Ints
from records.window import FAILED, PAYMENT_FLOW, SERVED, Outcome
from scenarios.objectives import Metric, Objective, Scope
from scenarios.plan import Plan

Floats = NDArray[np.float64]
WRITE_METHODS = ("POST ", "PUT ")
FAR = 5.0  # times the limit: a second beyond that is not one of a target that has recovered (docs/resilience.md)
SLOW_SHARE = 0.05  # of p95: so many may be over their limit
DEFAULT_ERROR_RATIO = 0.001  # the product's own, where the objectives name none


class Side(StrEnum):
    """Reads and writes are told apart: a shop that shows its times and takes no booking is not up."""

    READS = "reads"
    WRITES = "writes"


@dataclass(frozen=True, slots=True)
class Flow:
    """Series by second, each of shape (seconds,), by the second in which requests were meant to start.

    `attempts` all but what we broke off, `served` ok or refused as business, `failed` final failures, `timed` those with a
    latency, `over` of them beyond their operation's own limit, `far_over` beyond five times that, `bad` failed or too late,
    `not_sent` requests of sessions that were planned and dropped.
    """

    attempts: Ints
    served: Ints
    failed: Ints
    timed: Ints
    over: Ints
    far_over: Ints
    bad: Ints
    not_sent: Floats

    @property
    def seconds(self) -> int:
        """Return how many seconds there are."""
        return int(self.attempts.size)

    @property
    def bad_share(self) -> Floats:
        """Return the share of bad requests by second, 0 in a second without any."""
        share: Floats = self.bad / np.maximum(1, self.attempts)
        return share


def flow_of(run: Run, operations: tuple[str, ...], seconds: int) -> Flow:
    """Return the flow of some operations over the first `seconds` of a run."""
    columns = run.series.indices(operations)
    counts = run.series.outcomes_by_second(0, seconds, operations)
    attempts = counts.sum(axis=1, dtype=np.int64) - counts[:, OUTCOMES.index(Outcome.ABORTED)]
    failed = _columns(counts, FAILED)
    limits_us = limits_of(run.manifest.plan)
    limit_us = np.array([limits_us.get(name, limits_us.get("", math.inf)) for name in run.series.names] or [math.inf])
    cells = run.series.response
    mask = cells.where(0, seconds, columns)
    second, count, low_us = cells.second[mask], cells.count[mask], LOW_US[cells.cell[mask]]
    own_us = limit_us[cells.operation[mask]]
    over = _by_second(second, count * (low_us > own_us), seconds)
    late_and_failed = counts[
        :, OUTCOMES.index(Outcome.TIMEOUT)
    ]  # a timeout is a late answer and a failure: one bad request
    return Flow(
        attempts=attempts,
        served=_columns(counts, SERVED),
        failed=failed,
        timed=_by_second(second, count, seconds),
        over=over,
        far_over=_by_second(second, count * (low_us > FAR * own_us), seconds),
        bad=np.minimum(attempts, failed + np.maximum(0, over - late_and_failed)),
        not_sent=_not_sent(run, attempts, seconds),
    )


def side_of(operation: str) -> Side:
    """Return whether an operation reads or writes, by its method."""
    return Side.WRITES if operation.startswith(WRITE_METHODS) else Side.READS


def limits_of(plan: Plan) -> Mapping[str, float]:
    """Return the p95 limit in us that governs each operation; "" is what holds for all that have none of their own."""
    rows = [row for row in plan.objectives.objective if row.metric is Metric.RESPONSE_P95]
    limits = {name: float(row.limit_us) for row in rows for name in row.operations if name != PAYMENT_FLOW}
    general: list[Objective] = [row for row in rows if not row.operations]
    each = [row for row in general if row.scope is Scope.EACH] or general
    return {**limits, **({"": float(each[0].limit_us)} if each else {})}


def error_limit(plan: Plan) -> float:
    """Return the error ratio that the objectives allow all operations together."""
    rows = [row for row in plan.objectives.objective if row.metric is Metric.ERROR_RATIO and not row.operations]
    return rows[0].limit if rows else DEFAULT_ERROR_RATIO


def _columns(counts: Ints, outcomes: frozenset[Outcome]) -> Ints:
    picked: Ints = counts[:, [OUTCOMES.index(outcome) for outcome in outcomes]].sum(axis=1, dtype=np.int64)
    return picked


def _by_second(second: Ints, count: Ints, seconds: int) -> Ints:
    return np.bincount(second, weights=count, minlength=seconds)[:seconds].astype(np.int64)


def _not_sent(run: Run, attempts: Ints, seconds: int) -> Floats:
    """Return the requests of dropped sessions: each would have made as many of these as one that started did."""
    dropped, started = np.zeros(seconds), 0
    for sample in run.generator:
        started += sample.started
        if 0 <= sample.second < seconds:
            dropped[sample.second] += sample.dropped
    return dropped * (float(attempts.sum()) / started if started else 0.0)
