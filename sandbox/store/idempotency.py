"""Idempotency: the answer that a key got the first time."""

from dataclasses import dataclass

from sandbox.store.database import Database


@dataclass(frozen=True, slots=True)
class KeptAnswer:
    """What was answered, and a digest of what it answered to."""

    request_digest: str
    status: int
    answer: bytes


class Idempotency:
    """Answers by user and key. They are kept as long as the database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def find(self, user_id: int, key: str) -> KeptAnswer | None:
        """Return the answer that a key got before."""
        row = self._database.one(
            "SELECT request_digest, status, answer FROM idempotency WHERE user_id = ? AND idempotency_key = ?",
            (user_id, key),
        )
        return None if row is None else KeptAnswer(*row)

    def keep(self, user_id: int, key: str, kept: KeptAnswer) -> None:
        """Keep an answer."""
        self._database.write(
            "INSERT INTO idempotency (user_id, idempotency_key, request_digest, status, answer) VALUES (?, ?, ?, ?, ?)",
            (user_id, key, kept.request_digest, kept.status, kept.answer),
        )
