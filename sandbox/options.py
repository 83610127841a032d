"""Options: what a sandbox is started with."""

import argparse
import math
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sandbox.plants import SWITCHED_ONLY, Plant, UnknownPlantError, plant_named
from sandbox.pool import PLACES
from sandbox.timing import SLOWED
from sandbox.tokens import ACCESS_LIFE_S

PASSWORD_ENV, DEFAULT_PASSWORD = "SANDBOX_PASSWORD", "sandbox"
WEBHOOK_SECRET_ENV, DEFAULT_WEBHOOK_SECRET = "SANDBOX_STRIPE_WEBHOOK_SECRET", "whsec_sandbox"
LARGEST_PORT = 65_535
KEEP_ALIVE_S = 5.0
"""uvicorn's own default, which the real system runs with where nothing stands in front of it."""
MOST_BARBERS, MOST_CLIENTS, MOST_PLACES = 999, 99_999, 10_000  # as many as the e-mail patterns and a process can hold
MOST_INSTANCES = 8
"""More processes than a test machine has cores only wait for each other."""
MOST_CROWDING = 1.0
"""At a contention of 1 any number of places serves what one does; more than that is no shop."""
HARD_CAP_PER_S = 100.0
SLOW_LEAST, SLOW_MOST = 0.1, 100.0
CRASH_AFTER_S = 10.0
EMBEDDED_POSTGRESQL = "postgresql-embedded"


class OptionError(ValueError):
    """An option that cannot be; the message is one line."""


@dataclass(frozen=True, slots=True)
class Options:
    """What a sandbox is started with. `database` is a path or the address of a PostgreSQL, None for a fresh temporary file."""

    host: str = "127.0.0.1"
    port: int = 8000
    database: str | None = None
    seed: int = 1
    barbers: int = 60
    clients: int = 2000
    plants: tuple[Plant, ...] = ()
    fast: bool = False
    pool: int = PLACES
    service_factor: float = 1.0
    contention: float = 0.0
    coherence: float = 0.0
    slow: tuple[tuple[str, float], ...] = ()
    access_token_s: float = ACCESS_LIFE_S
    keep_alive_s: float = KEEP_ALIVE_S
    rate_limits: str | None = None
    parent: int | None = None
    instances: int = 1
    restart_after_s: float | None = None
    hard_cap_per_s: float = HARD_CAP_PER_S
    crash_after_s: float = CRASH_AFTER_S
    password: str = DEFAULT_PASSWORD
    webhook_secret: str = DEFAULT_WEBHOOK_SECRET

    def __post_init__(self) -> None:
        """Raise OptionError where a number is out of its range."""
        for name, value, lowest, highest in (
            ("port", self.port, 0, LARGEST_PORT),
            ("barbers", self.barbers, 1, MOST_BARBERS),
            ("clients", self.clients, 0, MOST_CLIENTS),
            ("pool", self.pool, 1, MOST_PLACES),
            ("service-factor", self.service_factor, 0.0, 1000.0),
            ("contention", self.contention, 0.0, MOST_CROWDING),
            ("coherence", self.coherence, 0.0, MOST_CROWDING),
            ("access-token-s", self.access_token_s, 0.0, 86_400.0),
            ("keep-alive-s", self.keep_alive_s, 0.0, 3600.0),
            ("instances", self.instances, 1, MOST_INSTANCES),
            ("restart-after-s", self.restart_after_s, 0.0, 86_400.0),
            ("hard-cap-per-s", self.hard_cap_per_s, 0.1, 1_000_000.0),
            ("crash-after-s", self.crash_after_s, 0.0, 86_400.0),
        ):
            if value is not None and not lowest <= value <= highest:
                raise OptionError(f"--{name} {value}: expected {lowest:g} to {highest:g}")

    @property
    def is_watched(self) -> bool:
        """Tell whether a parent starts the shop's processes and watches them."""
        return self.instances > 1 or self.restart_after_s is not None or self.database == EMBEDDED_POSTGRESQL


class _OneLine(argparse.ArgumentParser):
    def error(self, message: str) -> None:  # type: ignore[override]  # raising never returns either
        raise OptionError(message)


