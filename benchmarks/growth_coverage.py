"""Do the intervals of the forecast and of the capacity date hold? Simulated demand of which the year ahead is known.

    .venv/bin/python -m benchmarks.growth_coverage [--series 200] [--weeks 40]

Three kinds that grow: exponential with noise that lasts (AR(1)), a random walk with drift, and a logistic curve that saturates. For each: the
share of series whose value 13 weeks ahead lies between P10 and P90 (nominal 80 %), the same over weeks 1 to 13, and the share of true capacity
dates between the date's P10 and P90 where there is one within 52 weeks ("later" counts as later). Capacity is 1.1 to 1.8 times today's demand, and
known to 5 %. Then three kinds that do not reach capacity, 1.6 to 2.5 times today's demand: flat, shrinking, saturated. No date may be named.
Shares stand with their 90 % interval (Wilson).
"""

import argparse
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np

from analysis.growth.capacity_date import CapacityDate, capacity_date
from analysis.growth.demand import WEEK, Demand, Floats
from analysis.growth.forecast import HORIZON_WEEKS, P10, P90, Outlook, forecast
from analysis.interval import ratio_interval
from benchmarks.table import Row, deliver
from scenarios.traffic_history import Unit

AHEAD = 13
COVERAGE = (0.70, 0.95)
DATE_COVERAGE = 0.75
CAPACITY_SD = 0.05  # of ln: how well a run knows lambda*
DRAWS = 1000
FIRST = date(2026, 1, 5)
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


GROWING: dict[str, Kind] = {"exponential with AR": exponential, "random walk": walk, "saturating": saturating}
RESTING: dict[str, Kind] = {"flat": flat, "shrinking": shrinking, "saturated": saturated}


@dataclass(frozen=True, slots=True)
class Trial:
    """One series: which of weeks 1 to 13 were inside, the true week of the capacity date (None: later), and the date that was told."""

    inside: tuple[bool, ...]
    true_week: int | None
    told: CapacityDate
    end: date

    @property
    def date_inside(self) -> bool:
        """Tell whether the true date lies between P10 and P90; "not within" counts as later."""
        assert self.true_week is not None
        true = self.end + self.true_week * WEEK
        return (self.told.p10 is not None and self.told.p10 <= true) and (
            self.told.p90 is None or true <= self.told.p90
        )


def main() -> int:
    """Simulate, print the rows, and return the exit code."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--series", type=int, default=200, help="of each kind")
    parser.add_argument("--weeks", type=int, default=40, help="of history")
    wanted = parser.parse_args()
    rows: list[Row] = []
    for name, kind in GROWING.items():
        rows += _growing_rows(name, [_trial(kind, seed, wanted.weeks, (1.1, 1.8)) for seed in range(wanted.series)])
    for name, kind in RESTING.items():
        rows += _resting_rows(
            name, [_trial(kind, seed, wanted.weeks, (1.6, 2.5)) for seed in range(wanted.series // 2)]
        )
    return deliver(f"Demand and capacity dates from {wanted.weeks} weeks", rows)


def _trial(kind: Kind, seed: int, weeks: int, times: tuple[float, float]) -> Trial:
    rng = np.random.default_rng([seed, weeks])
    logs = np.log(100) + kind(rng, weeks + HORIZON_WEEKS)
    past, ahead = logs[:weeks], logs[weeks:]
    capacity = float(past[-4:].mean()) + np.log(rng.uniform(*times))
    over = ahead > capacity
    demand = Demand("simulated", Unit.REQUESTS_PER_S, "UTC", FIRST, tuple(np.exp(past).tolist()))
    found = forecast(Outlook(demand))
    measured = capacity + rng.normal(0, CAPACITY_SD)
    told = capacity_date(found, np.exp(measured + rng.normal(0, CAPACITY_SD, DRAWS)))
    low, high = np.log(found.quantile(P10)[:AHEAD]), np.log(found.quantile(P90)[:AHEAD])
    inside = (low <= ahead[:AHEAD]) & (ahead[:AHEAD] <= high)
    return Trial(tuple(inside.tolist()), int(over.argmax()) if over.any() else None, told, demand.end)


def _growing_rows(name: str, trials: Sequence[Trial]) -> list[Row]:
    reached = [trial for trial in trials if trial.true_week is not None]
    each = [flag for trial in trials for flag in trial.inside]
    low, high = COVERAGE
    span = f"{low:.0%} to {high:.0%}"
    at_end = sum(trial.inside[-1] for trial in trials)
    dates = sum(trial.date_inside for trial in reached)
    return [
        Row(f"{name}: {AHEAD} weeks ahead inside P10 to P90", _share(at_end, len(trials)), span, low <= at_end / len(trials) <= high),
        Row(f"{name}: weeks 1 to {AHEAD} inside", f"{np.mean(each):.1%}", span, bool(low <= np.mean(each) <= high)),
        Row(
            f"{name}: true capacity date inside P10 to P90", _share(dates, len(reached)), f"≥ {DATE_COVERAGE:.0%}",
            bool(reached) and dates / len(reached) >= DATE_COVERAGE,
        ),
    ]  # fmt: skip


def _resting_rows(name: str, trials: Sequence[Trial]) -> list[Row]:
    assert all(trial.true_week is None for trial in trials), "the simulated growth was not meant to reach capacity"
    count = len(trials)
    likely = sum(trial.told.p50 is not None for trial in trials)
    possible = sum(trial.told.p10 is not None for trial in trials)
    return [
        Row(f"{name}, capacity out of reach: a date named (P50)", _share(likely, count), "0", likely == 0),
        Row(f"{name}, capacity out of reach: an earliest date named (P10)", _share(possible, count)),
    ]


def _share(events: int, trials: int) -> str:
    low, high = ratio_interval(events, trials)
    return f"{events} of {trials}: {events / max(1, trials):.1%} ({low:.0%} to {high:.0%})"


if __name__ == "__main__":
    sys.exit(main())
