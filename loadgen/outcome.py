"""How one exchange ended, in the terms of the records."""

from loadgen.http import Exchange, FailureClass
from records.window import Outcome

_OK = Outcome.OK  # looked up once: nearly every request ends so


def outcome_of(exchange: Exchange) -> Outcome:
    """Return the outcome by failure and status alone; what is business is for the journeys to say."""
    if exchange.outcome_override is not None:
        return _OK if exchange.outcome_override == "success" else Outcome.SERVER_ERROR
    if exchange.failure is not None:
        return _of_failure(exchange.failure)
    status = exchange.status
    if status < 400:
        return _OK
    if status == 429:
        return Outcome.RATE_LIMITED
    return Outcome.SERVER_ERROR if status >= 500 else Outcome.CLIENT_ERROR


def error_of(exchange: Exchange, shape: str) -> tuple[str, str]:
    """Return kind and normalised text of what went wrong (see `records.window.ErrorCount`); `shape` is "" or what an answer lacked."""
    if exchange.outcome_override is not None:
        return "judged", exchange.failure_text or "judged a failure"
    if exchange.failure is not None:
        return exchange.failure.value, exchange.failure_text or exchange.failure.value
    return ("shape", shape) if shape else ("status", f"status {exchange.status}")


def _of_failure(failure: FailureClass) -> Outcome:
    match failure:
        case FailureClass.TIMEOUT:
            return Outcome.TIMEOUT
        case FailureClass.ABORTED | FailureClass.GENERATOR:
            return Outcome.ABORTED
        case _:
            return Outcome.CONNECTION_ERROR
