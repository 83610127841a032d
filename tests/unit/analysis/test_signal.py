"""Rules of signals: counters become increases, buckets become quantiles, gaps stay gaps. Expected values by hand."""

import math
from typing import Any

import numpy as np
import pytest

from analysis.signal import Figure, buckets_of, figure_of
from scenarios.probe import Probe, Signal
from tests.unit.analysis.build_probes import seen, series_of

SPAN = [(0, 10)]


def probe() -> Probe:
    return Probe.model_validate({"name": "shop", "kind": "prometheus", "url": "{target}/metrics"})


def figure(
    values: dict[str, Any], gaps: dict[int, str] | None = None, quantile: float | None = None, **made: Any
) -> Figure:
    signal = Signal.model_validate({"name": "x", "title": "X", "unit": "count", **made})
    return figure_of(series_of(seen("shop", values, gaps=gaps)), probe(), signal, SPAN, quantile)


def test_a_counter_is_its_increase_a_second() -> None:
    assert figure({"n": range(100, 155, 5)}, counter="n", unit="per_s").value == pytest.approx(5.0)


def test_a_counter_that_was_set_back_goes_on_from_zero() -> None:
    counts = [100, 110, 120, 0, 10, 20, 30, 40, 50, 60, 70]  # a restart between the seconds 2 and 3
    assert figure({"n": counts}, counter="n", unit="per_s").value == pytest.approx((20 + 0 + 70) / 10)


def test_a_share_of_counters_has_wilsons_interval_and_its_count() -> None:
    found = figure(
        {"good": np.linspace(0, 97, 11), "all": np.linspace(0, 100, 11)}, counter="good", of=["all"], unit="ratio"
    )
    assert found.value == pytest.approx(0.97)
    assert found.count == 100
    assert found.interval == pytest.approx((0.92729, 0.98795), abs=1e-5)  # Wilson 90 % of 97 in 100, by hand


def test_a_share_is_over_the_sum_of_several_counters() -> None:
    found = figure(
        {"hits": range(0, 90, 8), "misses": range(0, 30, 2)}, counter="hits", of=["hits", "misses"], unit="ratio"
    )
    assert found.value == pytest.approx(0.8)


def test_a_sum_over_a_count_is_a_mean() -> None:
    found = figure({"s": [0.02 * k for k in range(11)], "n": range(11)}, counter="s", of=["n"], unit="s")
    assert found.value == pytest.approx(0.02)
    assert found.count == 10


def test_a_rate_may_be_a_share_of_a_gauge() -> None:
    found = figure(
        {"cpu": [0.9 * k for k in range(11)], "cores": [2] * 11}, counter="cpu", share_of="cores", unit="ratio"
    )
    assert found.value == pytest.approx(0.45)


def test_a_gauge_is_its_mean_or_its_highest() -> None:
    values = {"g": [1, 1, 1, 1, 1, 1, 1, 1, 1, 11]}
    assert figure(values, gauge="g").value == 2.0
    assert figure(values, gauge="g", over="max").value == 11.0


def test_the_sample_at_the_end_of_a_stretch_belongs_to_the_next_gauge_but_ends_this_counter() -> None:
    assert figure({"g": [1] * 10 + [99]}, gauge="g", over="max").value == 1.0
    assert figure({"n": [0] * 10 + [50]}, counter="n", unit="per_s").value == 5.0


def test_a_gap_is_not_a_zero() -> None:
    assert figure({"g": [4] * 10}, gaps={3: "refused"}, gauge="g").value == 4.0


def test_a_probe_that_was_mostly_away_is_not_measured_and_says_why() -> None:
    found = figure({"g": [4] * 10}, gaps=dict.fromkeys(range(3, 10), "refused"), gauge="g")
    assert (found.value, found.because) == (None, "the probe shop saw only 30 % of the time: refused")


def test_a_probe_that_never_ran_says_so() -> None:
    signal = Signal(name="x", title="X", unit="count", gauge="g")
    found = figure_of(series_of([]), probe(), signal, SPAN)
    assert (found.value, found.because) == (None, "the probe shop saw nothing (it was not running)")


def test_a_metric_that_is_not_there_is_not_a_zero() -> None:
    assert figure({"g": [1] * 11}, gauge="other").because == "the probe shop gave no other"
    assert figure({"n": [5] * 11}, counter="n", of=["n"]).because == "nothing was counted by n in this time"


def test_a_quantile_is_a_straight_line_inside_its_bucket() -> None:
    values = {
        "h le=0.01": [0] * 10 + [600],
        "h le=0.02": [0] * 10 + [900],
        "h le=0.05": [0] * 10 + [1000],
        "h le=inf": [0] * 10 + [1000],
    }
    found = figure(values, histogram="h", unit="s", quantile=0.95)
    assert found.value == pytest.approx(0.02 + 0.03 * 50 / 100)  # the 950th of 1,000: half way in the third bucket
    assert found.interval == pytest.approx((0.02, 0.05))
    assert found.count == 1000


def test_only_what_was_added_meanwhile_counts() -> None:
    values = {"h le=0.01": [5000] * 10 + [5000], "h le=0.1": [5000] * 10 + [5100], "h le=inf": [5000] * 10 + [5100]}
    found = figure(values, histogram="h", unit="s", quantile=0.5)
    assert found.value == pytest.approx(0.055)
    assert found.count == 100


def test_a_quantile_beyond_the_last_edge_is_over_it() -> None:
    values = {"h le=0.1": [0] * 10 + [10], "h le=inf": [0] * 10 + [1000]}
    found = figure(values, histogram="h", unit="s", quantile=0.95)
    assert found.value is not None
    assert 0.1 < found.value < 0.1000001
    assert found.interval is not None
    assert found.interval[0] > 0.1


def test_buckets_that_were_read_in_two_moments_never_fall() -> None:
    series = series_of(seen("shop", {"h le=0.1": [0] * 10 + [101], "h le=inf": [0] * 10 + [100]}))
    buckets = buckets_of(series, "shop", "h", SPAN)
    assert buckets is not None
    assert buckets.below == (101.0, 101.0)


@pytest.mark.parametrize("quantile", [0.5, 0.9, 0.95, 0.99])
def test_a_quantile_of_many_is_within_its_bucket_of_the_true_one(quantile: float) -> None:
    rng = np.random.default_rng(3)
    values_s = 0.02 * np.exp(0.5 * rng.standard_normal(20_000))
    edges = (0.005, 0.01, 0.015, 0.02, 0.03, 0.05, 0.1, math.inf)
    columns = {f"h le={edge:g}": [0] * 10 + [int((values_s <= edge).sum())] for edge in edges}
    found = figure(columns, histogram="h", unit="s", quantile=quantile)
    assert found.interval is not None
    assert found.interval[0] <= np.quantile(values_s, quantile) <= found.interval[1]
