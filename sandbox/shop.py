"""The shop: all that a request needs, made once."""

import asyncio
import random
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from itertools import accumulate
from random import Random
from typing import TypeVar

import psutil

from sandbox.control import Control, OwnControl
from sandbox.deliveries import Deliveries
from sandbox.faults import Faults
from sandbox.limits import Limiter
from sandbox.line import Line
from sandbox.metrics import Metrics
from sandbox.options import OptionError, Options
from sandbox.plants import DROP_EVERY_S, Plant
from sandbox.pool import Pool
from sandbox.seed import fill
from sandbox.store import Store
from sandbox.store.chairs import Chairs
from sandbox.store.database import Database, UnavailableError
from sandbox.store.opening import opened, without_password
from sandbox.switches import Switches
from sandbox.timing import Draws, Times, crowded
from sandbox.tokens import Tokens
from sandbox.workers import Workers

Done = TypeVar("Done")


@dataclass(slots=True)
class Shop:
    """The open shop. `now` is the time of day in s since 1970; tests give another."""

    options: Options
    store: Store
    tokens: Tokens
    draws: Draws
    pool: Pool
    faults: Faults
    metrics: Metrics
    deliveries: Deliveries
    switches: Switches
    control: Control
    line: Line
    workers: Workers | None
    limits: Limiter | None
    planted_limits: Limiter
    now: Callable[[], float] = time.time
    barber_ids: tuple[int, ...] = ()
    barber_pages: dict[tuple[int, int], bytes] = field(default_factory=dict)
    """Pages of the barbers as they were written, by skip and limit."""
    references: Random = field(default_factory=random.SystemRandom)
    _tasks: set[asyncio.Task[None]] = field(default_factory=set)
    _walk_ins: Random = field(default_factory=Random)
    _popularity: list[float] = field(default_factory=list)

    @property
    def planted(self) -> set[Plant]:
        """Return the plants that are on."""
        return self.switches.on

    @property
    def limiter(self) -> Limiter | None:
        """Return the limits that apply now."""
        return self.planted_limits if Plant.RATE_LIMITER in self.switches.on else self.limits

    def has(self, plant: Plant) -> bool:
        """Tell whether a defect is planted."""
        return plant in self.switches.on

    async def looked_up(self, look: Callable[[], Done]) -> Done:
        """Return what a look at the database finds; raise UnavailableError."""
        return look() if self.workers is None else await self.in_a_place(look)

    async def in_a_place(self, work: Callable[[], Done]) -> Done:
        """Do work in a thread, while a place of the pool is held; raise UnavailableError."""
        assert self.workers is not None
        await self.pool.take()
        try:
            return await self.workers.run(work)
        finally:
            self.pool.give_back(time.monotonic())

    def beside_others(self, times: Times) -> Times:
        """Return the times of who has just been given a place, beside those who hold the others; it keeps them until it is done."""
        contention, coherence = self.options.contention, self.options.coherence
        if not contention and not coherence:
            return times
        return replace(times, database_s=times.database_s * crowded(self.pool.in_use, contention, coherence))

    def keep(self, task: "asyncio.Task[None]") -> None:
        """Keep a task until it is done: the event loop does not."""
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def barbers_in_turn(self) -> tuple[int, ...]:
        """Return all barbers, beginning with one chosen by popularity: the order in which anyone free is looked for."""
        positions = range(len(self.barber_ids))
        first = self._walk_ins.choices(positions, cum_weights=self._popularity)[0]
        return self.barber_ids[first:] + self.barber_ids[:first]

    def close(self) -> None:
        """End the threads and close the database."""
        if self.workers is not None:
            self.store.database.interrupt()
            self.workers.close()
        self.store.database.close()


def opened_database(options: Options, address: str) -> tuple[Database, Chairs]:
    """Return the database at an address, which is filled where it is empty; raise OptionError where it does not fit."""
    try:
        database, chairs = opened(address)
    except UnavailableError as error:
        raise OptionError(f"--database {without_password(address)}: {error}") from error
    if database.is_empty():
        fill(
            database,
            seed=options.seed,
            barbers=options.barbers,
            clients=options.clients,
            password=options.password,
        )
    elif not database.fits():
        said = "made by another version of the sandbox; give it a fresh one"
        raise OptionError(f"--database {without_password(address)}: {said}")
    return database, chairs


def open_shop(options: Options, address: str, now: Callable[[], float] = time.time) -> Shop:
    """Return a shop on the database at an address; raise OptionError where it does not fit."""
    database, chairs = opened_database(options, address)
    store = Store.of(database, chairs)
    switches = Switches(plant for plant in options.plants if plant is not Plant.CRASH)
    metrics = Metrics()
    popularity = store.users.popularity_of_barbers()
    shop = Shop(
        options=options,
        store=store,
        tokens=Tokens(store.secret("token").encode(), options.access_token_s),
        draws=Draws(options.seed, options.service_factor, switches.on, options.slow),
        pool=Pool(options.pool),
        faults=Faults(switches.on, options.seed),
        metrics=metrics,
        deliveries=Deliveries(metrics.deliveries, options.seed, fast=options.fast),
        switches=switches,
        control=OwnControl(switches),
        line=Line(options.hard_cap_per_s / options.instances),
        workers=Workers(options.pool) if database.is_remote else None,
        limits=None if options.rate_limits is None else Limiter.named(options.rate_limits),
        planted_limits=Limiter.named("production"),
        now=now,
        barber_ids=tuple(popularity),
        _walk_ins=Random(f"{options.seed}:walk-ins"),
        _popularity=list(accumulate(popularity.values())),
    )
    switches.listen(lambda plant, on: _follow(shop, plant, on))
    shop.store.chairs.remembers = not shop.has(Plant.CACHE_OFF)
    _show(shop)
    database.release()
    return shop


def _follow(shop: Shop, plant: Plant, on: bool) -> None:
    """Do what a plant needs besides being on."""
    match plant:
        case Plant.CACHE_OFF:
            shop.store.chairs.remembers = not on
        case Plant.LOST_WRITE:
            shop.faults.begin_losses()
        case Plant.DROPPED_CONNECTIONS if on:
            shop.keep(asyncio.get_running_loop().create_task(_drop_connections(shop)))
        case _:
            pass


async def _drop_connections(shop: Shop) -> None:
    while shop.has(Plant.DROPPED_CONNECTIONS):
        await asyncio.to_thread(shop.store.database.terminate)
        await asyncio.sleep(DROP_EVERY_S)


def _show(shop: Shop) -> None:
    gauge, pool, chairs = shop.metrics.gauge, shop.pool, shop.store.chairs
    gauge("db_pool_size", "Places in the connection pool.", lambda: pool.places)
    gauge("db_pool_in_use", "Places held.", lambda: pool.in_use)
    gauge("db_pool_waiting", "Requests in line for a place.", lambda: pool.waiting)
    gauge("db_pool_timeouts_total", "Requests that waited too long.", lambda: pool.timed_out, kind="counter")
    gauge("cache_hits_total", "Looks at a day found in memory.", lambda: chairs.hits, kind="counter")
    gauge("cache_misses_total", "Looks at a day read from the database.", lambda: chairs.misses, kind="counter")
    gauge("deliveries_pending", "E-mail and SMS on their way.", lambda: shop.deliveries.pending)
    gauge("process_cpu_seconds_total", "User and system time.", time.process_time, kind="counter")
    gauge("process_resident_memory_bytes", "Resident memory.", resident_bytes)


def resident_bytes() -> float:
    """Return the resident memory of this process in bytes."""
    return float(psutil.Process().memory_info().rss)
