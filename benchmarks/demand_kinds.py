"""Simulated demand of which the year ahead is known: four kinds that grow, three that do not. All are ln of a weekly peak."""

from collections.abc import Callable

import numpy as np

from analysis.growth.demand import Floats

Random = np.random.Generator
Kind = Callable[[Random, int], Floats]


def _lasting(rng: Random, weeks: int, rho: float, sd: float) -> Floats:
    """Return AR(1) noise with a standard deviation of `sd`."""
    steps = rng.normal(0, sd * np.sqrt(1 - rho**2), weeks)
    noise = np.empty(weeks)
    noise[0] = rng.normal(0, sd)
    for week in range(1, weeks):
        noise[week] = rho * noise[week - 1] + steps[week]
    return noise


def exponential(rng: Random, weeks: int) -> Floats:
    """Return ln demand that grows up to 2 % a week, with noise of 3 to 8 % that lasts for weeks."""
    return rng.uniform(0.0, 0.02) * np.arange(weeks) + _lasting(rng, weeks, 0.6, rng.uniform(0.03, 0.08))


def walk(rng: Random, weeks: int) -> Floats:
    """Return ln demand whose every step is new: a drift of -0.2 to 1.5 % a week, steps of 2 to 5 %, and noise of 2 %."""
    steps = rng.normal(rng.uniform(-0.002, 0.015), rng.uniform(0.02, 0.05), weeks)
    logs: Floats = np.cumsum(steps) + rng.normal(0, 0.02, weeks)
    return logs


def saturating(rng: Random, weeks: int) -> Floats:
    """Return ln demand on a logistic curve, two to seven times as high at its end, its middle anywhere in history or ahead."""
    middle, steep = rng.uniform(0, 60), rng.uniform(0.04, 0.12)
    level = 50 + rng.uniform(100, 300) / (1 + np.exp(-steep * (np.arange(weeks) - middle)))
    logs: Floats = np.log(level) + _lasting(rng, weeks, 0.3, rng.uniform(0.03, 0.08))
    return logs


def stepped(rng: Random, weeks: int) -> Floats:
    """Return ln demand that gains the same number of requests each week, up to 2 % of the first, and once jumps by -15 to 25 %.

    The jump (a branch opened or closed) lies anywhere in the first 40 weeks.
    """
    level = 1 + rng.uniform(0.0, 0.02) * np.arange(weeks)
    level[rng.integers(1, 40) :] *= rng.uniform(0.85, 1.25)
    logs: Floats = np.log(level) + _lasting(rng, weeks, 0.3, rng.uniform(0.03, 0.08))
    return logs


def flat(rng: Random, weeks: int) -> Floats:
    """Return ln demand that does not grow."""
    return _lasting(rng, weeks, 0.4, rng.uniform(0.03, 0.08))


def shrinking(rng: Random, weeks: int) -> Floats:
    """Return ln demand that loses 0.3 % a week."""
    return -0.003 * np.arange(weeks) + flat(rng, weeks)


def saturated(rng: Random, weeks: int) -> Floats:
    """Return ln demand that doubled before the history began, and is on its last tenth since."""
    level = 50 + 50 / (1 + np.exp(-0.1 * (np.arange(weeks) + rng.uniform(20, 40))))
    logs: Floats = np.log(level) + flat(rng, weeks)
    return logs


GROWING: dict[str, Kind] = {
    "exponential with AR": exponential, "random walk": walk, "saturating": saturating, "linear with a step": stepped,
}  # fmt: skip
RESTING: dict[str, Kind] = {"flat": flat, "shrinking": shrinking, "saturated": saturated}
