"""First read, then think: answers that have arrived are timed before anybody goes on with theirs.

When many answers arrive at once (a stall of the target ends), the loop wakes one greenlet after the other. If each parsed, recorded
and sent its next request at once, the last answer of 400 would be read, and timed, 60 ms after it came.
"""

from typing import Any

import gevent
import greenlet

CROWD = 16
"""So many arrivals are timed first. Fewer hold up the last by 2 ms at most, and a turn costs 2 us."""


def let_others_read() -> None:
    """Return at once where little else has arrived, else after those who wait for it have read it."""
    hub: Any = gevent.get_hub()
    if hub.loop.pendingcnt >= CROWD:
        callback = hub.loop.run_callback(greenlet.getcurrent().switch)
        try:
            hub.switch()
        finally:
            callback.stop()  # not left for later where a kill came first
