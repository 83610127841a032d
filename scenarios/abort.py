"""Abort rules: when a run is ended before its time, because going on would do harm or teach nothing.

Written as people say them (in the spirit of Taurus's pass/fail criteria): `error_ratio > 5 % for 10 s after 30 s`,
`response_p99 of POST /appointments/ > 2 s for 10 s`.
"""

import re
from enum import StrEnum
from typing import Annotated, Any, assert_never

from pydantic import Field, model_validator

from scenarios.document import Strict
from scenarios.errors import nearest_hint
from scenarios.quantity import duration_s, positive_duration_s, rate_per_s, ratio

MAX_RULES = 20  # each is looked at once a second by the process that leads the run
MIN_LASTS_S = 1.0  # windows are whole seconds


class AbortMetric(StrEnum):
    """What a rule looks at. Latencies are `response_us` (from the intended start)."""

    RESPONSE_P50 = "response_p50"
    RESPONSE_P95 = "response_p95"
    RESPONSE_P99 = "response_p99"
    ERROR_RATIO = "error_ratio"
    RATE_PER_S = "rate_per_s"


ABORT_QUANTILE = {
    AbortMetric.RESPONSE_P50: 0.50,
    AbortMetric.RESPONSE_P95: 0.95,
    AbortMetric.RESPONSE_P99: 0.99,
}
SHORT = {
    **{f"p{number}": f"response_p{number}" for number in (50, 95, 99)},
    **{f"response_us p{number}": f"response_p{number}" for number in (50, 95, 99)},
    "rate": "rate_per_s",
}
EXAMPLE = 'expected such as "error_ratio > 5 % for 10 s after 30 s" or "response_p99 of GET /x > 2 s for 10 s"'
_RULE = re.compile(
    r"^\s*(?P<metric>[a-z_0-9]+(?:\s+p\d+)?)(?:\s+of\s+(?P<operation>.+?))?\s*(?P<sign>[<>])\s*(?P<limit>[^<>]+?)"
    r"\s+for\s+(?P<lasts>[^<>]+?)(?:\s+after\s+(?P<delay>[^<>]+?))?\s*$"
)


class AbortRule(Strict):
    """One rule. `limit` in s, as a ratio, or per s; `operation` None: all single requests together.

    It fires where the metric was beyond the limit for `lasts_s`, looked at from `delay_s` on.
    """

    metric: AbortMetric
    operation: str | None = None
    above: bool
    limit: float
    lasts_s: Annotated[float, Field(gt=0)]
    delay_s: Annotated[float, Field(ge=0)] = 0.0

    @model_validator(mode="before")
    @classmethod
    def _parse(cls, value: Any) -> Any:
        return _parsed(value) if isinstance(value, str) else value

    def scaled(self, time_scale: float) -> "AbortRule":
        """Return the rule with its times scaled: no shorter than one window, in whole ones."""
        lasts_s = max(MIN_LASTS_S, float(round(self.lasts_s * time_scale)))
        return self.model_copy(update={"lasts_s": lasts_s, "delay_s": self.delay_s * time_scale})

    def in_words(self) -> str:
        """Return the rule as it is written, with the times that hold."""
        of = f" of {self.operation}" if self.operation is not None else ""
        after = f" after {self.delay_s:g} s" if self.delay_s else ""
        sign = ">" if self.above else "<"
        return f"{self.metric}{of} {sign} {self.told(self.limit)} for {self.lasts_s:g} s{after}"

    def told(self, value: float) -> str:
        """Return a value of the metric with its unit."""
        match self.metric:
            case AbortMetric.RESPONSE_P50 | AbortMetric.RESPONSE_P95 | AbortMetric.RESPONSE_P99:
                return f"{value:.4g} s" if value >= 1 else f"{value * 1000:.3g} ms"
            case AbortMetric.ERROR_RATIO:
                return f"{value * 100:.3g} %"
            case AbortMetric.RATE_PER_S:
                return f"{value:.4g} per s"
            case _:
                assert_never(self.metric)

    def is_beyond(self, value: float) -> bool:
        """Tell whether a value is beyond the limit."""
        return value > self.limit if self.above else value < self.limit


def _parsed(text: str) -> dict[str, Any]:
    """Return the fields of a written rule; raise ValueError where it cannot be read."""
    match = _RULE.match(text)
    if match is None:
        raise ValueError(f'is "{text}"; {EXAMPLE}')
    name = " ".join(match["metric"].split())
    name = SHORT.get(name, name)
    if name not in set(AbortMetric):
        raise ValueError(f'is "{text}", with the metric "{name}"{nearest_hint(name, AbortMetric)}')
    metric = AbortMetric(name)
    return {
        "metric": metric,
        "operation": match["operation"],
        "above": match["sign"] == ">",
        "limit": _limit(metric, match["limit"]),
        "lasts_s": positive_duration_s(match["lasts"]),
        "delay_s": 0.0 if match["delay"] is None else duration_s(match["delay"]),
    }


def _limit(metric: AbortMetric, text: str) -> float:
    match metric:
        case AbortMetric.RESPONSE_P50 | AbortMetric.RESPONSE_P95 | AbortMetric.RESPONSE_P99:
            return positive_duration_s(text)
        case AbortMetric.RATE_PER_S:
            return rate_per_s(text)
        case AbortMetric.ERROR_RATIO:
            return _ratio(text)
        case _:
            assert_never(metric)


def _ratio(text: str) -> float:
    """Return "5 %" or "0.05" as a ratio."""
    try:
        plain = float(text)
    except ValueError:
        return ratio(text)
    if not 0 <= plain <= 1:
        raise ValueError(f'is "{text}"; expected a percentage with its sign, such as "5 %", or a ratio from 0 to 1')
    return plain
