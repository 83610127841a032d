"""Rivals: other people who want the very slot that somebody has, or is about to take."""

from dataclasses import dataclass

from loadgen.errors import OutOfAccounts
from loadgen.visit import Reply, Visit
from locustfiles.api.shop_api import ShopApi
from locustfiles.journeys.arrival import sign_in_client
from locustfiles.journeys.unpaid import leave_unpaid
from locustfiles.journeys.wish import Wish, ask_for
from scenarios.provoke import Provocation


@dataclass(frozen=True, slots=True)
class Rival:
    """Another customer, signed in beside the first."""

    visit: Visit
    api: ShopApi

    def ask_for(self, wish: Wish, provoked: Provocation) -> Reply:
        """Ask for a slot; who gets it comes back another day to pay."""
        reply, appointment = ask_for(self.visit, self.api, wish, provoked)
        if appointment is not None:
            leave_unpaid(self.visit)
        return reply


def rival_of(visit: Visit) -> Rival | None:
    """Return another customer with an account of their own; None where there is none, or signing in did not work."""
    other = visit.companion()
    try:
        account = other.lease_client()
        if account is visit.account:  # the pool lends in turn: the next one is somebody else
            account = other.lease_client()
    except OutOfAccounts:
        return None
    if account is visit.account:
        return None
    api = sign_in_client(other, account)
    return None if api is None else Rival(other, api)


def ask_for_it_again(visit: Visit, api: ShopApi, wish: Wish) -> None:
    """Ask for a slot just booked: another customer does, then the same one again. The shop must refuse both."""
    rival = rival_of(visit)
    if rival is not None:
        rival.ask_for(wish, Provocation.REPEAT)
    ask_for(visit, api, wish, Provocation.REPEAT, repeat=1)
