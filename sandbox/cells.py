"""Cells: half hours counted from 1970-01-01T00:00 UTC, the unit in which chairs are taken. The shop's local time is UTC."""

from datetime import UTC, date, datetime, timedelta

MINUTES_PER_CELL = 30
CELLS_PER_DAY = 48
OPENING_CELL = 18  # 09:00
CLOSING_CELL = 36  # 18:00; the last appointment begins half an hour before, and an hour's work may run past it
EPOCH_DAY = date(1970, 1, 1).toordinal()
EPOCH = datetime(1970, 1, 1)  # noqa: DTZ001 - the API's times have no zone

TIMES_OF_DAY = tuple(f"{cell // 2:02d}:{cell % 2 * 30:02d}" for cell in range(OPENING_CELL, CLOSING_CELL))


def first_cell_of(day: date) -> int:
    """Return the cell in which a day begins."""
    return (day.toordinal() - EPOCH_DAY) * CELLS_PER_DAY


def day_of(cell: int) -> date:
    """Return the day a cell lies in."""
    return date.fromordinal(cell // CELLS_PER_DAY + EPOCH_DAY)


def clock_time_of(cell: int) -> str:
    """Return "HH:MM"."""
    half_hours = cell % CELLS_PER_DAY
    return f"{half_hours // 2:02d}:{half_hours % 2 * 30:02d}"


def start_of(cell: int) -> str:
    """Return the beginning of a cell as ISO 8601, UTC without a zone."""
    return (EPOCH + timedelta(minutes=cell * MINUTES_PER_CELL)).isoformat()


def cell_at(unix_s: float) -> int:
    """Return the cell that a moment lies in."""
    return int(unix_s // (MINUTES_PER_CELL * 60))


def cell_from(moment: datetime) -> int:
    """Return the cell that a moment, UTC where it has no zone, lies in."""
    aware = moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)
    return cell_at(aware.timestamp())


def cells_of(first_cell: int, duration_minutes: int) -> range:
    """Return the cells that work of some minutes takes."""
    return range(first_cell, first_cell + -(-duration_minutes // MINUTES_PER_CELL))


def moment_of(unix_s: float) -> str:
    """Return a moment as the API writes it: ISO 8601, UTC without a zone."""
    return datetime.fromtimestamp(unix_s, UTC).replace(tzinfo=None).isoformat()
