"""What other tools' words mean in ours: names, statuses, exceptions, columns."""

import pytest

from records.columns import Texts
from records.imports import gatling, k6, plain
from records.imports.form import Unit
from records.imports.jmeter_csv import ending_of
from records.imports.named import operation_of
from records.imports.sample import OK, REFUSED
from records.imports.table import combined
from records.window import Outcome


def test_a_url_becomes_method_and_path_and_a_name_stays() -> None:
    assert operation_of("https://shop.example/api/slots?day=1", "GET") == "GET /api/slots"
    assert operation_of("Book a chair", "POST") == "Book a chair"
    assert operation_of("line\nbreak\tname") == "line break name"


@pytest.mark.parametrize(
    ("code", "success", "outcome"),
    [
        ("200", True, Outcome.OK),
        ("200", False, Outcome.SERVER_ERROR),  # an assertion of the test plan failed
        ("503", False, Outcome.SERVER_ERROR),
        ("404", False, Outcome.CLIENT_ERROR),
        ("409", True, Outcome.REFUSED),  # the test plan expects it
        ("429", True, Outcome.RATE_LIMITED),
        ("Non HTTP response code: java.net.SocketTimeoutException", False, Outcome.TIMEOUT),
        ("Non HTTP response code: java.net.ConnectException", False, Outcome.CONNECTION_ERROR),
    ],
)
def test_jmeter_codes_become_outcomes(code: str, success: bool, outcome: Outcome) -> None:
    assert ending_of(code, success=success).outcome is outcome


@pytest.mark.parametrize(
    ("status", "code", "expected", "outcome"),
    [
        ("200", None, "true", Outcome.OK),
        ("409", "1409", "true", Outcome.REFUSED),
        ("409", "1409", "false", Outcome.CLIENT_ERROR),
        ("500", "1500", "false", Outcome.SERVER_ERROR),
        ("200", None, "false", Outcome.SERVER_ERROR),
        ("0", "1050", "false", Outcome.TIMEOUT),
        ("0", "1212", "false", Outcome.CONNECTION_ERROR),
    ],
)
def test_k6_statuses_become_outcomes(status: str, code: str | None, expected: str, outcome: Outcome) -> None:
    assert k6._ending(status, code, expected).outcome is outcome


@pytest.mark.parametrize(
    ("message", "outcome"),
    [
        ("status.find.in(200,304), but actually found 500", Outcome.SERVER_ERROR),
        ("status.find.in(200), found 404", Outcome.CLIENT_ERROR),
        ("i.g.h.c.i.RequestTimeoutException: Request timeout to shop after 60000 ms", Outcome.TIMEOUT),
        ("j.n.ConnectException: Connection refused", Outcome.CONNECTION_ERROR),
        ("jsonPath($.id).find.exists, found nothing", Outcome.SERVER_ERROR),
    ],
)
def test_gatling_messages_become_outcomes(message: str, outcome: Outcome) -> None:
    assert gatling._ending("KO", message).outcome is outcome
    assert gatling._ending("OK", None) == OK


def test_expected_refusals_are_no_failures() -> None:
    assert ending_of("409", success=True) == REFUSED


@pytest.mark.parametrize(
    ("column", "name", "unit"),
    [
        ("latency_ms", "latency", Unit.MILLISECONDS),
        ("Response Time (s)", "response time", Unit.SECONDS),
        ("duration_us", "duration", Unit.MICROSECONDS),
        ("elapsed", "elapsed", None),
        ("status", "status", None),  # ends in s, and is no unit
    ],
)
def test_a_unit_is_read_from_a_columns_name(column: str, name: str, unit: Unit | None) -> None:
    assert plain._parted(column) == (name, unit)


def test_combinations_are_those_that_are_there() -> None:
    codes, found = combined(Texts.of(["a", "b", "a", None]), Texts.of(["x", "x", "x", "y"]))
    assert [found[code] for code in codes.tolist()] == [("a", "x"), ("b", "x"), ("a", "x"), (None, "y")]
    assert len(found) == 3
