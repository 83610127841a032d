"""The command line: `python -m sandbox`."""

import json
import os
import sqlite3
import sys
import tempfile
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

from sandbox.app import application
from sandbox.capacity import BOOKING_MIX, capacity_per_s
from sandbox.options import OptionError, Options, options_from
from sandbox.plants import Plant
from sandbox.server import listening_socket, serve, warn
from sandbox.shop import Shop, open_shop

WRONG_USE = 2


def main(arguments: Sequence[str] | None = None) -> int:
    """Open the shop and serve until told to stop; return the exit code."""
    try:
        options = options_from(sys.argv[1:] if arguments is None else arguments)
        _run(options)
    except OptionError as error:
        print(f"sandbox: {error}", file=sys.stderr)
        return WRONG_USE
    return 0


def _run(options: Options) -> None:
    with listening_socket(options.host, options.port) as listener, closing(_opened(options)) as shop:
        serve(
            application(shop),
            listener,
            lambda: print(ready_line(options, listener.getsockname()[1]), flush=True),
            stalls=shop.has(Plant.STALLS),
            keep_alive_s=options.keep_alive_s,
            parent=options.parent,
        )


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


def ready_line(options: Options, port: int) -> str:
    """Return the one line on stdout: where it listens and what it can do."""
    host = f"[{options.host}]" if ":" in options.host else options.host
    capacity = None
    if not options.fast and options.service_factor > 0.0:
        capacity = round(capacity_per_s(options.pool, BOOKING_MIX, options.service_factor), 1)
    return json.dumps(
        {
            "listening": f"http://{host}:{port}",
            "pid": os.getpid(),
            "seed": options.seed,
            "plants": [plant.value for plant in options.plants],
            "capacity_requests_per_s": {"booking_mix": capacity},
        }
    )


if __name__ == "__main__":
    sys.exit(main())