def options_from(arguments: Sequence[str], environ: Mapping[str, str] = os.environ) -> Options:
    """Return the options of a command line; raise OptionError where it is wrong."""
    given = vars(_parser().parse_args(arguments))
    given["slow"] = tuple(_slowed(word) for word in given["slow"])
    try:
        given["plants"] = tuple(dict.fromkeys(plant_named(name) for name in given.pop("plant")))
    except UnknownPlantError as error:
        raise OptionError(str(error)) from error
    for plant in SWITCHED_ONLY & {*given["plants"]}:
        raise OptionError(
            f"--plant {plant.value}: for a running shop only; switch it on with PUT /sandbox/plants/{plant.value}"
        )
    given["password"] = environ.get(PASSWORD_ENV) or DEFAULT_PASSWORD
    given["webhook_secret"] = environ.get(WEBHOOK_SECRET_ENV) or DEFAULT_WEBHOOK_SECRET
    return Options(**given)


def _slowed(word: str) -> tuple[str, float]:
    """Return what is slowed and how many times as long it takes, from "slots=1.05"; raise OptionError."""
    name, _, number = word.partition("=")
    try:
        ratio = float(number)
    except ValueError:
        ratio = math.nan
    if name not in SLOWED or not SLOW_LEAST <= ratio <= SLOW_MOST:
        names = ", ".join(SLOWED)
        raise OptionError(
            f"--slow {word}: expected one of {names} and {SLOW_LEAST:g} to {SLOW_MOST:g} times, such as slots=1.05"
        )
    return name, ratio


def _parser() -> argparse.ArgumentParser:
    plants = "\n".join(f"  {plant.value:20} {plant.effect}" for plant in Plant)
    parser = _OneLine(
        prog="python -m sandbox",
        description="The embedded stand-in for BookedBarber V2. Prints one JSON line when it listens.",
        epilog=f"plants, one word each, singly or together; switched while it runs with PUT and DELETE /sandbox/plants/NAME:\n{plants}\n\n"
        f"The seeded users' password is ${PASSWORD_ENV} (default {DEFAULT_PASSWORD}); Stripe's events are signed\n"
        f"with ${WEBHOOK_SECRET_ENV} (default {DEFAULT_WEBHOOK_SECRET}).",
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    default = Options()
    add = parser.add_argument
    add("--host", default=default.host, help="address to listen on (default %(default)s)")
    add("--port", type=int, default=default.port, help="port, 0 for a free one below 32768 (default %(default)s)")
    add(
        "--database",
        metavar="WHERE",
        help=f"SQLite file, postgresql://user:password@host:port/name, or {EMBEDDED_POSTGRESQL} for a fresh cluster that is"
        " gone at exit (default: a fresh temporary SQLite file, gone at exit)",
    )
    add("--seed", type=int, default=default.seed, help="seed of data, times and faults (default %(default)s)")
    add("--barbers", type=int, default=default.barbers, help="seeded barbers (default %(default)s)")
    add("--clients", type=int, default=default.clients, help="seeded clients (default %(default)s)")
    add("--plant", action="append", default=[], metavar="NAME", help="a defect to put in; may be given again")
    add("--fast", action="store_true", help="no modelled time and no pool")
    add("--pool", type=int, default=default.pool, metavar="N", help="places in the pool (default %(default)s)")
    add("--service-factor", type=float, default=1.0, metavar="F", help="scales all modelled times (default 1)")
    add(
        "--contention",
        type=float,
        default=0.0,
        metavar="A",
        help="with n places held each is held 1 + A (n - 1) times as long (default 0)",
    )
    add("--coherence", type=float, default=0.0, metavar="B", help="… and B n (n - 1) on top of it (default 0)")
    add(
        "--slow",
        action="append",
        default=[],
        metavar="WHAT=F",
        help="slots, payments, sign-in or all take F times as long",
    )
    add("--access-token-s", type=float, default=default.access_token_s, help="life of a token (default %(default)s s)")
    add("--keep-alive-s", type=float, default=KEEP_ALIVE_S, help="idle connections close then (default %(default)s s)")
    add("--parent", type=int, metavar="PID", help="end when this process, which started the shop, is gone")
    add("--instances", type=int, default=1, metavar="N", help="processes on the one port (default 1, at most 8)")
    add("--restart-after-s", type=float, metavar="S", help="a dead instance is back then (default: it stays dead)")
    add("--hard-cap-per-s", type=float, default=HARD_CAP_PER_S, metavar="R", help="of the plant hard-cap (default 100)")
    add("--crash-after-s", type=float, default=CRASH_AFTER_S, metavar="S", help="of the plant crash (default 10)")
    add("--rate-limits", choices=("development", "production"), help="apply the real system's limits (default: none)")
    return parser
