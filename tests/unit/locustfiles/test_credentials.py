from loadgen.accounts import Account
from locustfiles.api.credentials import ACCESS_TOKEN_S, Credentials
from locustfiles.api.shop_api import ShopApi
from tests.unit.locustfiles.conftest import BROKEN, TOKENS, ScriptedVisit

EXPIRED = (401, {"detail": "Could not validate credentials"})


class Shopper:
    """A signed-in person with a clock of its own."""

    def __init__(self, visit: ScriptedVisit) -> None:
        self.now_s = 1000.0
        self.account = Account("client00001@sandbox.example", "secret")
        self.credentials = Credentials(visit, self.account, now=lambda: self.now_s)
        self.credentials.sign_in()
        self.api = ShopApi(visit, self.credentials)


def test_a_token_that_still_lives_is_shown_as_it_is() -> None:
    visit = ScriptedVisit()
    shopper = Shopper(visit)
    shopper.now_s += ACCESS_TOKEN_S - 31
    shopper.api.me()
    assert visit.operations == ["POST /auth/login", "GET /auth/me"]
    assert visit.sent[-1].token == "access"


def test_a_token_about_to_expire_is_refreshed_first() -> None:
    visit = ScriptedVisit()
    shopper = Shopper(visit)
    shopper.now_s += ACCESS_TOKEN_S - 29
    shopper.api.me()
    assert visit.operations == ["POST /auth/login", "POST /auth/refresh", "GET /auth/me"]
    assert visit.of("POST /auth/refresh")[0].json == {"refresh_token": "refresh"}
    assert visit.sent[-1].token == "fresh"


def test_a_refresh_that_fails_leads_to_signing_in_anew() -> None:
    visit = ScriptedVisit(script={"POST /auth/refresh": BROKEN})
    shopper = Shopper(visit)
    shopper.now_s += ACCESS_TOKEN_S
    shopper.api.me()
    assert visit.operations == ["POST /auth/login", "POST /auth/refresh", "POST /auth/login", "GET /auth/me"]


def test_a_token_not_taken_leads_to_one_new_sign_in_and_the_same_request() -> None:
    visit = ScriptedVisit(
        script={
            "POST /auth/login": [(200, TOKENS), (200, {**TOKENS, "access_token": "second"})],
            "GET /auth/me": [EXPIRED, (200, {"id": 3})],
        }
    )
    reply = Shopper(visit).api.me()
    assert reply.ok
    assert visit.operations == ["POST /auth/login", "GET /auth/me", "POST /auth/login", "GET /auth/me"]
    assert visit.sent[-1].token == "second"


def test_nobody_signs_in_anew_twice() -> None:
    visit = ScriptedVisit(script={"GET /auth/me": EXPIRED})
    shopper = Shopper(visit)
    shopper.api.me()
    shopper.api.me()
    assert visit.operations.count("POST /auth/login") == 2
    assert visit.operations.count("GET /auth/me") == 3
