"""Customers: new ones, who register or book as guests, and those who come back."""

from loadgen.accounts import Account
from loadgen.errors import OutOfAccounts
from loadgen.visit import Visit
from locustfiles.api.answers import Appointment, barber_ids_of
from locustfiles.api.shop_api import ShopApi
from locustfiles.journeys.arrival import come_as_guest, register, sign_in_client
from locustfiles.journeys.booking_journey import GUEST_TRIES, Order, book, book_by
from locustfiles.journeys.changing_journey import cancel, reschedule, reschedule_in_a_race
from locustfiles.journeys.choices import pick_barber, pick_service
from locustfiles.journeys.hot_chair import HotChair
from locustfiles.journeys.payment_journey import Payment, see_confirmation
from locustfiles.journeys.second_try import with_second_try
from locustfiles.journeys.unpaid import leave_unpaid
from records.journey import Milestone
from scenarios.mix import Step
from scenarios.provoke import Provocation


def new_customer(visit: Visit) -> None:
    """Come for the first time: register and book, or book as a guest (who cannot pay through the API)."""
    if not visit.chance(visit.mix.branches.new_customer_registers):
        api, guest = come_as_guest(visit)
        with_second_try(visit, api.barbers)
        visit.think(Step.CHOOSE_BARBER)
        if book(visit, api, Order(pick_service(visit.rng), tries=GUEST_TRIES, guest=guest)) is not None:
            visit.reach(Milestone.PAYS_LATER)
        return
    pays = visit.chance(visit.mix.branches.pays_at_once)
    registered = register(visit)
    if registered is not None:
        _book_and_settle(visit, registered, pays=pays)


def returning_customer(visit: Visit) -> None:
    """Come back: sign in, book, and pay at once or at the shop."""
    pays = visit.chance(visit.mix.branches.pays_at_once)
    account, pays = _lease(visit, pays=pays)
    api = sign_in_client(visit, account)
    if api is not None:
        _book_and_settle(visit, api, pays=pays)


def _lease(visit: Visit, *, pays: bool) -> tuple[Account, bool]:
    """Return an account and whether it may pay: who finds none with payments left books without paying."""
    if not pays:
        return visit.lease_client(), False
    try:
        return visit.lease_payer(), True
    except OutOfAccounts:  # counted by the pool
        return visit.lease_client(), False


def _book_and_settle(visit: Visit, api: ShopApi, *, pays: bool) -> None:
    branches = visit.mix.branches
    appointment = _choose_and_book(visit, api)
    if appointment is None:
        return
    if appointment.barber_id is not None and visit.provocation(Provocation.RESCHEDULE_RACE):
        appointment = reschedule_in_a_race(visit, api, appointment)
    elif visit.chance(branches.reschedules):
        appointment = reschedule(visit, api, appointment)
    if visit.chance(branches.cancels):
        cancel(visit, api, appointment)
    elif pays:
        _pay_at_once(visit, api, appointment)
    else:
        visit.reach(Milestone.PAYS_LATER)
        leave_unpaid(visit)


def _choose_and_book(visit: Visit, api: ShopApi) -> Appointment | None:
    """Choose a barber, or anyone, or wait for a hot chair; return the appointment booked, None where there is none."""
    reply = with_second_try(visit, api.barbers)
    visit.think(Step.CHOOSE_BARBER)
    barber_ids = barber_ids_of(reply.body) if reply.ok else []
    provoked = visit.provocation(Provocation.HOT_CHAIR) if barber_ids else None
    picks = provoked is None and visit.chance(visit.mix.branches.picks_barber)
    barber_id = pick_barber(visit.rng, barber_ids, visit.mix.popularity) if picks and barber_ids else None
    with_second_try(visit, api.services)
    visit.think(Step.CHOOSE_SERVICE)
    order = Order(pick_service(visit.rng), provoked=provoked)
    if provoked is None:
        return book(visit, api, order, barber_id)
    return book_by(visit, api, order, HotChair(visit, api, barber_ids))


def _pay_at_once(visit: Visit, api: ShopApi, appointment: Appointment) -> None:
    visit.think(Step.REVIEW)
    if visit.chance(visit.mix.branches.abandons_before_payment):
        visit.reach(Milestone.ABANDONED)
        leave_unpaid(visit)
        return
    if Payment(visit, api, appointment).pay():
        visit.reach(Milestone.PAID)
        if see_confirmation(visit, api, appointment):
            visit.reach(Milestone.CONFIRMED)
