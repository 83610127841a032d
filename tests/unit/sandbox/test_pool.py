"""The pool: bounded, first come first served, nothing lost."""

import asyncio
import contextlib

import pytest

from sandbox.pool import Pool
from sandbox.refusal import UnhandledError


def test_no_more_than_the_places_are_held() -> None:
    pool, most = Pool(3), 0

    async def request() -> None:
        nonlocal most
        await pool.take()
        most = max(most, pool.in_use)
        await asyncio.sleep(0)
        pool.give_back()

    async def all_of_them() -> None:
        await asyncio.gather(*(request() for _ in range(50)))

    asyncio.run(all_of_them())
    assert (most, pool.in_use, pool.waiting) == (3, 0, 0)


def test_who_came_first_is_served_first() -> None:
    pool, order = Pool(1), []

    async def request(number: int) -> None:
        await pool.take()
        order.append(number)
        await asyncio.sleep(0)
        pool.give_back()

    async def all_of_them() -> None:
        await asyncio.gather(*(request(number) for number in range(20)))

    asyncio.run(all_of_them())
    assert order == list(range(20))


def test_who_waits_too_long_is_turned_away() -> None:
    async def scenario() -> Pool:
        pool = Pool(1, wait_limit_s=0.001)
        await pool.take()
        with pytest.raises(UnhandledError, match="QueuePool limit"):
            await pool.take()
        pool.give_back()
        return pool

    pool = asyncio.run(scenario())
    assert (pool.timed_out, pool.in_use, pool.waiting) == (1, 0, 0)


def test_who_leaves_the_line_costs_no_place() -> None:
    async def scenario(*, handed_over: bool) -> int:
        pool = Pool(1)
        await pool.take()
        leaver = asyncio.create_task(pool.take())
        await asyncio.sleep(0)
        if handed_over:
            pool.give_back()  # the place is the leaver's now, who does not know yet
        leaver.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await leaver
        if not handed_over:
            pool.give_back()
        return pool.in_use

    assert asyncio.run(scenario(handed_over=False)) == 0
    assert asyncio.run(scenario(handed_over=True)) == 0
