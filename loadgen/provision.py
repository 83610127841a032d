"""Registering client accounts through the API before a run, for targets whose profile says `source = "register"`."""

from gevent.pool import Pool

from loadgen.accounts import Account, load_accounts
from loadgen.addresses import address_header
from loadgen.errors import TargetError
from loadgen.http import HttpSession
from scenarios.target import Target

REGISTER = "/api/v2/auth/register-client"
AT_ONCE = 8  # registration hashes a password inside the event loop of the real system; more would only queue there
KNOWN_ALREADY = (400, 409, 422)  # "e-mail already registered": an earlier run made it


def register_clients(target: Target) -> int:
    """Register the profile's client accounts and return how many are new; raise TargetError when it does not work.

    An account that exists already is taken as it is. Nothing of this is recorded: it happens before second 0.
    """
    accounts = load_accounts(target.clients)
    made: list[bool] = []
    problems: list[str] = []

    def register(item: tuple[int, Account]) -> None:
        if problems:
            return
        number, account = item
        session = HttpSession(target.url, verify_tls=target.verify_tls, headers=address_header(target, 0, number))
        response = session.post(REGISTER, json=_form(account, number))
        session.close()
        if response.ok:
            made.append(True)
        elif response.status_code not in KNOWN_ALREADY or "already" not in response.text.lower():
            problems.append(f"{target.url}{REGISTER}: {response.status_code} {response.text[:120] or response.error}")

    Pool(AT_ONCE).map(register, enumerate(accounts))
    if problems:
        raise TargetError(
            f"client accounts cannot be registered: {problems[0]}; expected 200, or give accounts in a file"
        )
    return len(made)


def _form(account: Account, number: int) -> dict[str, str]:
    return {
        "email": account.email,
        "password": account.password,
        "first_name": "Load",
        "last_name": f"Client{number}",
        "name": f"Load Client{number}",
        "phone": f"+1555{number:07d}",
    }
