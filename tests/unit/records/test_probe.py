"""Rules of probe samples."""

import pytest

from records.probe import UP, ProbeSample, bucket_bound, bucket_metric, collect_probes


def test_a_sample_survives_its_line() -> None:
    for sample in (
        ProbeSample(3, "shop", "cache_hits_total", 12.0, "count"),
        ProbeSample(4, "shop", UP, None, "count", "no answer within 0.8 s"),
    ):
        assert ProbeSample.from_record(sample.as_record()) == sample


def test_a_value_without_a_reason_has_a_line_without_one() -> None:
    assert ProbeSample(3, "shop", "x", 1.0, "s").as_record() == {
        "second": 3, "probe": "shop", "metric": "x", "value": 1.0, "unit": "s",
    }  # fmt: skip


def test_a_gap_is_no_value() -> None:
    series = collect_probes(
        [
            ProbeSample(0, "shop", UP, 1.0, "count"),
            ProbeSample(1, "shop", UP, None, "count", "refused"),
            ProbeSample(2, "shop", UP, 1.0, "count", "back after 1 s"),
        ]
    )
    column = series.column("shop", UP)
    assert column is not None
    assert column.second.tolist() == [0, 2]
    assert [gap.because for gap in series.gaps] == ["refused"]
    assert [sample.because for sample in series.returns] == ["back after 1 s"]


def test_samples_are_in_the_order_of_time_and_one_a_second() -> None:
    series = collect_probes([ProbeSample(second, "p", "x", float(second), "s") for second in (2, 0, 2, 1)])
    column = series.column("p", "x")
    assert column is not None
    assert column.second.tolist() == [0, 1, 2]
    assert column.value.tolist() == [0.0, 1.0, 2.0]
    assert column.between(1, 2).value.tolist() == [1.0, 2.0]


@pytest.mark.parametrize("bound", [0.005, 1.0, float("inf")])
def test_a_bucket_is_found_by_its_name(bound: float) -> None:
    name = bucket_metric('h{route="/x"}', bound)
    assert bucket_bound('h{route="/x"}', name) == bound
    assert bucket_bound("h", name) is None
