"""Titles claim only what the data shows."""

from reports.series import latencies_by_operation
from reports.titles import latency, slowdown
from tests.unit.reports.build_example import SLOTS, Example, example


def test_a_slow_down_is_told_with_its_moment() -> None:
    run = example(time_scale=0.1).run
    found = latencies_by_operation(run)[SLOTS]
    shift = slowdown(run, found)
    assert shift is not None
    last = run.manifest.plan.stages[-1]
    assert last.start_s + 0.2 * last.duration_s <= shift[0] <= last.start_s + 0.55 * last.duration_s
    assert 2 < shift[1] < 6
    assert "slows down from" in latency(run, SLOTS, found, 200_000)


def test_nothing_slows_down_where_nothing_changed() -> None:
    for seed in range(3):
        run = example(slots_slow_down=False, seed=seed).run
        assert [name for name, found in latencies_by_operation(run).items() if slowdown(run, found)] == []


def test_a_title_names_the_limit_and_how_often_it_was_passed(made: Example) -> None:
    found = latencies_by_operation(made.run)["GET /health"]
    assert "(limit 200 ms)" in latency(made.run, "GET /health", found, 200_000)
    assert "over its limit of 1 ms" in latency(made.run, "GET /health", found, 1_000)
