"""Openings: which times of a day can still be had, and the rules of the booking window."""

import datetime
from collections.abc import Iterator

from sandbox.cells import CLOSING_CELL, MINUTES_PER_CELL, OPENING_CELL, cells_of, day_of, first_cell_of
from sandbox.plants import Plant
from sandbox.refusal import Refusal, bad_request
from sandbox.shop import Shop

ADVANCE_S = 15 * 60.0
DAYS_AHEAD = 30
CELL_S = MINUTES_PER_CELL * 60
OPEN_CELLS = range(OPENING_CELL, CLOSING_CELL)


def earliest_cell(unix_s: float) -> int:
    """Return the first half hour that begins at least 15 minutes from a moment."""
    return int(-(-(unix_s + ADVANCE_S) // CELL_S))


def check_day(day: datetime.date, unix_s: float) -> None:
    """Raise a 400 where a day is past or too far ahead."""
    ahead = (day - day_of(int(unix_s // CELL_S))).days
    if ahead < 0:
        raise bad_request("Cannot book appointments in the past")
    if ahead > DAYS_AHEAD:
        raise bad_request(f"Cannot book more than {DAYS_AHEAD} days in advance")


def wished_cell(day: datetime.date, clock_time: str, unix_s: float) -> int:
    """Return the half hour of a wish; raise a 400 where the shop is closed or it is too near or too far."""
    check_day(day, unix_s)
    hour, _, minute = clock_time.partition(":")
    in_day, rest = divmod(int(hour) * 60 + int(minute), MINUTES_PER_CELL)
    if rest:
        raise bad_request(f"Appointments begin every {MINUTES_PER_CELL} minutes")
    if in_day not in OPEN_CELLS:
        raise bad_request("Outside of business hours (09:00 - 18:00)")
    cell = first_cell_of(day) + in_day
    if cell < earliest_cell(unix_s):
        raise bad_request("Booking must be at least 15 minutes in advance")
    return cell


def free_cells(shop: Shop, day: datetime.date, barber_id: int | None) -> list[bool]:
    """Return for each half hour of the opening hours whether a barber, or anyone, is free then."""
    day_cell = first_cell_of(day)
    taken = 0 if shop.has(Plant.DOUBLE_BOOKING) else _taken(shop, day_cell, barber_id)
    first = earliest_cell(shop.now()) - day_cell
    return [cell >= first and not taken >> cell & 1 for cell in OPEN_CELLS]


def next_opening(shop: Shop, days: Iterator[datetime.date], barber_id: int | None) -> tuple[datetime.date, int] | None:
    """Return the first free half hour of some days, as the day and the half hour in it; None where there is none."""
    for day in days:
        free = free_cells(shop, day, barber_id)
        if True in free:
            return day, OPENING_CELL + free.index(True)
    return None


def days_from(day: datetime.date, unix_s: float) -> Iterator[datetime.date]:
    """Return the days from one on that can be booked."""
    last = day_of(int(unix_s // CELL_S)) + datetime.timedelta(days=DAYS_AHEAD)
    while day <= last:
        yield day
        day += datetime.timedelta(days=1)


def free_barber(shop: Shop, first_cell: int, duration_minutes: int) -> int | None:
    """Return the first barber in turn who is free for some work; None where nobody is."""
    in_turn = shop.barbers_in_turn()
    if shop.has(Plant.DOUBLE_BOOKING):
        return in_turn[0]
    day_cell = first_cell_of(day_of(first_cell))
    wanted = sum(1 << cell - day_cell for cell in cells_of(first_cell, duration_minutes))
    taken = shop.store.chairs.taken_on(day_cell)
    return next((barber_id for barber_id in in_turn if not taken.get(barber_id, 0) & wanted), None)


def taken_by(barber: bool, day: datetime.date, clock_time: str) -> Refusal:
    """Return what is answered where a slot is lost."""
    if barber:
        return bad_request(f"Barber is not available at {clock_time} on {day.isoformat()}")
    return bad_request(f"No barbers available at {clock_time} on {day.isoformat()}")


def _taken(shop: Shop, day_cell: int, barber_id: int | None) -> int:
    """Return the half hours that a barber, or everyone, has taken, as bits."""
    taken = shop.store.chairs.taken_on(day_cell)
    if barber_id is not None:
        return taken.get(barber_id, 0)
    if len(taken) < len(shop.barber_ids):
        return 0  # someone has the whole day free
    everyone = -1
    for bits in taken.values():
        everyone &= bits
    return everyone
