"""Work: what a request is there for, done in its modelled time, once, and as the plants that are on have it.

A request waits for a place in the pool, holds it for its database time, does its work, gives the place back and waits for
its provider. On SQLite the work is synchronous: it happens at one instant of the event loop, after the database time, as
a transaction's commit does. On PostgreSQL a thread waits in the database and does the work, with a connection of its own.
"""

import asyncio
import hashlib
import re
import time
from contextlib import suppress

import orjson
from starlette.responses import Response

from sandbox.charges import AS_IF_NEW
from sandbox.operation import JSON, Call, Operation
from sandbox.plants import KEPT_PLACE_S, LOST_AFTER_S, RACE_PAUSE_S, Plant
from sandbox.refusal import Refusal, UnhandledError, bad_request, refused
from sandbox.shop import Shop
from sandbox.store.database import UnavailableError
from sandbox.store.idempotency import KeptAnswer
from sandbox.timing import AT_ONCE, GOOGLE, SIGN_INS, STRIPE, Times, provider_of

NO_TIME = Times(0.0, 0.0, 1)
FORGIVEN_S = 0.02
"""What threads and PostgreSQL take on top of a place's modelled time, at most, that is not to eat modelled capacity."""
_KEY = re.compile(r"[A-Za-z][A-Za-z0-9_-]*_[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}", re.I)


class _TakenBackError(Exception):
    """A try is over: what it wrote is taken back."""


async def worked(call: Call, operation: Operation, name: str) -> Response:
    """Do the work in its modelled time."""
    shop = call.shop
    fate = await _planted(call, operation, name) if shop.planted else None
    times = None if shop.options.fast else shop.draws.next(name)
    if times is not None or (shop.workers is not None and name not in AT_ONCE):
        response = await _in_a_place(call, operation, name, times or NO_TIME, fate)
    else:
        response = await _here(call, operation, name, fate)
    if call.messages:
        shop.deliveries.send(*call.messages)
    if call.made is not None and shop.faults.next_is_lost():
        asyncio.get_running_loop().call_later(LOST_AFTER_S, _lose, shop, call.made)
    return response


async def _in_a_place(call: Call, operation: Operation, name: str, times: Times, fate: Exception | None) -> Response:
    """Do the work while a place of the pool is held."""
    shop, metrics = call.shop, call.shop.metrics
    asked_at = time.monotonic()
    free_at = held_at = await shop.pool.take()
    try:
        metrics.pool_waits.observe((), held_at - asked_at)
        times = shop.beside_others(times)
        if times.database_s > 0.0:
            metrics.queries.observe((), times.database_s / times.statements, times.statements)
        if shop.workers is None:
            free_at = held_at + times.database_s
            await _sleep_until(free_at)
            response = await _here(call, operation, name, fate)
        else:
            due = held_at + times.database_s
            try:
                response = await shop.workers.run(lambda: _in_a_thread(call, operation, name, due, fate))
            finally:
                for statement_s in call.statements_s:
                    metrics.queries.observe((), statement_s)
                free_at = _freed(due, times.database_s, time.monotonic())
    finally:
        if shop.faults.next_keeps_its_place():
            late = time.monotonic() + KEPT_PLACE_S
            asyncio.get_running_loop().call_later(KEPT_PLACE_S, shop.pool.give_back, late)
        else:
            shop.pool.give_back(free_at)
            metrics.pool_holds.observe((), free_at - held_at)
    if times.outside_s > 0.0:
        await _sleep_until(free_at + times.outside_s)
        provider = provider_of(name)
        if provider is not None:
            metrics.providers.observe((provider,), times.outside_s)
    return response


def _freed(due: float, modelled_s: float, now: float) -> float:
    """Return since when a place counts as free that was due to be free at a moment and is free now, all in s."""
    return max(min(due, now), now - min(modelled_s, FORGIVEN_S))


async def _sleep_until(instant: float) -> None:
    await asyncio.sleep(max(0.0, instant - time.monotonic()))


