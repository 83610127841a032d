from array import array

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from loadgen.folding import Rows
from records.histogram import Histogram, bucket_index

values = st.lists(st.floats(min_value=0, max_value=4e9), max_size=60)


@given(st.lists(values, min_size=1, max_size=8))
def test_each_row_is_the_histogram_of_its_own_values(rows: list[list[float]]) -> None:
    folded = Rows.of([array("d", row) for row in rows]).sparse()
    assert len(folded) == len(rows)
    for sparse, row in zip(folded, rows, strict=True):
        assert np.array_equal(Histogram.from_sparse(sparse).counts, Histogram.of(row).counts)


@given(st.lists(st.lists(st.integers(199_900, 200_100), max_size=40), min_size=1, max_size=5))
def test_values_within_a_limit_are_counted_in_its_own_bucket_row_by_row(rows: list[list[int]]) -> None:
    limits_us = [199_950, 200_000]
    found = Rows.of([array("d", row) for row in rows]).within(limits_us)
    for pairs, row in zip(found, rows, strict=True):
        counted = {
            limit_us: sum(value <= limit_us and bucket_index(value) == bucket_index(limit_us) for value in row)
            for limit_us in limits_us
        }
        assert pairs == [(limit_us, count) for limit_us, count in counted.items() if count]


def test_no_rows_are_none() -> None:
    nothing = Rows.of([])
    assert (nothing.sparse(), nothing.within([1000])) == ([], [])
