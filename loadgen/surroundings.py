"""Surroundings: what the visits of one process share: target, mix, clock, recorder, accounts."""

from collections.abc import Callable
from dataclasses import dataclass

from loadgen.accounts import AccountPool, client_pool, secret, staff_pool
from loadgen.clock import RunClock
from loadgen.errors import TargetError
from loadgen.http import ConnectionCounters, Exchange, Proxies
from loadgen.recorder import Recorder
from records.window import Outcome
from scenarios.mix import Mix
from scenarios.target import ProxyUse, Target

Listener = Callable[[str, Exchange, Outcome, float], None]


@dataclass(slots=True)
class Surroundings:
    """What the visits of one process share."""

    target: Target
    mix: Mix
    seed: int
    time_scale: float
    clock: RunClock
    recorder: Recorder
    clients: AccountPool
    staff: AccountPool
    counters: ConnectionCounters
    webhook_secret: str | None
    proxies: Proxies | None = None
    listener: Listener | None = None
    user_errors: int = 0

    @classmethod
    def of(
        cls, target: Target, mix: Mix, *, seed: int, time_scale: float, worker: int = 0, workers: int = 1
    ) -> "Surroundings":
        """Return the surroundings of worker `worker` of `workers`; raise TargetError where accounts cannot be had."""
        return cls(
            target=target,
            mix=mix,
            seed=seed,
            time_scale=time_scale,
            clock=RunClock(),
            recorder=Recorder(),
            clients=client_pool(target, worker, workers),
            staff=staff_pool(target, worker, workers),
            counters=ConnectionCounters(),
            webhook_secret=_webhook_secret(target),
            proxies=_proxies(target),
        )


def _webhook_secret(target: Target) -> str | None:
    if target.webhook is None:
        return None
    try:
        return secret(target.webhook.secret_env)
    except TargetError:
        return None  # the webhook flow is left out then; the preflight says so


def _proxies(target: Target) -> Proxies | None:
    """Return the proxies of the environment where the profile wants them; raise TargetError for one we do not speak to."""
    if target.proxy is not ProxyUse.ENVIRONMENT:
        return None
    try:
        return Proxies.of_environment()
    except ValueError as error:
        raise TargetError(f"target {target.name}: {error}") from error
