"""Accounts whose holders booked without paying: this process's payers are these people, come back."""

from collections import deque

from loadgen.accounts import Account
from loadgen.visit import Visit

KEPT = 2000  # a queue this long is hours of payers; more would only hold memory
UNPAID: deque[Account] = deque(maxlen=KEPT)


def leave_unpaid(visit: Visit) -> None:
    """Note that this person has an appointment still to be paid."""
    if visit.account is not None:
        UNPAID.append(visit.account)


def come_back_to_pay(visit: Visit) -> Account:
    """Return the account of whoever left first without paying, else any with payments left; raise OutOfAccounts."""
    while UNPAID:
        account = UNPAID.popleft()
        if account.payments_made < visit.target.payments_per_account:
            visit.account, visit.client = account, account.email
            return account
    return visit.lease_payer()
