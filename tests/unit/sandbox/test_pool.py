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
        pool.give_back(0.0)

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
        pool.give_back(0.0)

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
        pool.give_back(0.0)
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
            pool.give_back(0.0)  # the place is the leaver's now, who does not know yet
        leaver.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await leaver
        if not handed_over:
            pool.give_back(0.0)
        return pool.in_use

    assert asyncio.run(scenario(handed_over=False)) == 0
    assert asyncio.run(scenario(handed_over=True)) == 0


def test_next_in_line_holds_the_place_from_when_it_was_due_to_be_free() -> None:
    async def scenario() -> tuple[float, float]:
        pool = Pool(1)
        held_at = await pool.take()
        waiter = asyncio.create_task(pool.take())
        await asyncio.sleep(0)
        due = held_at + 60.0
        pool.give_back(due)
        return due, await waiter

    due, held_at = asyncio.run(scenario())
    assert held_at == due


def test_nobody_holds_a_place_from_before_they_asked() -> None:
    async def scenario() -> tuple[float, float]:
        pool = Pool(1)
        held_at = await pool.take()
        waiter = asyncio.create_task(pool.take())
        await asyncio.sleep(0)
        pool.give_back(held_at - 60.0)
        return held_at, await waiter

    first, second = asyncio.run(scenario())
    assert second >= first
