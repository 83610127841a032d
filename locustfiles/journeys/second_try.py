"""A second try, as people make one: some press the button once more when it did not work, after a while."""

from collections.abc import Callable

from loadgen.visit import Reply, Visit
from records.window import FAILED
from scenarios.mix import Step


def with_second_try(visit: Visit, call: Callable[[], Reply]) -> Reply:
    """Return what the last try brought. A failure of the target or the network is tried again at most once."""
    reply = call()
    if reply.outcome in FAILED and visit.chance(visit.mix.branches.retries_after_error):
        visit.think(Step.REVIEW)
        reply = call()
    return reply
