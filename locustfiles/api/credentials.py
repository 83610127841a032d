"""Credentials: signing in, tokens that expire, and what happens when the shop does not take one."""

import time
from collections.abc import Callable

from loadgen.accounts import Account
from loadgen.visit import Reply, Visit
from locustfiles.api.answers import message_of
from records.ledger import Write

AUTH = "/api/v2/auth"
LOGIN = "POST /auth/login"
REFRESH = "POST /auth/refresh"
REGISTER_CLIENT = "POST /auth/register-client"

ACCESS_TOKEN_S = 15 * 60.0  # how long the shop takes an access token
REFRESH_BEFORE_S = 30.0  # a token with less than this left is changed before the next request


class Credentials:
    """What one signed-in person shows at each request. Signs in anew at most once a session."""

    def __init__(self, visit: Visit, account: Account, now: Callable[[], float] = time.monotonic) -> None:
        """Hold the account; nothing is sent yet."""
        self._visit = visit
        self._account = account
        self._now = now
        self._signed_in_anew = False

    def sign_in(self) -> Reply:
        """Sign in with e-mail and password."""
        return self._take_tokens(
            self._visit.send(
                "POST",
                f"{AUTH}/login",
                operation=LOGIN,
                json={"email": self._account.email, "password": self._account.password},
                keys=("access_token",),
            )
        )

    def register(self, first_name: str, last_name: str, phone: str) -> Reply:
        """Register the account as a client; refused where there is one of that e-mail."""
        account = self._account
        reply = self._visit.send(
            "POST",
            f"{AUTH}/register-client",
            operation=REGISTER_CLIENT,
            json={
                "email": account.email,
                "first_name": first_name,
                "last_name": last_name,
                "name": f"{first_name} {last_name}",
                "phone": phone,
                "password": account.password,
            },
            refusal=is_registered,
            keys=("user",),
        )
        self._visit.enter(Write.REGISTER, reply)
        return reply

    def refresh(self) -> Reply:
        """Change the tokens for new ones."""
        return self._take_tokens(
            self._visit.send(
                "POST",
                f"{AUTH}/refresh",
                operation=REFRESH,
                json={"refresh_token": self._account.refresh_token},
                keys=("access_token",),
            )
        )

    def token(self) -> str | None:
        """Return the token for the next request, changed first where it is about to expire."""
        account = self._account
        expires = account.access_token is not None and account.token_expires_at - self._now() < REFRESH_BEFORE_S
        if expires and (account.refresh_token is None or not self.refresh().ok):
            self.renew()
        return account.access_token

    def renew(self) -> bool:
        """Sign in again after the shop did not take the token, once a session; tell whether that worked."""
        if self._signed_in_anew:
            return False
        self._signed_in_anew = True
        return self.sign_in().ok

    def _take_tokens(self, reply: Reply) -> Reply:
        if reply.ok:
            account = self._account
            account.access_token = str(reply.body["access_token"])
            account.refresh_token = reply.body.get("refresh_token") or account.refresh_token
            account.token_expires_at = self._now() + ACCESS_TOKEN_S
        return reply


def is_registered(reply: Reply) -> bool:
    """Tell whether a registration was refused because the e-mail has an account."""
    message = message_of(reply.body, reply.text)
    return reply.status in {400, 409} and ("already" in message or "exists" in message)
