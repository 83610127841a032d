"""Lambda* over several climbs: what counts, and how sure it is."""

import numpy as np
import pytest

from analysis.quarter.sustained import SPREAD_OF_FEW, pooled
from tests.unit.analysis.quarter.build_broken import broken


def test_the_middle_of_several_runs_is_their_geometric_mean() -> None:
    found = pooled([broken(200.0, (195.0, 205.0)), broken(450.0, (440.0, 460.0), "climb-2")])
    assert found.middle_per_s == pytest.approx(300.0)  # √(200 × 450)
    assert found.used == ("climb-1", "climb-2")


def test_one_run_has_the_spread_that_is_taken_for_few_and_says_so() -> None:
    """By hand: without a bracket ln λ* is normal with 5 % × √2, so that 90 % are within ± 1.645 × 7.07 %."""
    found = pooled([broken(bracket_per_s=None)])
    half = 1.645 * SPREAD_OF_FEW * np.sqrt(2)
    assert found.interval == pytest.approx((300 * np.exp(-half), 300 * np.exp(half)), rel=0.01)
    assert "λ* is taken to vary by 5 % from run to run" in found.assumptions[0]


def test_a_wider_bracket_gives_a_wider_interval() -> None:
    narrow, wide = (pooled([broken(bracket_per_s=ends)]).interval for ends in ((295.0, 305.0), (200.0, 400.0)))
    assert wide[1] - wide[0] > 1.5 * (narrow[1] - narrow[0])


def test_many_runs_tell_their_spread_themselves() -> None:
    rates = 300 * np.exp(np.array([-0.02, -0.01, 0.0, 0.01, 0.02]))
    found = pooled([broken(rate, None, f"climb-{index}") for index, rate in enumerate(rates.tolist())])
    assert "between 5 runs" in found.assumptions[0]
    half = 2.132 * np.std([-0.02, -0.01, 0.0, 0.01, 0.02], ddof=1) * np.sqrt(1 + 1 / 5)  # t of 4 degrees at 95 %
    assert np.log(found.interval[1] / 300) == pytest.approx(half, rel=0.1)


def test_a_run_in_which_nothing_broke_counts_only_where_none_broke() -> None:
    mixed = pooled([broken(), broken(900.0, run_id="climb-2", at_least=True)])
    assert mixed.middle_per_s == pytest.approx(300.0)
    assert not mixed.at_least
    assert "left out of λ*, since nothing broke there: climb-2" in mixed.assumptions
    alone = pooled([broken(900.0, at_least=True)])
    assert alone.at_least
    assert alone.middle_per_s == pytest.approx(900.0)
    assert "the least that is carried" in alone.assumptions[1]


@pytest.mark.parametrize("runs", [1, 3, 6])
def test_the_interval_has_the_breaking_point_of_another_day(runs: int) -> None:
    """Days differ by 4 %, each climb is off by 1 % and bracketed by steps of 5 %: of 200 nominal 90 % at least 85 % cover, not all."""
    rng = np.random.default_rng(11)
    covered = 0
    for _ in range(200):
        days = 300 * np.exp(0.04 * rng.standard_normal(runs + 1))
        found = days[:-1] * np.exp(0.01 * rng.standard_normal(runs))
        rows = [
            broken(rate, (rate * 0.975, rate * 1.025), f"climb-{index}") for index, rate in enumerate(found.tolist())
        ]
        low, high = pooled(rows).interval
        covered += low <= days[-1] <= high
    assert 170 <= covered < 200
