"""Opening: the database that an address stands for, and the chairs that fit it."""

from sandbox.store.chairs import Chairs, ChairsInMemory
from sandbox.store.database import Database
from sandbox.store.postgres import PostgresDatabase
from sandbox.store.shared_chairs import SharedChairs
from sandbox.store.sqlite import SqliteDatabase

POSTGRESQL_SCHEMES = ("postgresql://", "postgres://")


def is_postgresql(address: str) -> bool:
    """Tell an address of PostgreSQL from the path of an SQLite file."""
    return address.startswith(POSTGRESQL_SCHEMES)


def opened(address: str) -> tuple[Database, Chairs]:
    """Return the database at an address, a path or a PostgreSQL; raise UnavailableError, which says why not."""
    if not is_postgresql(address):
        file = SqliteDatabase(address)
        return file, ChairsInMemory(file)
    server = PostgresDatabase(address)
    return server, SharedChairs(server)


def without_password(address: str) -> str:
    """Return an address as it may be shown."""
    scheme, mark, rest = address.partition("://")
    person, at, place = rest.rpartition("@")
    return f"{scheme}{mark}{person.partition(':')[0]}{at}{place}" if is_postgresql(address) else address
