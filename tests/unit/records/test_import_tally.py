"""Requests of other tools added up: counts, percentiles and errors against the requests themselves."""

import numpy as np
import orjson
import pytest

from records.histogram import Histogram
from records.imports.dealt import deal, shares
from records.imports.sample import OK, Ending, Samples, of_status
from records.imports.tally import MAX_OPERATIONS, OTHER, SPAN_S, SpanError, Tally
from records.imports.writing import records_of
from records.series import collect
from records.window import Outcome, Window

EPOCH_S = 1_700_000_000.0


def samples(
    start_s: list[float], latency_us: list[float], operation: list[int], names: list[str], endings: list[Ending]
) -> Samples:
    return Samples(
        np.array(start_s) + EPOCH_S,
        np.array(latency_us),
        np.array(operation, dtype=np.int64),
        names,
        np.arange(len(endings), dtype=np.int64),
        endings,
    )


def test_requests_count_in_the_second_in_which_they_began() -> None:
    tally = Tally()
    tally.add(samples([5.9, 3.2, 3.9], [10.0, 20.0, 30.0], [0, 0, 1], ["a", "b"], [OK, OK, OK]))
    series = tally.series()
    assert tally.first_second == EPOCH_S + 3
    assert series.outcomes.second.tolist() == [0, 0, 2]
    assert [series.names[place] for place in series.outcomes.operation.tolist()] == ["a", "b", "a"]


def test_pieces_add_up_to_the_whole() -> None:
    rng = np.random.default_rng(7)
    values = np.exp(rng.normal(10, 1, 3_000))
    start_s = EPOCH_S + rng.uniform(0, 60, 3_000)
    tally = Tally()
    for part in np.array_split(np.arange(3_000), 7):
        zeros = np.zeros(part.size, dtype=np.int64)
        tally.add(Samples(start_s[part], values[part], zeros, ["a"], zeros, [OK]))
    series = tally.series()
    assert (series.histogram(series.response, 0, 60, ["a"]).counts == Histogram.of(values).counts).all()


def test_what_has_no_whole_answer_is_counted_but_not_timed() -> None:
    tally = Tally()
    endings = [OK, of_status(429), of_status(404), of_status(503)]
    tally.add(samples([0, 0, 0, 0], [1.0, 2.0, 3.0, 4.0], [0, 0, 0, 0], ["a"], endings))
    series = tally.series()
    assert series.histogram(series.response, 0, 1, ["a"]).count == 2
    counts = series.outcome_counts(0, 1, ["a"])
    assert (counts[Outcome.RATE_LIMITED], counts[Outcome.CLIENT_ERROR], counts[Outcome.SERVER_ERROR]) == (1, 1, 1)


def test_windows_read_back_give_the_series_that_was_added_up() -> None:
    tally = Tally([200_000])
    endings = [OK, of_status(500), OK, OK]
    tally.add(samples([0, 0, 1, 1], [199_990.0, 5.0, 200_000.0, 200_010.0], [0, 1, 0, 0], ["a", "b"], endings))
    series = tally.series()
    lines = [orjson.loads(orjson.dumps(record)) for record in records_of(series, tally.errors_by_window())]
    read = collect(Window.from_record(line) for line in lines)
    assert (
        read.histogram(read.response, 0, 2, ["a"]).counts == series.histogram(series.response, 0, 2, ["a"]).counts
    ).all()
    assert [(error.operation, error.text, error.count) for error in read.errors] == [("b", "status 500", 1)]
    assert read.errors == series.errors
    within = {
        int(second): int(count) for second, count in zip(read.within_limit.second, read.within_limit.count, strict=True)
    }
    assert within == {0: 1, 1: 1}  # of the bucket of 200 ms: 199.99 ms, then 200 ms, but not 200.01 ms


def test_more_names_than_an_api_has_go_to_the_other_operations() -> None:
    many = MAX_OPERATIONS + 3
    tally = Tally()
    tally.add(
        samples([0.0] * many, [1.0] * many, list(range(many)), [f"n{place}" for place in range(many)], [OK] * many)
    )
    series = tally.series()
    assert len(series.names) == MAX_OPERATIONS + 1
    assert sum(series.outcome_counts(0, 1, [OTHER]).values()) == 3


def test_requests_further_apart_than_a_run_are_refused() -> None:
    tally = Tally()
    with pytest.raises(SpanError, match="more than 7 days"):
        tally.add(samples([0.0, 3.0 * SPAN_S], [1.0, 1.0], [0, 0], ["a"], [OK, OK]))


def test_dealt_latencies_keep_the_distribution_and_the_counts_by_second() -> None:
    counts, per_second = np.array([70, 25, 5]), np.array([40, 0, 60])
    values, seconds = np.array([10.0, 20.0, 30.0]), np.array([100.0, 101.0, 102.0])
    dealt = list(deal("a", values, counts, seconds, per_second, [(OK, 90), (of_status(500), 10)]))
    latency = np.concatenate([part.latency_us for part in dealt])
    second = np.concatenate([part.start_s for part in dealt])
    assert [int((latency == value).sum()) for value in values] == counts.tolist()
    assert [int((second == moment).sum()) for moment in seconds] == per_second.tolist()
    in_first = latency[second == 100.0]
    assert 25 <= int((in_first == 10.0).sum()) <= 31  # a fair share: 70 % of 40 is 28


def test_shares_are_whole_and_sum_to_the_total() -> None:
    assert shares(10, np.array([1, 1, 1])).tolist() == [3, 4, 3]
    assert shares(5, np.array([0, 0])).sum() == 5
