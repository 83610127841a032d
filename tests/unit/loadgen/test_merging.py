from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from loadgen.merging import SUMMED, MergedWindows
from records.histogram import Histogram
from records.series import collect
from records.window import FAILED, ErrorCount, Outcome, Window

LIMIT_US = 200_000


def window(second: int, operation: str, latencies_us: list[float], **outcomes: int) -> dict[str, Any]:
    sparse = Histogram.of(latencies_us).sparse()
    counts = {Outcome(name): count for name, count in outcomes.items()}
    errors = [ErrorCount(outcome, "status", "500", counts[outcome]) for outcome in counts if outcome in FAILED]
    within = ((LIMIT_US, len(latencies_us)),) if latencies_us else ()
    return Window(second, operation, counts, sparse, sparse, 10 * len(latencies_us), tuple(errors), within).as_record()


def test_windows_of_one_second_and_operation_become_one() -> None:
    merged = MergedWindows()
    merged.add([window(3, "GET /x", [100.0, 900.0], ok=2)])
    merged.add([window(3, "GET /x", [100.0, 5000.0], ok=1, timeout=1)])
    (record,) = merged.take()
    assert record["outcomes"] == {"ok": 3, "timeout": 1}
    assert record["response_us"] == Histogram.of([100.0, 100.0, 900.0, 5000.0]).sparse()
    assert record["received_bytes"] == 40
    assert record["errors"] == [["timeout", "status", "500", 1]]
    assert record["within_limit"] == [[LIMIT_US, 4]]


def test_every_part_of_a_window_is_known_here() -> None:
    assert window(3, "GET /x", [1.0], timeout=1).keys() == SUMMED


def test_a_window_with_a_part_of_another_kind_is_left_as_it_is() -> None:
    merged = MergedWindows()
    strange = {**window(3, "GET /x", [1.0], ok=1), "colour": "blue"}
    merged.add([window(3, "GET /x", [1.0], ok=1), strange, window(3, "GET /x", [1.0], ok=1)])
    assert strange in merged.take()


def test_other_seconds_and_operations_stay_apart() -> None:
    merged = MergedWindows()
    merged.add([window(3, "GET /x", [1.0], ok=1), window(4, "GET /x", [1.0], ok=1), window(3, "GET /y", [1.0], ok=1)])
    assert len(merged.take()) == 3


def test_what_was_taken_is_forgotten() -> None:
    merged = MergedWindows()
    merged.add([window(3, "GET /x", [1.0], ok=1)])
    merged.take()
    assert merged.take() == []


latencies = st.lists(st.floats(0, 1e8), max_size=20)
windows = st.lists(st.tuples(st.integers(0, 2), st.sampled_from(["a", "b"]), latencies), max_size=12)


@given(windows)
def test_merged_windows_say_what_the_single_ones_say(parts: list[tuple[int, str, list[float]]]) -> None:
    records = [window(second, name, values, ok=len(values), timeout=second) for second, name, values in parts]
    merged = MergedWindows()
    for record in records:
        merged.add([record])
    apart = collect(Window.from_record(record) for record in records)
    together = collect(Window.from_record(record) for record in merged.take())
    for second in range(3):
        for name in ("a", "b"):
            for cells in ("response", "service"):
                one = apart.histogram(getattr(apart, cells), second, second + 1, [name])
                other = together.histogram(getattr(together, cells), second, second + 1, [name])
                assert (one.counts == other.counts).all()
            assert apart.outcome_counts(second, second + 1, [name]) == together.outcome_counts(
                second, second + 1, [name]
            )
    assert apart.received_bytes == together.received_bytes
    assert sorted(apart.errors, key=str) == sorted(together.errors, key=str)
    assert apart.within_limit.count.sum() == together.within_limit.count.sum()
