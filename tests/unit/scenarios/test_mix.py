"""Mixes: who asks alike, and what the mean session is made of."""

import pytest
from pydantic import ValidationError

from scenarios.library import load_mix
from scenarios.session import SessionSize, mean_operations, mean_session

LOOK, PAY = "GET /appointments/slots", "POST /payments/confirm"


def size(look: float, pay: float = 0.0) -> SessionSize:
    return SessionSize(requests=look + pay, operations={LOOK: look, **({PAY: pay} if pay else {})})


def test_requests_by_operation_are_weighted_by_the_shares_of_personas() -> None:
    """By hand: 0.75 x 2 + 0.25 x 4 looks, 0.25 x 1 payment."""
    found = mean_operations({"a": 0.75, "b": 0.25}, {"a": size(2.0), "b": size(4.0, 1.0)})
    assert found == pytest.approx({LOOK: 2.5, PAY: 0.25})


def test_a_persona_without_them_leaves_the_mix_unknown() -> None:
    assert mean_operations({"a": 0.5, "b": 0.5}, {"a": size(2.0)}) is None
    assert mean_operations({"a": 0.5, "b": 0.5}, {"a": size(2.0), "b": SessionSize(requests=3.0)}) is None


def test_operations_that_do_not_sum_to_the_requests_are_refused() -> None:
    with pytest.raises(ValidationError, match="operations sum to 2, requests is 3"):
        SessionSize(requests=3.0, operations={LOOK: 2.0})


def test_the_shipped_mixes_say_what_their_sessions_ask_for() -> None:
    for name in ("everyday", "staff_day", "monitors"):
        mix = load_mix(name)
        operations, measured = (
            mean_operations(mix.personas, mix.sessions),
            mean_session(mix.personas, mix.sessions, mix.think),
        )
        assert operations is not None, name
        assert measured is not None, name
        assert sum(operations.values()) == pytest.approx(measured[0], rel=0.005)


def test_mixes_ask_alike_whatever_they_are_called_and_however_long_they_think() -> None:
    mix = load_mix("everyday")
    think = dict.fromkeys(mix.think, mix.think["look"])
    assert mix.asks_alike(mix.model_copy(update={"name": "other", "title": "Other", "think": think, "sessions": {}}))
    branches = mix.branches.model_copy(update={"cancels": 0.5})
    assert not mix.asks_alike(mix.model_copy(update={"branches": branches}))
    assert not mix.asks_alike(load_mix("staff_day"))
