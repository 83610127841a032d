"""Arrival: how people come in, with an account of their own, a leased one, or none."""

from loadgen.accounts import Account
from loadgen.visit import Visit
from locustfiles.api.credentials import Credentials
from locustfiles.api.shop_api import Guest, ShopApi
from locustfiles.journeys.people import new_account, new_person
from locustfiles.journeys.second_try import with_second_try


def sign_in_client(visit: Visit, account: Account) -> ShopApi | None:
    """Return the API as the client holding this account calls it; None where signing in did not work."""
    return _signed_in(visit, Credentials(visit, account))


def sign_in_staff(visit: Visit) -> ShopApi | None:
    """Return the API as a barber calls it; None where signing in did not work."""
    return _signed_in(visit, Credentials(visit, visit.lease_staff()))


def register(visit: Visit) -> ShopApi | None:
    """Return the API as a newly registered client calls it, signed in; None where that did not work."""
    person = new_person(visit, "client")
    credentials = Credentials(visit, new_account(visit, person))
    reply = with_second_try(
        visit, lambda: credentials.register(person["first_name"], person["last_name"], person["phone"])
    )
    return _signed_in(visit, credentials) if reply.ok else None


def come_as_guest(visit: Visit) -> tuple[ShopApi, Guest]:
    """Return the API as someone without an account calls it, and who that is."""
    guest = new_person(visit, "guest")
    visit.client = guest["email"]
    return ShopApi(visit), guest


def _signed_in(visit: Visit, credentials: Credentials) -> ShopApi | None:
    return ShopApi(visit, credentials) if with_second_try(visit, credentials.sign_in).ok else None
