"""The shop: all that a request needs, made once."""

import random
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import accumulate
from random import Random

import psutil

from sandbox.deliveries import Deliveries
from sandbox.limits import Limiter
from sandbox.metrics import Metrics
from sandbox.options import OptionError, Options
from sandbox.plants import Faults, Plant
from sandbox.pool import Pool
from sandbox.seed import fill
from sandbox.store import Store
from sandbox.store.database import Database
from sandbox.store.schema import allows_double_booking
from sandbox.timing import Draws
from sandbox.tokens import Tokens


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
    limiter: Limiter | None
    now: Callable[[], float] = time.time
    barber_ids: tuple[int, ...] = ()
    barber_pages: dict[tuple[int, int], bytes] = field(default_factory=dict)
    """Pages of the barbers as they were written, by skip and limit."""
    references: Random = field(default_factory=random.SystemRandom)
    _walk_ins: Random = field(default_factory=Random)
    _popularity: list[float] = field(default_factory=list)

    def has(self, plant: Plant) -> bool:
        """Tell whether a defect is planted."""
        return plant in self.options.plants

    def barbers_in_turn(self) -> tuple[int, ...]:
        """Return all barbers, beginning with one chosen by popularity: the order in which anyone free is looked for."""
        positions = range(len(self.barber_ids))
        first = self._walk_ins.choices(positions, cum_weights=self._popularity)[0]
        return self.barber_ids[first:] + self.barber_ids[:first]

    def close(self) -> None:
        """Close the database."""
        self.store.database.close()


def open_shop(options: Options, path: str, now: Callable[[], float] = time.time) -> Shop:
    """Return a shop on a database file, which is filled where it is empty; raise OptionError where it does not fit."""
    database = Database(path)
    double_booking = Plant.DOUBLE_BOOKING in options.plants
    if database.is_empty():
        fill(
            database,
            seed=options.seed,
            barbers=options.barbers,
            clients=options.clients,
            password=options.password,
            double_booking=double_booking,
        )
    elif allows_double_booking(database.made_of("chair_time")) is not double_booking:
        made = "without" if double_booking else "with"
        raise OptionError(f"--database {path}: made {made} the plant double-booking; give it a fresh file")
    store = Store.of(database)
    metrics = Metrics()
    popularity = store.users.popularity_of_barbers()
    shop = Shop(
        options=options,
        store=store,
        tokens=Tokens(store.secret("token").encode(), options.access_token_s),
        draws=Draws(options.seed, options.service_factor, options.plants),
        pool=Pool(options.pool),
        faults=Faults(options.plants, options.seed),
        metrics=metrics,
        deliveries=Deliveries(metrics.deliveries, options.seed, fast=options.fast),
        limiter=None if options.limits is None else Limiter.named(options.limits),
        now=now,
        barber_ids=tuple(popularity),
        _walk_ins=Random(f"{options.seed}:walk-ins"),
        _popularity=list(accumulate(popularity.values())),
    )
    _show(shop)
    return shop


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
