"""Numbers become words in one way everywhere."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reports import wording


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (0, "0"),
        (0.012345, "0.0123"),
        (1.0, "1"),
        (1.2345, "1.23"),
        (12.345, "12.3"),
        (99.96, "100"),
        (999.6, "1,000"),
        (12345, "12,300"),
        (-4.5678, "−4.57"),
        (float("inf"), "∞"),
    ],
)
def test_numbers_have_three_significant_digits_and_separated_thousands(value: float, words: str) -> None:
    assert wording.number(value) == words


@pytest.mark.parametrize(
    ("microseconds", "words"),
    [(850, "850 µs"), (1_000, "1 ms"), (143_700, "144 ms"), (999_900, "1 s"), (2_345_000, "2.35 s"), (None, "none")],
)
def test_a_latency_is_shown_in_the_unit_that_suits_it(microseconds: float | None, words: str) -> None:
    assert wording.latency_us(microseconds) == words


@pytest.mark.parametrize(
    ("ratio", "words"),
    [(0.0006, "0.06 %"), (0.8288, "82.9 %"), (0.9995, "99.95 %"), (0.99999, "99.999 %"), (1.0, "100 %"), (0.0, "0 %")],
)
def test_a_ratio_close_to_one_is_told_from_one(ratio: float, words: str) -> None:
    assert wording.percent(ratio) == words


@given(st.floats(min_value=0, max_value=1, exclude_max=True))
def test_only_all_is_shown_as_all(ratio: float) -> None:
    if ratio < 1 - 1e-8:
        assert wording.percent(ratio) != "100 %"


@pytest.mark.parametrize(
    ("ratio", "words"), [(0.312, "+31.2 %"), (-0.04, "−4 %"), (0.0001, "±0 %"), (12.0, "+1,200 %")]
)
def test_a_change_has_a_sign_and_one_decimal(ratio: float, words: str) -> None:
    assert wording.change(ratio) == words


def test_an_interval_comes_with_its_level() -> None:
    assert wording.change_interval((0.22, 0.41), 0.95) == "95 % interval +22 % to +41 %"
    assert wording.interval((0.13, 0.151), "s", "90 %") == "90 % interval 130 ms to 151 ms"


def test_what_was_not_measured_is_said_and_never_zero() -> None:
    assert wording.quantity(None, "ratio") == "not measured"
    assert wording.latency_us(float("nan")) == "none"


def test_an_unknown_unit_is_named_as_it_is() -> None:
    assert wording.quantity(3.0, "files") == "3 files"


def test_a_name_of_the_target_loses_control_characters_and_excess_length() -> None:
    assert wording.plain("GET /\x1b[31mred\n") == "GET /\ufffd[31mred\ufffd"
    assert len(wording.plain("x" * 500)) == wording.MAX_NAME_CHARACTERS


@pytest.mark.parametrize(
    ("seconds", "words"), [(57.6, "57.6 s"), (1450, "24 min 10 s"), (11_100, "3 h 5 min"), (172_800, "2 d")]
)
def test_a_length_is_told_in_two_units_at_most(seconds: float, words: str) -> None:
    assert wording.length(seconds) == words


@pytest.mark.parametrize(
    ("seconds", "words"), [(900, "15 min"), (28_800, "8 h"), (604_800, "7 days"), (86_400, "1 day")]
)
def test_a_deadline_is_told_in_one_unit(seconds: float, words: str) -> None:
    assert wording.deadline(seconds) == words


def test_a_moment_without_a_zone_is_utc() -> None:
    assert wording.utc("2026-11-23T06:00:00") == "2026-11-23 06:00:00 UTC"
    assert wording.utc("2026-11-23T08:00:00+02:00") == "2026-11-23 06:00:00 UTC"
    assert wording.utc("yesterday") == "yesterday"


def test_a_sentence_does_not_capitalise_a_metric_or_a_stage() -> None:
    assert wording.sentence("p95 is slow") == "p95 is slow."
    assert wording.sentence("plus_50 failed.") == "plus_50 failed."
    assert wording.sentence("the loop stood still") == "The loop stood still."
