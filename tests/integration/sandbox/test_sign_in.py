"""Sign-in: tokens, who may do what, and the answers for those who may not."""

import pytest

from tests.integration.sandbox.conftest import API, BARBER, CLIENT, Counterpart, OpenShop

pytestmark = pytest.mark.integration

ME, LOGIN, REFRESH = f"{API}/auth/me", f"{API}/auth/login", f"{API}/auth/refresh"


def bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


def test_seeded_users_sign_in_with_the_common_password(shop: Counterpart) -> None:
    for who, role in ((CLIENT, "client"), (BARBER, "barber"), ("admin", "admin")):
        assert shop.ask("GET", ME, who).json()["role"] == role


def test_wrong_password_is_401_and_a_form_is_422(shop: Counterpart) -> None:
    form = {"email": "client00001@sandbox.example", "password": "wrong"}
    assert shop.ask("POST", LOGIN, json=form).status_code == 401
    assert shop.ask("POST", LOGIN, data=form).status_code == 422


def test_no_token_is_403_and_a_bad_one_401(shop: Counterpart) -> None:
    assert shop.ask("GET", ME).status_code == 403
    for token in ("not-a-jwt", "a.b.c", "ä"):
        assert shop.ask("GET", ME, headers={b"Authorization": f"Bearer {token}".encode()}).status_code == 401


def test_payment_routes_do_not_take_any_bearer_string(shop: Counterpart) -> None:
    answer = shop.ask("GET", f"{API}/payments/history", headers=bearer("not-a-jwt"))
    assert answer.status_code == 401


def test_access_token_expires_after_its_life(open_for_business: OpenShop) -> None:
    shop = open_for_business(access_token_s=60.0)
    tokens = shop.sign_in(CLIENT)
    shop.clock.unix_s += 59
    assert shop.ask("GET", ME, headers=bearer(tokens["access_token"])).status_code == 200
    shop.clock.unix_s += 1
    assert shop.ask("GET", ME, headers=bearer(tokens["access_token"])).status_code == 401


def test_refresh_token_gets_new_tokens_for_7_days(shop: Counterpart) -> None:
    tokens = shop.sign_in(CLIENT)
    shop.clock.unix_s += 7 * 24 * 3600 - 1
    renewed = shop.ask("POST", REFRESH, json={"refresh_token": tokens["refresh_token"]}).json()
    assert shop.ask("GET", ME, headers=bearer(renewed["access_token"])).status_code == 200
    shop.clock.unix_s += 1
    assert shop.ask("POST", REFRESH, json={"refresh_token": tokens["refresh_token"]}).status_code == 401


def test_tokens_do_not_stand_in_for_each_other(shop: Counterpart) -> None:
    tokens = shop.sign_in(CLIENT)
    assert shop.ask("GET", ME, headers=bearer(tokens["refresh_token"])).status_code == 401
    assert shop.ask("POST", REFRESH, json={"refresh_token": tokens["access_token"]}).status_code == 401


def test_registered_client_signs_in_at_once_and_only_once(shop: Counterpart) -> None:
    form = {"email": "New@sandbox.example", "first_name": "New", "last_name": "Client", "password": "sandbox0"}
    made = shop.ask("POST", f"{API}/auth/register-client", json=form).json()
    assert shop.ask("GET", ME, headers=bearer(made["access_token"])).json()["email"] == "new@sandbox.example"
    assert shop.ask("POST", LOGIN, json={"email": "new@sandbox.example", "password": "sandbox0"}).status_code == 200
    again = shop.ask("POST", f"{API}/auth/register-client", json=form)
    assert (again.status_code, again.json()["error"]["message"]) == (400, "Email already registered")
