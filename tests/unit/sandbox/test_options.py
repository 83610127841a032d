"""Options: what may be given, and one line for what may not."""

import json
from typing import Any

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


def test_parent_watches_where_there_is_more_than_one_process_to_start() -> None:
    assert not Options().is_watched
    assert Options(instances=2).is_watched
    assert Options(restart_after_s=0.0).is_watched
    assert Options(database="postgresql-embedded").is_watched


def test_help_lists_every_plant_with_its_effect(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        options_from(["--help"], {})
    assert ended.value.code == 0
    said = capsys.readouterr().out
    for plant in Plant:
        assert f"  {plant.value:20} {plant.effect}" in said


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (["--port", "70000"], "--port 70000: expected 0 to 65535"),
        (["--barbers", "0"], "--barbers 0: expected 1 to 999"),
        (["--pool", "x"], "invalid int value: 'x'"),
        (["--service-factor", "-1"], "--service-factor -1.0: expected 0 to 1000"),
        (["--keep-alive-s", "-1"], "--keep-alive-s -1.0: expected 0 to 3600"),
        (["--service-factor", "nan"], "--service-factor nan: expected 0 to 1000"),
        (["--contention", "1.1"], "--contention 1.1: expected 0 to 1"),
        (["--coherence", "-0.1"], "--coherence -0.1: expected 0 to 1"),
        (["--slow", "slots"], "--slow slots: expected one of slots, payments, sign-in, all and 0.1 to 100 times"),
        (["--slow", "slot=1.05"], "--slow slot=1.05: expected one of slots"),
        (["--slow", "slots=nan"], "--slow slots=nan: expected one of slots"),
        (["--slow", "slots=0"], "--slow slots=0: expected one of slots"),
        (["--rate-limits", "none"], "invalid choice: 'none'"),
        (["--instances", "9"], "--instances 9: expected 1 to 8"),
        (["--restart-after-s", "-1"], "--restart-after-s -1.0: expected 0 to 86400"),
        (["--hard-cap-per-s", "0"], "--hard-cap-per-s 0.0: expected 0.1 to 1e+06"),
        (["--plant", "database-outage"], "switch it on with PUT /sandbox/plants/database-outage"),
        (["--plnt", "errors"], "unrecognized arguments: --plnt errors"),
    ],
)
def test_wrong_option_is_answered_in_one_line(given: list[str], said: str) -> None:
    with pytest.raises(OptionError) as raised:
        options_from(given, {})
    assert said in str(raised.value)
    assert "\n" not in str(raised.value)


def test_ready_line_names_no_capacity_where_no_time_is_modelled() -> None:
    assert '"booking_mix": null' in ready_line(Options(fast=True), 8000, [1])
    assert '"booking_mix": null' in ready_line(Options(service_factor=0.0), 8000, [1])


def test_ready_line_names_the_capacity_of_all_instances_or_that_of_the_cap() -> None:
    def capacity_per_s(**options: Any) -> float:
        return float(json.loads(ready_line(Options(**options), 8000, [1]))["capacity_requests_per_s"]["booking_mix"])

    assert capacity_per_s(instances=2, pool=10) == pytest.approx(2 * capacity_per_s(pool=10), rel=1e-3)
    hindered = capacity_per_s(
        pool=3, contention=0.1, coherence=0.05
    )  # each 1 + 0.1 · 2 + 0.05 · 3 · 2 = 1.5 times as long
    assert hindered == pytest.approx(capacity_per_s(pool=3) / 1.5, rel=1e-2)
    capped = capacity_per_s(plants=(Plant.HARD_CAP,), hard_cap_per_s=50.0)
    assert capped == pytest.approx(50 * 647 / 642, rel=1e-3)  # 5 of the 647 requests of the mix ask for health


def test_ready_line_shows_no_password() -> None:
    line = ready_line(Options(database="postgresql://me:secret@db/shop"), 8000, [1])
    assert "secret" not in line
    assert "me@db" in line
