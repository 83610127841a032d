"""Abort rules held against series: each fires on what it is for, and is silent without it."""

from collections.abc import Sequence
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from loadgen.abort import AbortWatch, Tick, quantile_us
from records.histogram import Histogram
from records.window import PAYMENT_FLOW, Outcome, Window
from scenarios.abort import AbortRule

ERRORS = "error_ratio > 5 % for 3 s"
SLOW = "p99 > 2 s for 3 s"


def window(operation: str = "GET /x", latency_us: float = 10_000.0, **outcomes: int) -> dict[str, Any]:
    counts = {Outcome(name): count for name, count in outcomes.items()}
    sparse = Histogram.of([latency_us] * sum(outcomes.values())).sparse()
    return Window(0, operation, counts, sparse, sparse, 0).as_record()


def fired(rules: str | Sequence[str], seconds: Sequence[Sequence[dict[str, Any]]], end_s: float = 1000.0) -> str:
    """Return what the watch says over ticks of one second each, "" where it stays silent."""
    texts = [rules] if isinstance(rules, str) else rules
    watch = AbortWatch([AbortRule.model_validate(text) for text in texts], end_s)
    for second, windows in enumerate(seconds):
        why = watch.see(Tick(float(second), float(second + 1), 1.0, windows))
        if why:
            return why
    return ""


def good(seconds: int) -> list[list[dict[str, Any]]]:
    return [[window(ok=100)] for _ in range(seconds)]


def failing(seconds: int) -> list[list[dict[str, Any]]]:
    return [[window(ok=90, server_error=6, timeout=4)] for _ in range(seconds)]


def test_errors_for_so_long_fire_and_tell_when_and_what() -> None:
    why = fired(ERRORS, good(5) + failing(5))
    assert why == (
        "abort rule `error_ratio > 5 % for 3 s` fired at 8 s: 10 % (100 requests in the last second), beyond the limit since 5 s"
    )


def test_a_shorter_burst_is_silent() -> None:
    assert fired(ERRORS, good(3) + failing(2) + good(3) + failing(2) + good(3)) == ""


def test_a_good_second_begins_the_stretch_anew() -> None:
    why = fired(ERRORS, failing(2) + good(1) + failing(3))
    assert "fired at 6 s" in why
    assert "since 3 s" in why


def test_exactly_at_the_limit_is_within_it() -> None:
    assert fired(ERRORS, [[window(ok=95, server_error=5)]] * 10) == ""


def test_a_refused_slot_and_what_we_broke_off_ourselves_are_no_errors() -> None:
    assert fired(ERRORS, [[window(ok=50, refused=50, aborted=100, rate_limited=20)]] * 10) == ""


def test_slow_answers_fire() -> None:
    assert "2.5 s (100 requests" in fired(SLOW, [[window(latency_us=2_500_000.0, ok=100)]] * 3)


def test_a_tail_within_the_limit_is_silent() -> None:
    seconds = [[window(ok=99), window("GET /y", 9_000_000.0, ok=1)]] * 10
    assert fired(SLOW, seconds) == ""  # the 99th of 100 is fast
    assert fired("p99 of GET /y > 2 s for 3 s", seconds)


def test_the_flow_of_several_requests_is_no_request() -> None:
    seconds = [[window(ok=100), window(PAYMENT_FLOW, 9_000_000.0, ok=100)]] * 5
    assert fired(SLOW, seconds) == ""
    assert fired(f"p99 of {PAYMENT_FLOW} > 2 s for 3 s", seconds)


def test_nothing_fires_before_its_delay() -> None:
    why = fired(f"{ERRORS} after 4 s", failing(20))
    assert "fired at 7 s" in why


def test_a_second_without_requests_neither_ends_a_stretch_nor_fires() -> None:
    assert fired(ERRORS, [*failing(2), [], [], []]) == ""
    assert "fired at 6 s" in fired(ERRORS, [*failing(2), [], [], [], *failing(1)])


def test_a_rate_that_falls_away_fires_without_any_request() -> None:
    assert "0 per s" in fired("rate < 10 per s for 3 s", good(3) + [[]] * 3)
    assert fired("rate < 10 per s for 3 s", good(9)) == ""


def test_a_rate_counts_the_seconds_of_load_that_came_in() -> None:
    watch = AbortWatch([AbortRule.model_validate("rate > 150 per s for 1 s")], 100.0)
    assert watch.see(Tick(0.0, 1.0, 2.0, [window(ok=200)])) == ""  # two workers' late seconds at once
    assert watch.see(Tick(1.0, 2.0, 1.0, [window(ok=200)])) != ""


def test_the_drain_after_the_plan_is_not_looked_at() -> None:
    assert fired(ERRORS, good(5) + failing(5), end_s=5.0) == ""


def test_the_first_rule_to_fire_is_named() -> None:
    assert "`error_ratio" in fired([SLOW, ERRORS], failing(5))


@given(
    st.lists(st.lists(st.floats(1, 5e6), min_size=1, max_size=30), min_size=1, max_size=5),
    st.sampled_from([0.5, 0.95, 0.99]),
)
def test_a_quantile_over_windows_is_that_of_the_merged_histogram(rows: list[list[float]], quantile: float) -> None:
    histograms = [Histogram.of(values) for values in rows]
    expected = Histogram.merged(histograms).quantile_us(quantile)
    assert quantile_us([histogram.sparse() for histogram in histograms], quantile) == expected


def test_a_plan_that_ends_earlier_is_followed_to_its_own_end() -> None:
    watch = AbortWatch([AbortRule.model_validate("rate < 10 per s for 1 s")], 100.0)
    watch.ends_at(5.0)
    assert watch.see(Tick(5.0, 6.0, 1.0, [])) == ""
    assert watch.see(Tick(3.0, 4.0, 1.0, []))
