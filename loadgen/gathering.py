"""What must be there before second 0: the accounts, and all users."""

import time
from collections.abc import Callable
from typing import Any

import gevent

from loadgen.errors import TargetError
from loadgen.provision import register_clients
from scenarios.plan import Plan

LOOK_EVERY_S = 0.05


def gathering_problem(
    environment: Any, plan: Plan, users_within_s: float, problem: Callable[[], str] = lambda: ""
) -> str:
    """Register accounts where the profile says so, wait for all users; return what is missing, "" where nothing is.

    `problem` is asked meanwhile whether something else has gone wrong.
    """
    if plan.target.clients.source == "register":
        try:
            register_clients(plan.target)
        except TargetError as error:
            return str(error)
    limit = time.monotonic() + users_within_s
    while environment.runner.user_count < plan.places:
        found = problem()
        if found:
            return found
        if time.monotonic() > limit:
            return f"not all of {plan.places:,} users could be started within {users_within_s:g} s"
        gevent.sleep(LOOK_EVERY_S)
    return ""
