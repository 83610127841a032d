"""Gift certificates: bought, looked at, and used up a payment at a time."""

from dataclasses import dataclass

from sandbox.store.database import ConstraintError, Database

_COLUMNS = (
    "id, code, owner_id, amount_cents, balance_cents, purchaser_name, purchaser_email, recipient_name,"
    " recipient_email, message, valid_from, valid_until, used_at"
)


@dataclass(frozen=True, slots=True)
class Gift:
    """One gift certificate."""

    id: int
    code: str
    owner_id: int
    amount_cents: int
    balance_cents: int
    purchaser_name: str
    purchaser_email: str
    recipient_name: str | None
    recipient_email: str | None
    message: str | None
    valid_from: str
    valid_until: str
    used_at: str | None


class Gifts:
    """Sells and spends gift certificates."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def by_code(self, code: str) -> Gift | None:
        """Return a certificate."""
        row = self._database.one(f"SELECT {_COLUMNS} FROM gift_certificates WHERE code = ?", (code,))
        return None if row is None else Gift(*row)

    def of_owner(self, owner_id: int) -> list[Gift]:
        """Return the certificates that a user bought."""
        rows = self._database.all(f"SELECT {_COLUMNS} FROM gift_certificates WHERE owner_id = ?", (owner_id,))
        return [Gift(*row) for row in rows]

    def add(self, gift: Gift) -> int:
        """Sell one and return its id; the id in `gift` is not used."""
        return self._database.insert(
            "INSERT INTO gift_certificates (code, owner_id, amount_cents, balance_cents, purchaser_name,"
            " purchaser_email, recipient_name, recipient_email, message, valid_from, valid_until)"
            " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (
                *(gift.code, gift.owner_id, gift.amount_cents, gift.balance_cents, gift.purchaser_name),
                *(gift.purchaser_email, gift.recipient_name, gift.recipient_email, gift.message),
                *(gift.valid_from, gift.valid_until),
            ),
        )

    def spend(self, code: str, cents: int, at: str) -> bool:
        """Take from the balance; False, and nothing taken, where it holds less."""
        try:
            self._database.write(
                "UPDATE gift_certificates SET balance_cents = balance_cents - ?, used_at = ? WHERE code = ?",
                (cents, at, code),
            )
        except ConstraintError:
            return False
        return True
