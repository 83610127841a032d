from loadgen.starts import Starts


def test_a_flush_leaves_later_seconds_alone() -> None:
    starts = Starts()
    starts.due(0.5)
    starts.due(1.0)
    assert starts.flush(0).planned == 1
    assert starts.flush(1).planned == 1
    assert starts.flush(1).planned == 0


def test_a_start_that_came_after_its_second_was_flushed_is_in_the_next_flush() -> None:
    starts = Starts()
    starts.due(0.9)
    assert (starts.flush(0).planned, starts.flush(0).started) == (1, 0)
    starts.start(0.9, late_s=0.3)
    counts = starts.flush(1)
    assert (counts.planned, counts.started, counts.late) == (0, 1, 1)
    assert list(counts.lateness_us) == [300_000.0]


def test_a_start_before_its_time_is_not_late() -> None:
    starts = Starts()
    starts.start(0.0, late_s=-0.001)
    counts = starts.flush(0)
    assert (list(counts.lateness_us), counts.late) == ([0.0], 0)


def test_lateness_up_to_50_ms_is_not_counted_as_late() -> None:
    starts = Starts()
    starts.start(0.0, late_s=0.049)
    starts.start(0.0, late_s=0.051)
    assert starts.flush(0).late == 1
