"""Choices: barbers, days, hours and services, as unevenly wanted as they are."""

from collections.abc import Sequence
from datetime import date, timedelta
from functools import lru_cache
from itertools import accumulate
from random import Random
from typing import TypeVar

from scenarios.mix import Popularity

Item = TypeVar("Item")

SERVICES = {"Haircut": 60, "Haircut & Shave": 25, "Shave": 15}  # the three that POST /appointments/ takes, and weights
HOURS_BY_WISH = (17, 18, 12, 16, 13, 11, 10, 19, 15, 14, 9, 20, 8)  # after work, lunch, late morning, the rest


def pick_service(rng: Random) -> str:
    """Return what someone comes for."""
    return rng.choices(list(SERVICES), weights=list(SERVICES.values()))[0]


def pick_barber(rng: Random, barber_ids: Sequence[int], popularity: Popularity) -> int:
    """Return a barber by Zipf's law: the k-th of the list is wanted in proportion to k^-s."""
    return rng.choices(barber_ids, cum_weights=_zipf(len(barber_ids), popularity.barbers))[0]


def pick_time(rng: Random, times: Sequence[str], popularity: Popularity) -> str:
    """Return one of the free times by Zipf's law over hours; both halves of an hour are wanted alike."""
    weights = [_hour_rank(clock_time) ** -popularity.hours for clock_time in times]
    return rng.choices(times, weights=weights)[0]


def pick_day(rng: Random, today: date, popularity: Popularity, seen: frozenset[date] = frozenset()) -> date | None:
    """Return a day from tomorrow on, nearer ones likelier (falling in a line to the last); None where all were seen."""
    last = popularity.days_ahead
    offsets = [offset for offset in range(1, last + 1) if today + timedelta(days=offset) not in seen]
    if not offsets:
        return None
    return today + timedelta(days=rng.choices(offsets, weights=[last + 1 - offset for offset in offsets])[0])


def _hour_rank(clock_time: str) -> int:
    hour = int(clock_time.split(":", 1)[0])
    return HOURS_BY_WISH.index(hour) + 1 if hour in HOURS_BY_WISH else len(HOURS_BY_WISH) + 1


@lru_cache(maxsize=64)  # one entry for each number of barbers and exponent that a run meets
def _zipf(count: int, exponent: float) -> list[float]:
    return list(accumulate((rank + 1) ** -exponent for rank in range(count)))
