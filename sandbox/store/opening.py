"""Opening: the database that an address stands for."""

from sandbox.store.database import Database
from sandbox.store.sqlite import SqliteDatabase

POSTGRESQL_SCHEMES = ("postgresql://", "postgres://")


def is_postgresql(address: str) -> bool:
    """Tell an address of PostgreSQL from the path of an SQLite file."""
    return address.startswith(POSTGRESQL_SCHEMES)


def database_at(address: str) -> Database:
    """Return the database at an address: the path of an SQLite file."""
    return SqliteDatabase(address)
