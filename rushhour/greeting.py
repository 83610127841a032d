"""A short talk with the target before load is made: is it there, does it let us in, does it answer in the known shapes?"""

from dataclasses import dataclass
from typing import Any

import httpx

from loadgen.accounts import Account, load_accounts
from loadgen.errors import TargetError
from scenarios.target import Target

HEALTH, LOGIN = "/health", "/api/v2/auth/login"
TIMEOUT_S = 10.0


@dataclass(frozen=True, slots=True)
class Greeting:
    """What the target said of itself; `build` is None where it does not tell."""

    build: str | None


def greet(target: Target) -> Greeting:
    """Return what the target says of itself; raise TargetError in one line where it cannot be used."""
    with httpx.Client(base_url=target.url, timeout=TIMEOUT_S, verify=target.verify_tls, trust_env=False) as client:
        health = _ask(client, target, "GET", HEALTH)
        if health.status_code != 200:
            raise TargetError(
                f"{target.url}{HEALTH}: answered {health.status_code}; expected 200, is this BookedBarber?"
            )
        if target.clients.source != "register":
            _sign_in(client, target, load_accounts(target.clients)[0], "clients")
        if target.staff is not None:
            _sign_in(client, target, load_accounts(target.staff)[0], "staff")
    return Greeting(build=_build(health))


def _ask(client: httpx.Client, target: Target, method: str, path: str, json: Any = None) -> httpx.Response:
    try:
        return client.request(method, path, json=json)
    except httpx.HTTPError as error:
        reason = str(error) or type(error).__name__
        raise TargetError(
            f"{target.url}: cannot be reached ({reason}); expected BookedBarber there, is it running, is the url of the target profile {target.name} right?"
        ) from error


def _sign_in(client: httpx.Client, target: Target, account: Account, whose: str) -> None:
    answer = _ask(client, target, "POST", LOGIN, {"email": account.email, "password": account.password})
    if answer.status_code in {401, 403}:
        raise TargetError(
            f"{target.url}{LOGIN}: {answer.status_code} for {account.email}; expected the password of the {whose} accounts to fit, "
            f"check {_where_from(target, whose)}"
        )
    if answer.status_code == 404:
        raise TargetError(
            f"{target.url}{LOGIN}: 404; expected the BookedBarber V2 API there, check the url of the target profile {target.name}"
        )
    if answer.status_code != 200:
        raise TargetError(
            f"{target.url}{LOGIN}: answered {answer.status_code}; expected 200 with a token, look at the target's log"
        )
    try:
        known = "access_token" in answer.json()
    except (ValueError, TypeError):
        known = False
    if not known:
        raise TargetError(
            f"{target.url}{LOGIN}: answered in another shape; expected JSON with access_token, is this BookedBarber V2?"
        )


def _where_from(target: Target, whose: str) -> str:
    spec = target.clients if whose == "clients" else target.staff
    assert spec is not None
    return spec.file or f"the environment variable {spec.password_env}"


def _build(health: httpx.Response) -> str | None:
    try:
        answer = health.json()
    except ValueError:
        return None
    if not isinstance(answer, dict):
        return None
    return next((str(answer[key]) for key in ("build", "commit", "version") if key in answer), None)
