"""Options: what may be given, and one line for what may not."""

import pytest

from sandbox.__main__ import ready_line
from sandbox.options import OptionError, Options, options_from
from sandbox.plants import Plant


def test_nothing_given_is_the_default() -> None:
    assert options_from([], {}) == Options()


def test_plants_may_be_given_together_and_count_once() -> None:
    options = options_from(["--plant", "errors", "--plant", "stalls", "--plant", "errors"], {})
    assert options.plants == (Plant.ERRORS, Plant.STALLS)


def test_secrets_come_from_the_environment() -> None:
    options = options_from([], {"SANDBOX_PASSWORD": "p", "SANDBOX_STRIPE_WEBHOOK_SECRET": "s"})
    assert (options.password, options.webhook_secret) == ("p", "s")


def test_planted_rate_limiter_brings_the_production_limits() -> None:
    assert Options().limits is None
    assert Options(rate_limits="development").limits == "development"
    assert Options(rate_limits="development", plants=(Plant.RATE_LIMITER,)).limits == "production"


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (["--port", "70000"], "--port 70000: expected 0 to 65535"),
        (["--barbers", "0"], "--barbers 0: expected 1 to 999"),
        (["--pool", "x"], "invalid int value: 'x'"),
        (["--service-factor", "-1"], "--service-factor -1.0: expected 0 to 1000"),
        (["--keep-alive-s", "-1"], "--keep-alive-s -1.0: expected 0 to 3600"),
        (["--service-factor", "nan"], "--service-factor nan: expected 0 to 1000"),
        (["--rate-limits", "none"], "invalid choice: 'none'"),
        (["--plnt", "errors"], "unrecognized arguments: --plnt errors"),
    ],
)
def test_wrong_option_is_answered_in_one_line(given: list[str], said: str) -> None:
    with pytest.raises(OptionError) as raised:
        options_from(given, {})
    assert said in str(raised.value)
    assert "\n" not in str(raised.value)


def test_ready_line_names_no_capacity_where_no_time_is_modelled() -> None:
    assert '"booking_mix": null' in ready_line(Options(fast=True), 8000)
    assert '"booking_mix": null' in ready_line(Options(service_factor=0.0), 8000)
