import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from loadgen.cardinality import MAX_NAME_CHARS
from loadgen.recorder import MAX_ERROR_TEXTS, MAX_OPERATIONS, OTHER, OTHER_ERRORS, Recorder
from records.histogram import Histogram
from records.journey import JourneyCount, Milestone
from records.window import Outcome


def test_a_request_belongs_to_the_second_it_was_meant_to_start_in() -> None:
    recorder = Recorder()
    recorder.request("GET /x", Outcome.OK, 3.999, 5_000_000.0, 1000.0, 10)
    (window,), _, _ = recorder.flush()
    assert window.second == 3


def test_response_and_service_time_are_kept_apart() -> None:
    recorder = Recorder()
    recorder.request("GET /x", Outcome.OK, 0.0, 1500.0, 100.0, 10)
    (window,), _, _ = recorder.flush()
    assert Histogram.from_sparse(window.response_us).quantile_us(0.5) == 1500.0
    assert Histogram.from_sparse(window.service_us).quantile_us(0.5) == 100.0


def test_a_rate_limiters_quick_no_is_counted_but_not_timed() -> None:
    recorder = Recorder()
    recorder.request("GET /x", Outcome.RATE_LIMITED, 0.0, 100.0, 100.0, 10)
    (window,), _, _ = recorder.flush()
    assert window.outcomes == {Outcome.RATE_LIMITED: 1}
    assert window.response_us == []


def test_a_timeout_is_counted_and_timed() -> None:
    recorder = Recorder()
    recorder.request("GET /x", Outcome.TIMEOUT, 0.0, 30e6, 30e6, 0)
    (window,), _, _ = recorder.flush()
    assert Histogram.from_sparse(window.response_us).count == 1


def test_what_was_flushed_is_forgotten() -> None:
    recorder = Recorder()
    recorder.request("GET /x", Outcome.OK, 0.0, 1.0, 1.0, 0)
    recorder.flush()
    assert recorder.flush() == ([], [], [])


def test_too_many_names_end_in_one_row() -> None:
    recorder = Recorder()
    for number in range(MAX_OPERATIONS + 50):
        recorder.request(f"GET /x/{number}", Outcome.OK, 0.0, 1.0, 1.0, 0)
    windows, _, _ = recorder.flush()
    assert len(windows) == MAX_OPERATIONS + 1
    (other,) = [window for window in windows if window.operation == OTHER]
    assert other.outcomes == {Outcome.OK: 50}


def test_milestones_are_counted_by_second_and_persona() -> None:
    recorder = Recorder()
    for _ in range(3):
        recorder.milestone(4, "payer", Milestone.PAID)
    assert recorder.flush()[1] == [JourneyCount(4, "payer", Milestone.PAID, 3)]


@given(st.lists(st.floats(min_value=0, max_value=4e9), min_size=1, max_size=300))
def test_windows_hold_the_histogram_of_the_values(values: list[float]) -> None:
    recorder = Recorder()
    for value in values:
        recorder.request("GET /x", Outcome.OK, 0.0, value, value, 0)
    (window,), _, _ = recorder.flush()
    assert np.array_equal(Histogram.from_sparse(window.response_us).counts, Histogram.of(values).counts)


def test_errors_are_counted_by_second_operation_and_text() -> None:
    recorder = Recorder()
    for second, operation, text in (
        (1.0, "GET /x", "a"),
        (1.5, "GET /x", "a"),
        (1.5, "GET /x", "b"),
        (2.0, "GET /y", "a"),
    ):
        recorder.request(operation, Outcome.SERVER_ERROR, second, 1.0, 1.0, 0, ("status", text))
    windows, _, _ = recorder.flush()
    assert [(w.second, w.operation, [(e.text, e.count) for e in w.errors]) for w in windows] == [
        (1, "GET /x", [("a", 2), ("b", 1)]),
        (2, "GET /y", [("a", 1)]),
    ]


def test_too_many_error_texts_end_in_one_row_and_keep_their_kind() -> None:
    recorder = Recorder()
    for number in range(MAX_ERROR_TEXTS + 50):
        recorder.request("GET /x", Outcome.SERVER_ERROR, 0.0, 1.0, 1.0, 0, ("judged", f"booking {number} lost"))
    (window,), _, _ = recorder.flush()
    assert len(window.errors) == MAX_ERROR_TEXTS + 1
    (other,) = [error for error in window.errors if error.text == OTHER_ERRORS]
    assert (other.kind, other.count) == ("judged", 50)


def test_a_long_text_is_cut_and_stays_one_text() -> None:
    recorder = Recorder()
    for tail in ("a", "b"):
        recorder.request("GET /x", Outcome.TIMEOUT, 0.0, 1.0, 1.0, 0, ("timeout", "x" * MAX_NAME_CHARS + tail))
    (window,), _, _ = recorder.flush()
    assert [(error.text, error.count) for error in window.errors] == [("x" * MAX_NAME_CHARS, 2)]


def test_a_million_distinct_names_and_texts_do_not_grow_memory() -> None:
    recorder = Recorder()
    for number in range(1_000_000):
        recorder.request(f"GET /x/{number}", Outcome.SERVER_ERROR, 0.0, 1.0, 1.0, 0, ("judged", f"id {number}"))
        if number % 100_000 == 0:
            recorder.flush()
    assert (len(recorder._operations), len(recorder._texts)) == (MAX_OPERATIONS, MAX_ERROR_TEXTS)
    assert len(recorder._cells) == 1  # this second's row of other operations
    (window,), _, _ = recorder.flush()
    assert [(error.text, error.count) for error in window.errors] == [(OTHER_ERRORS, 99_999)]


@given(st.lists(st.integers(199_900, 200_100), min_size=1, max_size=100))
def test_a_window_tells_the_side_of_a_limit_inside_its_bucket(values: list[int]) -> None:
    recorder = Recorder([200_000])
    for value in values:
        recorder.request("GET /x", Outcome.OK, 0.0, value, value, 0)
    (window,), _, _ = recorder.flush()
    low_us = 199_936  # 1,562 x 128: the bucket of 200,000 is 199,936 to 200,063
    within = sum(low_us <= value <= 200_000 for value in values)
    assert window.within_limit == (((200_000, within),) if within else ())


def test_what_is_recorded_while_windows_are_folded_belongs_to_the_next_flush() -> None:
    """Others run while a flush breathes: their requests are in one flush or the other, never in both, never in none."""
    recorder = Recorder()
    for number in range(4):
        recorder.request(f"GET /{number}", Outcome.OK, 0.0, 1000.0, 1000.0, 10)
    windows, _, _ = recorder.flush(lambda: recorder.request("GET /late", Outcome.OK, 0.0, 1000.0, 1000.0, 10))
    assert len(windows) == 4
    (late,), _, _ = recorder.flush()
    assert late.outcomes == {Outcome.OK: 3}  # it breathed three times
