"""Rules of what is significant among many."""

import pytest

from analysis.significance import combined, hochberg, holm, rejected


def test_holm_stops_at_the_first_that_is_not_significant() -> None:
    # 3 hypotheses at 5 %: limits .0167, .025, .05 in order
    assert holm([0.04, 0.01, 0.03], 0.05) == [False, True, False]
    assert holm([0.02, 0.01, 0.03], 0.05) == [True, True, True]
    assert holm([], 0.05) == []


def test_hochberg_rejects_all_where_all_agree() -> None:
    # limits .0167, .025, .05 from the smallest up; the largest one under its limit takes the smaller ones with it
    assert hochberg([0.04, 0.045, 0.05], 0.05) == [True, True, True]
    assert hochberg([0.04, 0.06, 0.02], 0.05) == [False, False, False]
    assert hochberg([0.01, 0.06, 0.2], 0.05) == [True, False, False]


@pytest.mark.parametrize(
    ("p_values", "expected"),
    [([0.01, 0.02, 0.03], 0.03), ([0.01, 0.5, 0.6], 0.03), ([0.02, 0.02, 0.9], 0.04), ([], 1.0)],
)
def test_a_group_is_as_significant_as_the_least_level_that_rejects_any_of_it(
    p_values: list[float], expected: float
) -> None:
    assert combined(p_values) == pytest.approx(expected)


def test_percentiles_that_agree_cost_one_hypothesis() -> None:
    groups = {"a": {"a50": 0.02, "a95": 0.021, "a99": 0.024}, "b": {"b50": 0.5, "b95": 0.6, "b99": 0.7}}
    assert rejected(groups, 0.05) == {"a50", "a95", "a99"}  # 2 groups: .025 for the first
    apart = {name: {name: p} for group in groups.values() for name, p in group.items()}
    assert rejected(apart, 0.05) == frozenset()  # 6 hypotheses: .0083 for the first


def test_one_percentile_of_a_group_is_found_alone() -> None:
    groups = {"a": {"a50": 0.5, "a95": 0.4, "a99": 0.004}, "b": {"b50": 0.5}}
    assert rejected(groups, 0.05) == {"a99"}  # .025 for the group, a third of it for one of three
    groups["a"]["a99"] = 0.009
    assert rejected(groups, 0.05) == frozenset()
