"""Objectives: what must hold, for which operations, measured how. Read from `scenarios/objectives/*.toml`."""

import math
from enum import StrEnum
from typing import Annotated, Literal

from pydantic import BeforeValidator, Field, model_validator

from scenarios.document import Strict
from scenarios.quantity import duration_s, rate_per_s, ratio


class Metric(StrEnum):
    """What an objective is about. Latencies are `response_us` (from the intended start)."""

    RESPONSE_P50 = "response_p50"
    RESPONSE_P95 = "response_p95"
    RESPONSE_P99 = "response_p99"
    RESPONSE_P999 = "response_p999"
    ERROR_RATIO = "error_ratio"
    UPTIME_RATIO = "uptime_ratio"
    CONCURRENT_USERS = "concurrent_users"
    RATE_PER_S = "rate_per_s"
    BOOKING_COMPLETION_RATIO = "booking_completion_ratio"
    PAYMENT_SUCCESS_RATIO = "payment_success_ratio"
    PROBE = "probe"


class Scope(StrEnum):
    """How an objective takes its operations: all together, or each of them apart."""

    TOGETHER = "together"
    EACH = "each"


LATENCY_QUANTILE = {
    Metric.RESPONSE_P50: 0.50,
    Metric.RESPONSE_P95: 0.95,
    Metric.RESPONSE_P99: 0.99,
    Metric.RESPONSE_P999: 0.999,
}
HIGHER_IS_BETTER = frozenset(
    {
        Metric.UPTIME_RATIO,
        Metric.CONCURRENT_USERS,
        Metric.RATE_PER_S,
        Metric.BOOKING_COMPLETION_RATIO,
        Metric.PAYMENT_SUCCESS_RATIO,
    }
)


def _quantity(value: object) -> float:
    """Return a limit in base units: seconds, ratio, per second, or a plain count."""
    if isinstance(value, int | float) and not isinstance(value, bool):
        return float(value)
    for parse in (duration_s, ratio, rate_per_s):
        try:
            return parse(value)
        except ValueError:
            continue
    raise ValueError(
        f'is {value!r}; expected a duration ("200 ms"), a percentage ("0.1 %"), a rate ("1000 per s") or a count'
    )


Quantity = Annotated[float, BeforeValidator(_quantity)]


class Objective(Strict):
    """One row: `observed <= limit` (or `>=` where higher is better).

    `limit` and `target` are in base units: seconds for latencies, ratios, per second, counts.
    `operations` are operation names; empty means all. `instead_of_general` operations with limits of their own
    are left out of a general objective with scope `each`. With the metric `probe`, `signal` is what a probe of the target profile
    gives (see `scenarios.probe`) and `quantile` which one of a histogram; `why_not_measured` is said where none gives it.
    """

    name: str
    title: str
    metric: Metric
    limit: Quantity
    target: Quantity | None = None
    operations: tuple[str, ...] = ()
    scope: Scope = Scope.TOGETHER
    unit: Literal["s", "ratio", "per_s", "count"]
    higher_is_better: bool = False
    required: bool = False
    signal: str | None = None
    quantile: Annotated[float, Field(gt=0, lt=1)] | None = None
    why_not_measured: str | None = None

    @model_validator(mode="after")
    def _check(self) -> "Objective":
        if self.metric is Metric.PROBE and self.why_not_measured is None:
            raise ValueError("metric is probe; expected why_not_measured to say which probe would measure it")
        if self.metric is not Metric.PROBE and (self.signal is not None or self.quantile is not None):
            raise ValueError(f"signal and quantile have no meaning for the metric {self.metric}; take them out")
        return self

    @property
    def limit_us(self) -> int:
        """Return the limit of a latency in whole us: what is recorded is whole microseconds, so that none is between."""
        return math.floor(self.limit * 1e6 + 1e-6)  # 0.0003 * 1e6 is 299.99999999999994

    @property
    def is_higher_better(self) -> bool:
        """Tell whether the limit is a floor."""
        return self.higher_is_better or self.metric in HIGHER_IS_BETTER


class ObjectiveSet(Strict):
    """One objectives file."""

    format_version: Literal[1]
    name: str
    title: str
    objective: Annotated[tuple[Objective, ...], Field(min_length=1)]

    @model_validator(mode="after")
    def _check(self) -> "ObjectiveSet":
        names = [objective.name for objective in self.objective]
        twice = sorted({name for name in names if names.count(name) > 1})
        if twice:
            raise ValueError(f"objective names appear twice: {', '.join(twice)}; give each its own")
        return self

    @property
    def latency_limits_us(self) -> tuple[int, ...]:
        """Return the distinct limits of all latency objectives in us, ascending."""
        return tuple(sorted({row.limit_us for row in self.objective if row.metric in LATENCY_QUANTILE}))
