"""Work: from when on a place counts as free."""

import pytest

from sandbox.work import _freed


@pytest.mark.parametrize(
    ("due", "modelled_s", "now", "freed"),
    [
        (10.000, 0.050, 10.004, 10.000),  # 4 ms late: as though it had been in time
        (10.000, 0.050, 10.100, 10.080),  # 100 ms late: the database is slow, 20 ms are forgiven
        (10.000, 0.005, 10.100, 10.095),  # no more is forgiven than was modelled
        (10.000, 0.000, 10.100, 10.100),  # no modelled time, nothing forgiven
        (10.000, 0.050, 9.970, 9.970),  # given up before its time: free at once
    ],
)
def test_place_is_free_when_it_was_due_where_that_is_a_little_while_ago(
    due: float, modelled_s: float, now: float, freed: float
) -> None:
    assert _freed(due, modelled_s, now) == pytest.approx(freed)
