"""The seed: shops, services, barbers, clients and an admin, the same ones for the same numbers."""

import hashlib
from collections.abc import Iterator
from random import Random

from sandbox.password import hashed
from sandbox.store.database import Database
from sandbox.store.users import ADMIN, BARBER, CLIENT

SHOPS = ("Sandbox Barbers North", "Sandbox Barbers Centre", "Sandbox Barbers South")
SERVICES = (("Haircut", "haircut", 3000, 30), ("Shave", "shave", 2000, 30), ("Haircut & Shave", "package", 4500, 60))
"""Name, category, price in cents, duration in minutes."""
POPULARITY_EXPONENT = 0.8
"""The k-th barber is wanted in proportion to k^-0.8."""
GOOGLE_CONNECTED_RATIO = 0.9
DOMAIN = "sandbox.example"
CREATED_AT = "2025-07-01T09:00:00"

UserRow = tuple[str, str, str, str, str, str, int | None, int, int, float, str]


def fill(database: Database, *, seed: int, barbers: int, clients: int, password: str) -> None:
    """Make the tables and put everything in that is there before the first customer comes."""
    database.create()
    with database.transaction():
        secret = hashlib.sha256(f"sandbox:{seed}:token".encode()).hexdigest()
        database.write("INSERT INTO secrets (name, value) VALUES ('token', ?)", (secret,))
        database.insert_many(
            "INSERT INTO shops (name, opens, closes) VALUES (?, '09:00', '18:00')", [(name,) for name in SHOPS]
        )
        database.insert_many(
            "INSERT INTO services (name, category, price_cents, duration_minutes, created_at) VALUES (?, ?, ?, ?, ?)",
            [(*service, CREATED_AT) for service in SERVICES],
        )
        database.insert_many(
            "INSERT INTO users (email, first_name, last_name, phone, role, password, shop_id, verified,"
            " google_connected, popularity, created_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            _users(seed, barbers, clients, password),
        )


def _users(seed: int, barbers: int, clients: int, password: str) -> Iterator[UserRow]:
    connected = _connected(seed, barbers)
    for number in range(1, barbers + 1):
        email = f"barber{number:03d}@{DOMAIN}"
        shop_id = number % len(SHOPS) + 1
        popularity = number**-POPULARITY_EXPONENT
        yield _user(email, ("Barber", f"{number:03d}"), BARBER, password, shop_id, number in connected, popularity)
    yield _user(f"admin@{DOMAIN}", ("Sandbox", "Admin"), ADMIN, password, 1)
    for number in range(1, clients + 1):
        yield _user(f"client{number:05d}@{DOMAIN}", ("Client", f"{number:05d}"), CLIENT, password, None)


def _user(
    email: str,
    name: tuple[str, str],
    role: str,
    password: str,
    shop_id: int | None,
    google_connected: bool = False,
    popularity: float = 0.0,
) -> UserRow:
    kept = hashed(password, email)
    return (email, *name, "+15550100", role, kept, shop_id, 1, int(google_connected), popularity, CREATED_AT)


def _connected(seed: int, barbers: int) -> set[int]:
    """Return the numbers of the barbers that have a Google Calendar connected."""
    return set(Random(f"{seed}:google").sample(range(1, barbers + 1), round(barbers * GOOGLE_CONNECTED_RATIO)))
