"""Users: clients, barbers and the admin."""

from dataclasses import dataclass

from sandbox.store.database import Database, Row

CLIENT, BARBER, ADMIN = "client", "barber", "admin"
_COLUMNS = "id, email, first_name, last_name, phone, role, password, shop_id, verified, google_connected, created_at"


@dataclass(frozen=True, slots=True)
class User:
    """One user. `password` is salted and hashed."""

    id: int
    email: str
    first_name: str
    last_name: str
    phone: str | None
    role: str
    password: str
    shop_id: int | None
    verified: bool
    google_connected: bool
    created_at: str

    @property
    def name(self) -> str:
        """Return the full name."""
        return f"{self.first_name} {self.last_name}"

    @property
    def is_staff(self) -> bool:
        """Tell barbers and the admin from clients."""
        return self.role != CLIENT


class Users:
    """Finds and adds users. Nobody changes once added, so that who was looked at is remembered."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._known: dict[int, User] = {}

    def known(self, user_id: int) -> User | None:
        """Return a user who was looked at before."""
        return self._known.get(user_id)

    def by_id(self, user_id: int) -> User | None:
        """Return a user."""
        known = self._known.get(user_id)
        if known is None:
            row = self._database.one(f"SELECT {_COLUMNS} FROM users WHERE id = ?", (user_id,))
            if row is not None:
                known = self._known[user_id] = _user(row)
        return known

    def by_email(self, email: str) -> User | None:
        """Return the user with an address, whichever case it is written in."""
        row = self._database.one(f"SELECT {_COLUMNS} FROM users WHERE email = ?", (email.lower(),))
        return None if row is None else _user(row)

    def barbers(self, skip: int, limit: int) -> list[User]:
        """Return a page of the barbers, the longest with the shop first."""
        page = f"SELECT {_COLUMNS} FROM users WHERE role = ? ORDER BY id LIMIT ? OFFSET ?"
        rows = self._database.all(page, (BARBER, limit, skip))
        return [_user(row) for row in rows]

    def popularity_of_barbers(self) -> dict[int, float]:
        """Return how much each barber is wanted (weights, no unit), by id."""
        rows = self._database.all("SELECT id, popularity FROM users WHERE role = ? ORDER BY id", (BARBER,))
        return {int(row[0]): float(row[1]) for row in rows}

    def add_client(
        self, *, email: str, first_name: str, last_name: str, phone: str | None, password: str, created_at: str
    ) -> int:
        """Add a client and return the id; raise ConstraintError where the address is taken."""
        return self._database.insert(
            "INSERT INTO users (email, first_name, last_name, phone, role, password, verified, google_connected,"
            " popularity, created_at) VALUES (?, ?, ?, ?, ?, ?, 1, 0, 0, ?)",
            (email.lower(), first_name, last_name, phone, CLIENT, password, created_at),
        )

    def shop_name_of(self, shop_id: int) -> str:
        """Return the name of a shop."""
        row = self._database.one("SELECT name FROM shops WHERE id = ?", (shop_id,))
        assert row is not None
        return str(row[0])


def _user(row: Row) -> User:
    values = list(row)
    values[8:10] = map(bool, row[8:10])  # SQLite has no booleans
    return User(*values)
