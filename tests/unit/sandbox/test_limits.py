"""Rate limits: per address and operation, in windows that begin with the first request."""

import contextlib

import pytest

from sandbox.app import OPERATIONS
from sandbox.limits import DEVELOPMENT, PRODUCTION, Limit, Limiter, address_of
from sandbox.refusal import Refusal

GUEST_BOOKING = "POST /appointments/guest"


class Clock:
    """A clock that is moved by hand."""

    now_s = 0.0

    def __call__(self) -> float:
        return self.now_s


def admitted(limiter: Limiter, times: int, address: str = "a", operation: str = GUEST_BOOKING) -> int:
    count = 0
    for _ in range(times):
        with contextlib.suppress(Refusal):
            limiter.admit(address, operation)
            count += 1
    return count


def test_production_admits_three_guest_bookings_an_hour() -> None:
    clock = Clock()
    limiter = Limiter.named("production", clock)
    assert admitted(limiter, 5) == 3
    clock.now_s = 3599.9
    assert admitted(limiter, 1) == 0
    clock.now_s = 3600.0
    assert admitted(limiter, 5) == 3


def test_one_too_many_is_429_and_says_when_to_come_again() -> None:
    limiter = Limiter({GUEST_BOOKING: Limit(0, 60)}, None, Clock())
    with pytest.raises(Refusal) as refused:
        limiter.admit("a", GUEST_BOOKING)
    assert (refused.value.status, refused.value.headers) == (429, {"Retry-After": "60"})
    assert refused.value.body["retry_after"] == 60


def test_development_admits_ten() -> None:
    assert admitted(Limiter.named("development", Clock()), 15) == 10


def test_each_address_and_operation_is_counted_apart() -> None:
    limiter = Limiter({"x": Limit(1, 60), "y": Limit(1, 60)}, None, Clock())
    assert admitted(limiter, 2, "a", "x") == admitted(limiter, 2, "b", "x") == admitted(limiter, 2, "a", "y") == 1


def test_limits_are_of_operations_that_exist() -> None:
    served = {operation.name for operation in OPERATIONS}
    assert set(DEVELOPMENT) | set(PRODUCTION) <= served


@pytest.mark.parametrize(
    ("peer", "forwarded", "address"),
    [
        ("127.0.0.1", "10.64.0.1", "10.64.0.1"),
        ("::1", "10.64.0.1", "10.64.0.1"),
        ("192.0.2.1", "10.64.0.1", "192.0.2.1"),
        ("127.0.0.1", "10.64.0.9, 10.64.0.1", "10.64.0.1"),
        ("127.0.0.1", None, "127.0.0.1"),
    ],
)
def test_only_loopback_may_name_another_address(peer: str, forwarded: str | None, address: str) -> None:
    assert address_of(peer, forwarded) == address
