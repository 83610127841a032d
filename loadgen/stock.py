"""What Locust itself is told: its own statistics feed its web page, and nothing else."""

from typing import Any

from loadgen.http import Exchange
from loadgen.visit import Listener
from records.window import FAILED, Outcome


def stock_listener(environment: Any) -> Listener:
    """Return a listener that fires Locust's request event for each request."""
    fire = environment.events.request.fire

    def listen(operation: str, exchange: Exchange, outcome: Outcome, response_us: float) -> None:
        fire(
            request_type=exchange.method,
            name=operation.partition(" ")[2] or operation,
            response_time=response_us / 1000,
            response_length=exchange.response_bytes,
            exception=RuntimeError(exchange.failure_text or outcome.value) if outcome in FAILED else None,
            context={},
            start_time=None,
            url=None,
            response=None,
        )

    return listen
