"""Accounts: where virtual people get theirs, shared out among workers so that no two use the same one."""

import csv
import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from loadgen.errors import OutOfAccounts, TargetError
from scenarios.target import Accounts, Target


@dataclass(slots=True)
class Account:
    """One account and what is known of it. `token_expires_at` is on the monotonic clock, in s."""

    email: str
    password: str
    access_token: str | None = None
    refresh_token: str | None = None
    token_expires_at: float = 0.0
    user_id: int | None = None
    payments_made: int = 0


class AccountPool:
    """Accounts lent in turn; `used_up` counts sessions that found none."""

    def __init__(self, accounts: Iterable[Account], payments_each: int) -> None:
        self._accounts = list(accounts)
        self._payments_each = payments_each
        self._next = 0
        self.used_up = 0

    def __len__(self) -> int:
        return len(self._accounts)

    def lease(self) -> Account:
        """Return the next account; raise OutOfAccounts where there is none at all."""
        if not self._accounts:
            self.used_up += 1
            raise OutOfAccounts("no accounts")
        account = self._accounts[self._next % len(self._accounts)]
        self._next += 1
        return account

    def lease_payer(self) -> Account:
        """Return the next account with payments left; raise OutOfAccounts where all have made theirs."""
        for _ in range(len(self._accounts)):
            account = self.lease()
            if account.payments_made < self._payments_each:
                return account
        self.used_up += 1
        raise OutOfAccounts("every account has made its payments")


def load_accounts(spec: Accounts, environ: Mapping[str, str] = os.environ) -> list[Account]:
    """Return the accounts a profile names; raise TargetError where the file or the secret is missing."""
    if spec.source == "file":
        assert spec.file is not None
        return _from_file(Path(spec.file))
    assert spec.email is not None
    assert spec.password_env is not None
    password = secret(spec.password_env, environ)
    return [Account(spec.email.format(n=number), password) for number in range(spec.first, spec.first + spec.count)]


def secret(name: str, environ: Mapping[str, str] = os.environ) -> str:
    """Return a secret from the environment; raise TargetError where it is not set."""
    value = environ.get(name)
    if not value:
        raise TargetError(
            f"the environment variable {name} is not set; expected the secret that the target profile names, export it"
        )
    return value


def _from_file(path: Path) -> list[Account]:
    try:
        with path.open(encoding="utf-8", newline="") as file:
            rows = list(csv.DictReader(file))
    except OSError as error:
        raise TargetError(
            f"{path}: cannot be read ({error.strerror}); expected a CSV file with the columns email,password"
        ) from error
    accounts = [Account(row["email"], row["password"]) for row in rows if row.get("email") and row.get("password")]
    if not accounts or len(accounts) < len(rows):
        raise TargetError(
            f"{path}: {len(accounts)} of {len(rows)} rows have an email and a password; expected the columns email,password in all"
        )
    return accounts


def client_pool(target: Target, worker: int, workers: int) -> AccountPool:
    """Return this worker's share of the client accounts."""
    accounts = load_accounts(target.clients)
    begin = int(target.clients.begin_at * len(accounts))
    return AccountPool((accounts[begin:] + accounts[:begin])[worker::workers], target.payments_per_account)


def staff_pool(target: Target, worker: int, workers: int) -> AccountPool:
    """Return the staff accounts, begun at another place on each worker; barbers may be signed in twice."""
    accounts = load_accounts(target.staff) if target.staff is not None else []
    begin = worker * len(accounts) // max(1, workers)
    return AccountPool(accounts[begin:] + accounts[:begin], target.payments_per_account)
