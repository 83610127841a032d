"""Locust remembers a count for every second and operation of a run, and a row of history every 5 s: here it forgets them.

Its page shows rates of the last ten seconds; its charts are drawn from the history. Everything older is in the run folder.
"""

from typing import Any

import gevent

FORGET_EVERY_S = 30.0
KEPT_S = 60  # Locust looks back 12 s
KEPT_HISTORY = 12  # a minute, where no page shows it
KEPT_HISTORY_OF_PAGE = 720  # an hour, for the charts of the web page


def keep_forgetting(environment: Any) -> None:
    """Forget again and again, until killed."""
    while True:
        gevent.sleep(FORGET_EVERY_S)
        forget_old_seconds(environment.stats, KEPT_HISTORY if environment.web_ui is None else KEPT_HISTORY_OF_PAGE)


def forget_old_seconds(stats: Any, kept_history: int) -> None:
    """Drop the counts of seconds more than a minute before each entry's last one, and all but so many rows of history."""
    for entry in (*stats.entries.values(), stats.total):
        for counts in (entry.num_reqs_per_sec, entry.num_fail_per_sec):
            oldest = max(counts, default=0) - KEPT_S
            for second in [second for second in counts if second < oldest]:
                del counts[second]
    del stats.history[:-kept_history]
