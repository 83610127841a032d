"""Abort rules as people write them."""

import pytest

from scenarios.abort import AbortMetric, AbortRule


@pytest.mark.parametrize(
    ("text", "metric", "operation", "above", "limit", "lasts_s", "delay_s"),
    [
        ("error_ratio > 5 % for 10 s", AbortMetric.ERROR_RATIO, None, True, 0.05, 10, 0),
        ("error_ratio > 0.05 for 10 s", AbortMetric.ERROR_RATIO, None, True, 0.05, 10, 0),
        ("p99 > 2 s for 10 s after 30 s", AbortMetric.RESPONSE_P99, None, True, 2, 10, 30),
        ("response_us p99 > 2 s for 10 s after 1 min", AbortMetric.RESPONSE_P99, None, True, 2, 10, 60),
        ("response_p95>500 ms for 1 min", AbortMetric.RESPONSE_P95, None, True, 0.5, 60, 0),
        ("rate < 10 per s for 5 s", AbortMetric.RATE_PER_S, None, False, 10, 5, 0),
        ("p50 of POST /appointments/{id}/reschedule > 1 s for 3 s", AbortMetric.RESPONSE_P50,
         "POST /appointments/{id}/reschedule", True, 1, 3, 0),
    ],
)  # fmt: skip
def test_a_rule_is_read_as_it_is_said(
    text: str, metric: AbortMetric, operation: str | None, above: bool, limit: float, lasts_s: float, delay_s: float
) -> None:
    rule = AbortRule.model_validate(text)
    assert (rule.metric, rule.operation, rule.above) == (metric, operation, above)
    assert rule.limit == pytest.approx(limit)
    assert (rule.lasts_s, rule.delay_s) == (lasts_s, delay_s)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("error_ratio above 5 % for 10 s", "expected such as"),
        ("error_ratio > 5 %", "expected such as"),
        ("error_ration > 5 % for 10 s", 'did you mean "error_ratio"?'),
        ("error_ratio > 5 for 10 s", "a ratio from 0 to 1"),
        ("p99 > 2 for 10 s", "a duration with a unit"),
        ("p99 > 2 s for 0 s", "expected more than 0"),
        ("rate > 5 for 10 s", 'a rate, such as "20 per s"'),
    ],
)
def test_what_cannot_be_read_says_what_was_expected(text: str, said: str) -> None:
    with pytest.raises(ValueError, match=r"expected|did you mean") as caught:
        AbortRule.model_validate(text)
    assert said in str(caught.value)


def test_a_rule_survives_the_manifest_and_says_itself() -> None:
    rule = AbortRule.model_validate("p99 of GET /x > 2 s for 10 s after 30 s")
    assert AbortRule.model_validate(rule.model_dump(mode="json")) == rule
    assert rule.in_words() == "response_p99 of GET /x > 2 s for 10 s after 30 s"
    assert AbortRule.model_validate(rule.in_words()) == rule


def test_a_scaled_run_scales_the_times_of_a_rule_and_not_its_limit() -> None:
    rule = AbortRule.model_validate("p99 > 2 s for 60 s after 30 s").scaled(0.1)
    assert (rule.limit, rule.lasts_s) == (2.0, 6.0)
    assert rule.delay_s == pytest.approx(3.0)


def test_no_rule_looks_at_less_than_a_second() -> None:
    assert AbortRule.model_validate("p99 > 2 s for 10 s").scaled(0.01).lasts_s == 1.0
