"""Rules of reading Prometheus text."""

import pytest

from loadgen.probes.exposition import MAX_LINES, Exposition
from loadgen.probes.reading import NoReading

TEXT = """# HELP q Query.
# TYPE q histogram
q_bucket{le="0.01"} 3
q_bucket{le="+Inf"} 5
q_sum 0.08
q_count 5
# TYPE sent_total counter
sent_total{channel="email",outcome="sent"} 97
sent_total{channel="email",outcome="failed"} 3
sent_total{channel="sms",outcome="sent"} 40
# TYPE pool gauge
pool 7
pool_size 45
odd{path="a{b} c\\\\n"} NaN
"""


def values(series: list[str], histograms: list[str] | None = None, text: str = TEXT) -> dict[str, float]:
    return {metric: value for metric, value, _ in Exposition(series, histograms or []).readings(text)}


def test_only_what_is_asked_for_is_read() -> None:
    assert values(["pool"]) == {"pool": 7.0}


def test_labels_that_are_not_named_are_added_up() -> None:
    asked = ['sent_total{channel="email",outcome="sent"}', 'sent_total{channel="email"}', "sent_total"]
    assert list(values(asked).values()) == [97.0, 100.0, 140.0]


def test_a_histogram_gives_its_buckets_by_bound_and_its_sum() -> None:
    assert values(["q"], ["q"]) == {"q le=0.01": 3.0, "q le=inf": 5.0, "q sum": 0.08}


def test_what_is_not_there_is_left_out_and_is_no_zero() -> None:
    assert values(["pool", "gone_total"]) == {"pool": 7.0}


def test_a_value_that_is_no_number_is_left_out() -> None:
    assert values(["pool", "odd"]) == {"pool": 7.0}


@pytest.mark.parametrize("text", ["<html>503</html>", 'pool{x="1" 7\n', "pool seven\n"])
def test_another_answer_is_a_gap_with_its_reason(text: str) -> None:
    with pytest.raises(NoReading) as none:
        values(["pool"], text=text)
    assert "Prometheus' text format" in none.value.because


def test_more_lines_than_anybody_wants_are_a_gap() -> None:
    text = "".join(f'pool{{n="{number}"}} 1\n' for number in range(MAX_LINES + 1))
    with pytest.raises(NoReading) as none:
        values(["pool"], text=text)
    assert "name their labels" in none.value.because
