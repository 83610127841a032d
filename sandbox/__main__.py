"""The command line: `python -m sandbox`."""

import json
import os
import sqlite3
import sys
import tempfile
from collections.abc import Sequence
from contextlib import ExitStack, closing
from pathlib import Path

from sandbox.capacity import BOOKING_MIX, capacity_per_s
from sandbox.instances import Instances
from sandbox.options import EMBEDDED_POSTGRESQL, OptionError, Options, options_from
from sandbox.plants import Plant
from sandbox.server import listening_socket, serve, warn
from sandbox.shop import Shop, open_shop, opened_database
from sandbox.store.cluster import Cluster, ClusterError
from sandbox.store.opening import is_postgresql, without_password

WRONG_USE = 2


def main(arguments: Sequence[str] | None = None) -> int:
    """Open the shop and serve until told to stop; return the exit code."""
    try:
        options = options_from(sys.argv[1:] if arguments is None else arguments)
        return _watched(options) if options.is_watched else _alone(options)
    except OptionError as error:
        print(f"sandbox: {error}", file=sys.stderr)
        return WRONG_USE


def _alone(options: Options) -> int:
    """Serve as one process."""
    with listening_socket(options.host, options.port) as listener, closing(_opened(options)) as shop:

        def listening() -> None:
            shop.switches.note_process("start", instance=0, pid=os.getpid())
            print(ready_line(options, listener.getsockname()[1], [os.getpid()]), flush=True)

        serve(shop, listener, listening, parent=options.parent)
    return 0


def _watched(options: Options) -> int:
    """Serve as several processes and watch them; return 1 where all of them died."""
    with ExitStack() as stack:
        listener = stack.enter_context(listening_socket(options.host, options.port))
        address, folder, cluster = options.database, None, None
        if address == EMBEDDED_POSTGRESQL:
            cluster = stack.enter_context(_cluster(options))
            address = cluster.address
        elif address is None:
            folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="sandbox-"))
            address = str(Path(folder) / "shop.sqlite3")
            warn("the database is a temporary file, gone at exit")
        try:
            database, _ = opened_database(options, address)
            database.close()  # it is filled once, before there are several processes that would fill it
        except sqlite3.Error as error:
            raise OptionError(f"--database {address}: {error}") from error
        instances = Instances(options, address, listener, folder, cluster)
        stopped = instances.run(
            lambda: print(ready_line(options, listener.getsockname()[1], instances.pids, cluster), flush=True)
        )
        if not stopped:
            warn("all instances are dead, and none comes back without --restart-after-s")
        return 0 if stopped else 1


def _cluster(options: Options) -> Cluster:
    try:
        return Cluster(options.instances * options.pool)
    except ClusterError as error:
        raise OptionError(f"--database {EMBEDDED_POSTGRESQL}: {error}") from error


def _opened(options: Options) -> Shop:
    """Return the open shop; a temporary database loses its name at once, so that nothing is left of it however it ends."""
    try:
        if options.database is not None:
            return open_shop(options, options.database)
        with tempfile.TemporaryDirectory(prefix="sandbox-") as folder:
            shop = open_shop(options, str(Path(folder) / "shop.sqlite3"))
    except sqlite3.Error as error:
        raise OptionError(f"--database {options.database or tempfile.gettempdir()}: {error}") from error
    warn("the database is a temporary file, gone at exit")
    return shop


def ready_line(options: Options, port: int, pids: Sequence[int], cluster: Cluster | None = None) -> str:
    """Return the one line on stdout: where it listens, which processes serve, and what they can do."""
    host = f"[{options.host}]" if ":" in options.host else options.host
    return json.dumps(
        {
            "listening": f"http://{host}:{port}",
            "pid": os.getpid(),
            "pids": list(pids),
            "seed": options.seed,
            "plants": [plant.value for plant in options.plants],
            "database": _shown(options, cluster),
            "capacity_requests_per_s": {"booking_mix": _capacity_per_s(options)},
        }
    )


def _shown(options: Options, cluster: Cluster | None) -> dict[str, str | None]:
    """Return which database it is, for probes and for who ends or restarts it; no password."""
    if cluster is not None:
        data, programs = str(cluster.folder / "data"), str(cluster.programs)
        return {"kind": "postgresql", "address": cluster.address, "data": data, "programs": programs}
    if options.database is not None and is_postgresql(options.database):
        return {"kind": "postgresql", "address": without_password(options.database)}
    return {"kind": "sqlite", "address": options.database}


def _capacity_per_s(options: Options) -> float | None:
    """Return the requests per s that the configuration allows; None where no time is modelled and no cap is planted."""
    limits: list[float] = []
    if not options.fast and options.service_factor > 0.0:
        crowding = options.contention, options.coherence
        limits.append(options.instances * capacity_per_s(options.pool, BOOKING_MIX, options.service_factor, *crowding))
    if Plant.HARD_CAP in options.plants:
        counted = sum(weight for name, weight in BOOKING_MIX.items() if name != "GET /health")
        limits.append(options.hard_cap_per_s * sum(BOOKING_MIX.values()) / counted)
    return round(min(limits), 1) if limits else None


if __name__ == "__main__":
    sys.exit(main())