async def _planted(call: Call, operation: Operation, name: str) -> Exception | None:
    """Lay on a request what the plants that are on do to it; return what it has to end with."""
    shop, planted = call.shop, call.shop.planted
    if operation.is_unfailing:
        return None
    if Plant.HARD_CAP in planted:
        await asyncio.sleep(shop.line.wait_s())
    if Plant.MEMORY_LEAK in planted:
        shop.faults.leak()
    if Plant.SLOW_SIGN_IN in planted and name in SIGN_INS:
        time.sleep(shop.faults.sign_in_blocks_s())  # on purpose: nobody is answered meanwhile
    if shop.faults.next_fails():
        return UnhandledError("planted error")
    provider = provider_of(name)
    for outage, whose, said in (
        (Plant.STRIPE_OUTAGE, STRIPE, "Stripe"),
        (Plant.GOOGLE_OUTAGE, GOOGLE, "Google Calendar"),
    ):
        if provider == whose and outage in planted:
            shop.metrics.provider_failures.add((whose,))
            return refused(502, "provider_error", f"{said} is not available")
    return None


async def _here(call: Call, operation: Operation, name: str, fate: Exception | None) -> Response:
    """Do the work in the event loop."""
    if fate is not None:
        raise fate
    if operation.race in call.shop.planted:
        _try(call, operation)
        await asyncio.sleep(RACE_PAUSE_S)
    return _done(call, operation, name)


def _in_a_thread(call: Call, operation: Operation, name: str, due: float, fate: Exception | None) -> Response:
    """Wait in the database until the modelled time is over, then do the work."""
    database = call.shop.store.database
    database.rest(due - time.monotonic())
    if fate is not None:
        raise fate
    if operation.race in call.shop.planted:
        _try(call, operation)
        time.sleep(RACE_PAUSE_S)
    try:
        return database.retried(lambda: _done(call, operation, name))
    finally:
        call.statements_s = database.took_s()


def _try(call: Call, operation: Operation) -> None:
    """Do the work and take it back, so that the next time it is done on what was seen now; raise its Refusal."""
    store, key = call.shop.store, call.request.headers.get("idempotency-key")
    if operation.idempotent and key is not None and store.idempotency.find(call.user.id, key) is not None:
        return
    call.memory = {}
    try:
        with store.database.transaction():
            operation.handle(call)
            raise _TakenBackError  # noqa: TRY301 - what a rolled back transaction needs
    except _TakenBackError:
        store.chairs.forget()
    call.unguarded, call.messages, call.made = True, (), None


def _done(call: Call, operation: Operation, name: str) -> Response:
    """Return the answer to the work done."""
    if operation.idempotent:
        return _done_once(call, operation, name)
    if operation.writes:
        with call.shop.store.database.transaction():
            answer = operation.handle(call)
    else:
        answer = operation.handle(call)
    return answer if isinstance(answer, Response) else Response(orjson.dumps(answer), media_type=JSON)


def _done_once(call: Call, operation: Operation, name: str) -> Response:
    """Do the work, or give the answer that its Idempotency-Key got before; a refusal is an answer too.

    Key, work and answer are one transaction: whoever comes with the same key meanwhile, to another process even, waits.
    """
    store, key = call.shop.store, call.request.headers.get("idempotency-key")
    if key is None:
        with store.database.transaction():
            return Response(orjson.dumps(operation.handle(call)), media_type=JSON)
    if _KEY.fullmatch(key) is None:
        raise bad_request("Idempotency-Key must look like <prefix>_<uuid4>")
    digest = hashlib.sha256(name.encode() + b"\0" + call.raw).hexdigest()
    with store.database.transaction():
        store.database.lock(f"{call.user.id}:{key}")
        kept = store.idempotency.find(call.user.id, key)
        if kept is None:
            kept = _first_answer(call, operation, digest)
            store.idempotency.keep(call.user.id, key, kept)
        elif kept.request_digest != digest:
            raise bad_request("Idempotency-Key was used before with another request")
        elif Plant.BROKEN_IDEMPOTENCY in call.shop.planted:
            call.unguarded, call.memory = True, dict(AS_IF_NEW)
            return Response(orjson.dumps(operation.handle(call)), media_type=JSON)
    return Response(kept.answer, kept.status, media_type=JSON)


def _first_answer(call: Call, operation: Operation, digest: str) -> KeptAnswer:
    try:
        with call.shop.store.database.savepoint():
            return KeptAnswer(digest, 200, orjson.dumps(operation.handle(call)))
    except Refusal as refusal:
        return KeptAnswer(digest, refusal.status, orjson.dumps(refusal.body))


def _lose(shop: Shop, appointment_id: int) -> None:
    """Take away what was acknowledged."""
    if shop.workers is None:
        shop.store.appointments.lose(appointment_id)
        return

    async def lose() -> None:
        with suppress(UnavailableError):
            await shop.in_a_place(lambda: shop.store.appointments.lose(appointment_id))

    shop.keep(asyncio.get_running_loop().create_task(lose()))
