"""The models and their weights: against the covariance of all weeks written out, and on demand whose manner is known."""

import math
from dataclasses import replace

import numpy as np
import pytest
from scipy.stats import multivariate_t

from analysis.growth.demand import Floats
from analysis.growth.mixture import LEVEL_SD, S_BEFORE, WEEKS_BEFORE, Mixture, mixture_of
from analysis.growth.models import Models, all_models
from tests.unit.analysis.growth.build_demand import growing

NAN = math.nan


def rng() -> np.random.Generator:
    return np.random.default_rng(5)


def lasting(weeks: int, rho: float, sd: float, seed: int) -> Floats:
    """Return AR(1) noise about 4."""
    new = np.random.default_rng(seed).normal(0, sd * math.sqrt(1 - rho**2), weeks + 50)
    noise = np.zeros(weeks + 50)
    for week in range(1, weeks + 50):
        noise[week] = rho * noise[week - 1] + new[week]
    return 4 + noise[50:]


def some() -> Models:
    """Return four models unlike each other: noise alone, noise that lasts on a line, a walk, and everything that moves."""
    return Models(
        lasting=np.array([0.0, 0.6, 0.0, 0.3]),
        sd_level=np.array([0.0, 0.0, 4.0, 0.4]),
        sd_slope=np.array([0.0, 0.0, 0.0, 0.06]),
        damping=np.array([1.0, 1.0, 0.98, 0.95]),
        sd_first_slope=np.array([0.0, 0.3, 0.3, 0.3]),
        weights=np.array([0.4, 0.3, 0.2, 0.1]),
    )


def written_out(models: Models, place: int, weeks: int) -> Floats:
    """Return the covariance over s² of all weeks of one model: what each source of change adds to each pair of weeks."""
    week = np.arange(weeks)
    fade = models.damping[place] ** week
    since_first = np.concatenate(
        [[0.0], np.cumsum(fade)[:-1]]
    )  # what a slope of 1 in week 0 has added to the level by each week
    total = LEVEL_SD**2 + models.sd_first_slope[place] ** 2 * np.outer(since_first, since_first)
    total += models.sd_level[place] ** 2 * np.minimum.outer(week, week)
    for start in range(1, weeks):
        later = np.concatenate([np.zeros(start), since_first[: weeks - start]])
        total += models.sd_slope[place] ** 2 * np.outer(later, later)
    noise = models.lasting[place] ** np.abs(np.subtract.outer(week, week))
    return np.asarray(total + noise, dtype=np.float64)


def test_weights_are_those_of_the_joint_density_of_all_weeks() -> None:
    """Independent: a multivariate t of all weeks at once, in place of a filter that goes from week to week; two weeks are missing."""
    logs = growing(12).logs()
    logs[[4, 5]] = NAN
    seen = np.flatnonzero(np.isfinite(logs))
    models = some()
    told = []
    for place, weight in enumerate(models.weights):
        shape = S_BEFORE**2 * written_out(models, place, 12)[np.ix_(seen, seen)]
        told.append(
            math.log(weight) + multivariate_t(np.full(10, logs[0]), shape, df=int(WEEKS_BEFORE)).logpdf(logs[seen])
        )
    expected = np.exp(np.array(told) - max(told))
    assert mixture_of(logs, models).weights == pytest.approx(expected / expected.sum(), rel=1e-4)


def test_draws_have_mean_and_spread_of_the_weeks_ahead_given_those_seen() -> None:
    """Independent: mean and covariance of weeks ahead by the formula of conditional normals; s² as the mean of its distribution."""
    logs = growing(30).logs()
    for place in range(4):
        alone = replace(some(), weights=np.eye(4)[place])
        total = written_out(alone, place, 30 + 13)
        seen, ahead = total[:30, :30], total[30:, :30]
        miss = logs - logs[0]
        mean = logs[0] + ahead @ np.linalg.solve(seen, miss)
        spread = total[30:, 30:] - ahead @ np.linalg.solve(seen, ahead.T)
        variance = (WEEKS_BEFORE * S_BEFORE**2 + miss @ np.linalg.solve(seen, miss)) / (WEEKS_BEFORE + 30 - 2)
        drawn = mixture_of(logs, alone).draw(13, 20_000, rng())
        sd = np.sqrt(variance * np.diag(spread))
        assert np.abs(drawn.mean(axis=1) - mean).max() < 0.03 * sd.max()
        assert drawn.std(axis=1) == pytest.approx(sd, rel=0.04)


def test_each_model_has_its_share_of_the_paths() -> None:
    """Four models whose first week ahead is known without any doubt: 1, 2, 3, 4."""
    states = np.zeros((4, 3))
    states[:, 0] = [1, 2, 3, 4]
    found = Mixture(some(), np.array([0.5, 0.25, 0.15, 0.1]), states, np.zeros((4, 3, 3)), 30.0, np.zeros(4))
    values, counts = np.unique(found.draw(1, 1000, rng())[0], return_counts=True)
    assert values.tolist() == [1, 2, 3, 4]
    assert np.abs(counts - [500, 250, 150, 100]).max() <= 1


def without_growth(logs: Floats) -> float:
    return mixture_of(logs).without_growth


def test_growth_that_the_history_shows_takes_the_weight_and_noise_that_lasts_does_not() -> None:
    line = 0.01 * np.arange(40)
    for seed in range(5):
        noise = lasting(40, 0.5, 0.05, seed)
        assert without_growth(noise + line) < 0.25
        assert without_growth(noise) > 0.5


def test_the_weights_before_any_week_make_one() -> None:
    models = all_models()
    assert models.weights.sum() == pytest.approx(1.0)
    assert (models.weights > 0).all()


def test_the_same_value_every_week_is_held_to_go_on() -> None:
    drawn = mixture_of(np.full(40, 3.0)).draw(52, 2000, rng())
    assert np.quantile(drawn[12], (0.1, 0.9)) == pytest.approx((3.0, 3.0), abs=0.05)
