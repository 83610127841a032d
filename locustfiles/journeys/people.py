"""People who come for the first time: names, addresses, telephones."""

import secrets

from loadgen.accounts import Account
from loadgen.visit import Visit
from locustfiles.api.shop_api import Guest

FIRST_NAMES = (
    "Ada",
    "Ben",
    "Cora",
    "Dan",
    "Eve",
    "Finn",
    "Gus",
    "Hana",
    "Ian",
    "Jo",
    "Kai",
    "Lea",
    "Max",
    "Noa",
    "Otto",
)
LAST_NAMES = ("Archer", "Baker", "Cooper", "Dyer", "Fisher", "Glover", "Mason", "Potter", "Sawyer", "Turner", "Weaver")
FALLBACK_DOMAIN = "example.com"

# New people must be new to a target that an earlier run with the same seed has met. A name is no choice: what people do
# still depends on the seed alone.
RUN_TAG = secrets.token_hex(4)


def new_person(visit: Visit, kind: str) -> Guest:
    """Return someone nobody has met, in the mail domain of the profile's own accounts (mail goes nowhere else)."""
    rng = visit.rng
    first, last = rng.choice(FIRST_NAMES), rng.choice(LAST_NAMES)
    pattern = visit.target.clients.email
    domain = pattern.rpartition("@")[2] if pattern is not None and "@" in pattern else FALLBACK_DOMAIN
    return Guest(
        first_name=first,
        last_name=last,
        email=f"{kind}-{RUN_TAG}-{rng.getrandbits(48):012x}@{domain}",
        phone=f"+1555{rng.randrange(10_000_000):07d}",
    )


def new_account(visit: Visit, person: Guest) -> Account:
    """Return an account to be registered for a person; it becomes the visit's own."""
    account = Account(person["email"], f"Rush-{visit.rng.getrandbits(48):012x}-Hour1!")
    visit.account = account
    visit.client = account.email
    return account
