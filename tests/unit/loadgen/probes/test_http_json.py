"""Rules of reading a JSON health check."""

import pytest

from loadgen.probes.http_json import number_at, readings
from loadgen.probes.reading import NoReading

DOCUMENT = {"checks": [{"status": "Healthy", "lag": 0.25}, {"status": "degraded"}], "up": True, "odd": "purple"}


@pytest.mark.parametrize(
    ("path", "expected"),
    [("checks.0.status", 1.0), ("checks.0.lag", 0.25), ("checks.1.status", 0.0), ("up", 1.0)],
)
def test_a_path_leads_to_a_number_or_a_health_word(path: str, expected: float) -> None:
    assert number_at(DOCUMENT, path) == expected


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("checks.7.status", "no 7 there"),
        ("check.0", "no check there"),
        ("odd", "'purple'; expected a number or a health word"),
        ("checks", "expected a number or a health word"),
    ],
)
def test_what_is_no_figure_is_a_gap_with_its_reason(path: str, expected: str) -> None:
    with pytest.raises(NoReading) as none:
        number_at(DOCUMENT, path)
    assert expected in none.value.because


def test_a_path_that_leads_nowhere_leaves_the_others() -> None:
    found = readings(b'{"stripe": "ok"}', {"stripe": "stripe", "google": "google"})
    assert [(reading.metric, reading.value) for reading in found] == [("stripe", 1.0)]


def test_an_answer_that_is_not_json_is_a_gap() -> None:
    with pytest.raises(NoReading) as none:
        readings(b"<html>", {"stripe": "stripe"})
    assert none.value.because == "the answer is not JSON"
