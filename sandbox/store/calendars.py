"""Calendars: what is kept about a barber's Google Calendar, and Stripe's events that were taken."""

from sandbox.store.database import Database, Row


class Calendars:
    """Settings and the log of syncs."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def settings_of(self, barber_id: int) -> bytes | None:
        """Return the settings as JSON, None where the barber has made none."""
        row = self._database.one("SELECT settings FROM calendar_settings WHERE barber_id = ?", (barber_id,))
        return None if row is None else bytes(row[0])

    def keep_settings(self, barber_id: int, settings: bytes) -> None:
        """Keep the settings, as JSON."""
        self._database.write(
            "INSERT INTO calendar_settings (barber_id, settings) VALUES (?, ?)"
            " ON CONFLICT (barber_id) DO UPDATE SET settings = excluded.settings",
            (barber_id, settings),
        )

    def note_sync(self, barber_id: int, direction: str, synced: int, at: str) -> None:
        """Note a sync."""
        self._database.write(
            "INSERT INTO calendar_syncs (barber_id, direction, synced, created_at) VALUES (?, ?, ?, ?)",
            (barber_id, direction, synced, at),
        )

    def syncs_of(self, barber_id: int, limit: int, offset: int = 0) -> list[Row]:
        """Return (id, direction, synced, created_at) of the last syncs, the newest first."""
        return self._database.all(
            "SELECT id, direction, synced, created_at FROM calendar_syncs WHERE barber_id = ?"
            " ORDER BY id DESC LIMIT ? OFFSET ?",
            (barber_id, limit, offset),
        )


class StripeEvents:
    """The events that were taken, so that one sent again changes nothing."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def take(self, event_id: str, kind: str) -> bool:
        """Take an event; False where it was taken before."""
        written = self._database.write(
            "INSERT INTO stripe_events (id, type) VALUES (?, ?) ON CONFLICT (id) DO NOTHING", (event_id, kind)
        )
        return written == 1
