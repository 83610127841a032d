"""One account that reads the shop: signed in, with an address of its own, patient with a shop that is busy."""

from collections.abc import Iterator, Mapping
from typing import Any

import httpx

from loadgen.accounts import Account
from loadgen.audit.budget import Budget
from loadgen.audit.shown import items_of, text, whole
from scenarios.target import Target

API = "/api/v2"
TRIES = 4
BUSY_S = 1.0  # between two tries of what failed
LONGEST_WAIT_S = 61.0  # the shop's limits are of a minute; whoever asks for more is not waited for
PAGE = 100  # the most that the API gives at once
MOST_PAGES = 1000


class UnreadableError(Exception):
    """The target does not show what was asked for; the message says what and how it answered."""


class ShopReader:
    """Asks as one account. Made for one thread at a time; the connections are shared."""

    def __init__(
        self, client: httpx.Client, budget: Budget, account: Account, headers: Mapping[str, str], tries: int = TRIES
    ) -> None:
        """Hold the account; nothing is sent yet. What fails is tried so many times in all."""
        self._client = client
        self._budget = budget
        self._account = account
        self._headers = dict(headers)
        self._tries = tries

    @property
    def email(self) -> str:
        """Return who asks."""
        return self._account.email

    def sign_in(self) -> None:
        """Sign in, unless that was done; raise UnreadableError."""
        if "Authorization" in self._headers:
            return
        who = {"email": self._account.email, "password": self._account.password}
        answer = self._send("POST", "/auth/login", json=who)
        token = _body(answer).get("access_token") if answer.status_code == 200 else None
        if token is None:
            raise UnreadableError(f"{self._account.email} cannot sign in ({answer.status_code})")
        self._headers["Authorization"] = f"Bearer {token}"

    def get(self, path: str, params: Mapping[str, Any] | None = None) -> Any:
        """Return what a path shows; raise UnreadableError for anything but 200 with JSON."""
        status, body = self.look(path, params)
        if status != 200 or body is None:
            raise UnreadableError(f"GET {path}: {status}" if status != 200 else f"GET {path}: no JSON")
        return body

    def look(self, path: str, params: Mapping[str, Any] | None = None) -> tuple[int, Any]:
        """Return the status and the JSON of a path, None where it is none."""
        answer = self._send("GET", path, params=params)
        try:
            return answer.status_code, answer.json()
        except ValueError:
            return answer.status_code, None

    def pages(
        self, path: str, key: str, page_size: str | None = None
    ) -> Iterator[tuple[list[dict[str, Any]], int | None]]:
        """Yield the items of each page of a list with the total it tells; by skip and limit, or by page where `page_size` names the size."""
        for number in range(MOST_PAGES):
            params = (
                {"skip": number * PAGE, "limit": PAGE} if page_size is None else {"page": number + 1, page_size: PAGE}
            )
            body = self.get(path, params)
            items = items_of(body, key)
            total = body.get("total") if isinstance(body, dict) else None
            self._budget.page()
            yield items, total if isinstance(total, int) else None
            if len(items) < PAGE:
                return
        raise UnreadableError(f"GET {path}: more than {MOST_PAGES:,} pages")

    def _send(self, method: str, path: str, **sent: Any) -> httpx.Response:
        why = ""
        for left in reversed(range(self._tries)):
            self._budget.take()
            wait_s = BUSY_S
            try:
                answer = self._client.request(method, API + path, headers=self._headers, **sent)
            except httpx.HTTPError as error:
                why = str(error) or type(error).__name__
            else:
                if answer.status_code == 429:
                    why, wait_s = "429, rate limited", min(_retry_after_s(answer), LONGEST_WAIT_S)
                elif answer.status_code < 500:
                    return answer
                else:
                    why = str(answer.status_code)
            if left:
                self._budget.wait(wait_s)
        raise UnreadableError(f"{method} {path}: {why}")


def open_client(target: Target, connections: int, transport: httpx.BaseTransport | None = None) -> httpx.Client:
    """Return the client that readers of a target share, with so many connections at most."""
    return httpx.Client(
        base_url=target.url,
        timeout=target.request_timeout,
        verify=target.verify_tls,
        trust_env=target.proxy.value == "environment",
        limits=httpx.Limits(max_connections=connections),
        transport=transport,
    )


def barbers_of(reader: ShopReader) -> dict[int, str]:
    """Return the e-mail addresses of all barbers by id, in lower case ("" where none is shown); raise UnreadableError."""
    barbers: dict[int, str] = {}
    for items, _ in reader.pages("/barbers/", ""):
        found = {whole(item.get("id")): text(item.get("email")) for item in items}
        fresh = {number: (email or "").lower() for number, email in found.items() if number is not None}
        if fresh.keys() <= barbers.keys():  # a list without pages is the same on each
            break
        barbers |= fresh
    return barbers


def _body(answer: httpx.Response) -> dict[str, Any]:
    try:
        found = answer.json()
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def _retry_after_s(answer: httpx.Response) -> float:
    try:
        return max(0.0, float(answer.headers.get("Retry-After", "")))
    except ValueError:
        return LONGEST_WAIT_S
