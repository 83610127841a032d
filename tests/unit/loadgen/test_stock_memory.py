"""Locust's own statistics do not grow with the length of a run. Importing Locust patches the process: a stand-in has its fields."""

from types import SimpleNamespace
from typing import Any

from loadgen.stock_memory import KEPT_HISTORY, KEPT_S, forget_old_seconds

HOUR_S = 3600


def stats_of(seconds: int) -> Any:
    def entry() -> Any:
        return SimpleNamespace(
            num_reqs_per_sec=dict.fromkeys(range(seconds), 5), num_fail_per_sec=dict.fromkeys(range(seconds), 1)
        )

    return SimpleNamespace(entries={("/slots", "GET"): entry()}, total=entry(), history=list(range(seconds)))


def test_seconds_older_than_a_minute_are_forgotten() -> None:
    stats = stats_of(HOUR_S)
    forget_old_seconds(stats, KEPT_HISTORY)
    for entry in (*stats.entries.values(), stats.total):
        assert sorted(entry.num_reqs_per_sec) == list(range(HOUR_S - 1 - KEPT_S, HOUR_S))
        assert sorted(entry.num_fail_per_sec) == sorted(entry.num_reqs_per_sec)


def test_what_the_page_shows_is_kept() -> None:
    stats = stats_of(HOUR_S)
    forget_old_seconds(stats, KEPT_HISTORY)
    assert stats.history == list(range(HOUR_S - KEPT_HISTORY, HOUR_S))
    assert stats.total.num_reqs_per_sec[HOUR_S - 10] == 5


def test_statistics_of_a_short_run_stay_whole() -> None:
    stats = stats_of(8)
    forget_old_seconds(stats, KEPT_HISTORY)
    assert len(stats.total.num_reqs_per_sec) == 8
    assert len(stats.history) == 8
