import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from loadgen.recorder import BREATHE_EVERY, MAX_OPERATIONS, OTHER, Recorder
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


def test_what_is_recorded_while_windows_are_folded_belongs_to_the_next_flush() -> None:
    """Others run while a flush breathes: their requests are in one flush or the other, never in both, never in none."""
    recorder = Recorder()
    for number in range(2 * BREATHE_EVERY):
        recorder.request(f"GET /{number}", Outcome.OK, 0.0, 1000.0, 1000.0, 10)
    windows, _, _ = recorder.flush(lambda: recorder.request("GET /late", Outcome.OK, 0.0, 1000.0, 1000.0, 10))
    assert len(windows) == 2 * BREATHE_EVERY
    (late,), _, _ = recorder.flush()
    assert late.outcomes == {Outcome.OK: 2}  # it breathed twice
