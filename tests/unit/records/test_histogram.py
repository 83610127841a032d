"""Rules of the histogram."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from records.histogram import HIGHEST_US, LOW_US, SIZE, Edge, Histogram, bucket_index, bucket_indices

VALUES = st.lists(st.integers(0, HIGHEST_US), min_size=1, max_size=60)


def exact_quantile(values: list[int], quantile: float) -> int:
    return sorted(values)[max(0, int(np.ceil(quantile * len(values) - 1e-9)) - 1)]


@given(VALUES, VALUES, VALUES)
def test_merging_is_associative_and_commutative(a: list[int], b: list[int], c: list[int]) -> None:
    one, two, three = Histogram.of(a), Histogram.of(b), Histogram.of(c)
    left = Histogram.merged([Histogram.merged([one, two]), three])
    right = Histogram.merged([Histogram.merged([three, two]), one])
    assert (left.counts == right.counts).all()
    assert (left.counts == Histogram.of([*a, *b, *c]).counts).all()


@given(VALUES, st.floats(0, 1), st.floats(0, 1))
def test_quantiles_never_fall(values: list[int], one: float, two: float) -> None:
    found = Histogram.of(values).quantiles_us(sorted([one, two]))
    assert found is not None
    assert found[0] <= found[1]


@given(VALUES, st.sampled_from([0.0, 0.5, 0.9, 0.95, 0.99, 0.999, 1.0]))
def test_a_quantile_is_at_most_a_thousandth_off(values: list[int], quantile: float) -> None:
    found = Histogram.of(values).quantile_us(quantile)
    assert found == pytest.approx(exact_quantile(values, quantile), rel=0.001)


@given(VALUES)
def test_sparse_form_loses_nothing(values: list[int]) -> None:
    histogram = Histogram.of(values)
    assert (Histogram.from_sparse(histogram.sparse()).counts == histogram.counts).all()


@given(st.integers(0, HIGHEST_US), st.sampled_from([0.0, 0.25, 0.999]))
def test_a_value_lies_in_its_bucket_one_by_one_and_in_arrays(value: int, fraction: float) -> None:
    index = bucket_index(value)
    assert LOW_US[index] <= value
    assert index == SIZE - 1 or value < LOW_US[index + 1]
    assert bucket_indices(np.array([value + fraction]))[0] == index


def test_arrays_keep_to_every_border() -> None:
    low_us = LOW_US[LOW_US <= HIGHEST_US]  # beyond, values are clipped
    assert bucket_indices(low_us).tolist() == list(range(low_us.size))
    assert bucket_indices(low_us[1:] - 0.001).tolist() == list(range(low_us.size - 1))


def test_values_beyond_an_hour_and_below_zero_are_clipped() -> None:
    assert bucket_index(10**12) == bucket_index(HIGHEST_US)
    assert bucket_index(-5) == 0


def test_an_empty_histogram_has_no_figures() -> None:
    empty = Histogram.empty()
    assert (empty.quantile_us(0.5), empty.mean_us(), empty.max_us(), empty.share_above(1)) == (None,) * 4


@pytest.mark.parametrize("pairs", [[1], [1, -1], [SIZE, 1], [[1, 2]]])
def test_a_damaged_sparse_form_is_refused(pairs: list[int]) -> None:
    with pytest.raises(ValueError, match=r"pairs|bucket"):
        Histogram.from_sparse(pairs)


def test_share_above_counts_buckets_wholly_above() -> None:
    assert Histogram.of([100, 200, 300, 400]).share_above(200) == 0.5


def test_the_mean_is_of_the_buckets_middles() -> None:
    assert Histogram.of([100, 200, 600]).mean_us() == 300


LIMIT_US = 200_000  # in the bucket 199,936 to 200,063, which is 128 us wide


@given(st.lists(st.integers(199_800, 200_200), min_size=1, max_size=200), st.sampled_from([0.05, 0.5, 0.95, 0.99]))
def test_with_an_edge_a_quantile_is_on_the_right_side_of_its_limit(values: list[int], quantile: float) -> None:
    within = sum(199_936 <= value <= LIMIT_US for value in values)
    found = Histogram.of(values).quantiles_us([quantile], Edge(LIMIT_US, within))
    assert found is not None
    assert (found[0] <= LIMIT_US) == (exact_quantile(values, quantile) <= LIMIT_US)
    assert found[0] == pytest.approx(exact_quantile(values, quantile), rel=0.0005)


def test_without_counts_at_the_edge_what_is_in_its_bucket_is_taken_as_over() -> None:
    found = Histogram.of([199_940] * 10).quantiles_us([0.5], Edge(LIMIT_US, 0))
    assert found is not None
    assert found[0] > LIMIT_US


@pytest.mark.parametrize("limit_us", [1_500, 2_047, 2_049, 200_063])
def test_a_limit_that_ends_its_bucket_is_an_edge_already(limit_us: int) -> None:
    assert Histogram.of([limit_us]).quantiles_us([0.5], Edge(limit_us, 0)) == Histogram.of([limit_us]).quantiles_us(
        [0.5]
    )
