import pytest

from scenarios.quantity import duration_s, positive_duration_s, rate_per_s, ratio


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("500 ms", 0.5), ("30 s", 30.0), ("10 min", 600.0), ("2 h", 7200.0), ("1.5s", 1.5), ("1_000 ms", 1.0)],
)
def test_durations_become_seconds(text: str, seconds: float) -> None:
    assert duration_s(text) == pytest.approx(seconds)


@pytest.mark.parametrize("text", [30, "30", "30 parsecs", "ten s", "30 %", "", None, "5 per s"])
def test_a_duration_without_a_known_unit_is_an_error(text: object) -> None:
    with pytest.raises(ValueError, match="expected a duration"):
        duration_s(text)


@pytest.mark.parametrize("text", ["0 s", "-5 s"])
def test_a_length_of_time_is_more_than_zero(text: str) -> None:
    with pytest.raises(ValueError, match="expected more than 0"):
        positive_duration_s(text)


def test_percentages_become_ratios() -> None:
    assert ratio("0.1 %") == pytest.approx(0.001)


@pytest.mark.parametrize("text", ["101 %", "-1 %"])
def test_a_percentage_outside_0_to_100_is_an_error(text: str) -> None:
    with pytest.raises(ValueError, match="between 0 % and 100 %"):
        ratio(text)


@pytest.mark.parametrize("text", [5, "5", "5 s", "0.05"])
def test_a_ratio_needs_its_sign(text: object) -> None:
    with pytest.raises(ValueError, match="percentage"):
        ratio(text)


@pytest.mark.parametrize(("text", "rate"), [("20 per s", 20.0), ("90 per min", 1.5), ("30/h", 30 / 3600)])
def test_rates_become_events_per_second(text: str, rate: float) -> None:
    assert rate_per_s(text) == pytest.approx(rate)


@pytest.mark.parametrize("text", ["20", "20 s", "20 per day", "0 per s", "-3 per s", 20])
def test_a_rate_needs_a_known_unit_and_more_than_zero(text: object) -> None:
    with pytest.raises(ValueError, match="expected"):
        rate_per_s(text)
