"""Calendar: a barber's Google Calendar, written to (the Google flow) or exchanged with (two-way sync)."""

from loadgen.visit import Reply, Visit
from locustfiles.api.shop_api import ShopApi
from locustfiles.journeys.arrival import sign_in_staff
from locustfiles.journeys.second_try import with_second_try
from records.ledger import Write
from scenarios.mix import Step

SYNC_DAYS = 7


def calendar_sync(visit: Visit) -> None:
    """Sign in and sync one way or the other; whoever has no calendar connected leaves."""
    api = sign_in_staff(visit)
    if api is None:
        return
    visit.think(Step.LOOK)
    if visit.chance(visit.mix.branches.calendar_two_way_sync):
        exchange_changes(visit, api)
    else:
        write_appointments(visit, api)


def write_appointments(visit: Visit, api: ShopApi) -> None:
    """Walk the Google flow: is it connected, when is the barber busy, write the appointments."""
    status = with_second_try(visit, api.calendar_status)
    if not status.ok or status.body.get("connected") is not True:
        return
    visit.think(Step.LOOK)
    if not with_second_try(visit, lambda: api.free_busy(visit.today, SYNC_DAYS)).ok:
        return
    visit.think(Step.REVIEW)
    with_second_try(visit, lambda: _synced(visit, api.sync_appointments(visit.today, SYNC_DAYS)))


def exchange_changes(visit: Visit, api: ShopApi) -> None:
    """Sync both ways, then look at what is in the calendar."""
    if not with_second_try(visit, lambda: _synced(visit, api.two_way_sync())).ok:
        return
    visit.think(Step.LOOK)
    with_second_try(visit, lambda: api.google_events(visit.today, SYNC_DAYS))


def enter_sync(visit: Visit, reply: Reply) -> None:
    """Put a sync into the ledger."""
    visit.enter(Write.CALENDAR_SYNC, reply)


def _synced(visit: Visit, reply: Reply) -> Reply:
    enter_sync(visit, reply)
    return reply
