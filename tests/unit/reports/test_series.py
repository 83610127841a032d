"""Series over time: exact counts, merged percentiles, bounded size."""

from dataclasses import replace

import numpy as np
import pytest

from records.histogram import Histogram
from records.series import collect
from records.window import Outcome, Window
from reports.series import (
    MOST_WINDOWS,
    latencies,
    latencies_by_operation,
    quantiles_by_group,
    seconds_of,
    timeline,
    window_s,
)
from tests.unit.reports.build_example import Example, example, killed_example


def test_quantiles_by_group_are_those_of_each_groups_histogram() -> None:
    generator = np.random.default_rng(3)
    samples = [generator.lognormal(10, 1, size) for size in (1, 17, 400)]
    histograms = [Histogram.of(values) for values in samples]
    filled = [np.flatnonzero(histogram.counts) for histogram in histograms]
    group = np.concatenate([np.full(part.size, index) for index, part in enumerate(filled)])
    bucket = np.concatenate(filled)
    count = np.concatenate([histogram.counts[part] for histogram, part in zip(histograms, filled, strict=True)])
    shuffle = generator.permutation(bucket.size)
    values, totals = quantiles_by_group(group[shuffle], bucket[shuffle], count[shuffle], 4, (0.5, 0.95, 0.99))
    for index, histogram in enumerate(histograms):
        assert values[:, index].tolist() == histogram.quantiles_us([0.5, 0.95, 0.99])
    assert totals.tolist() == [1, 17, 400, 0]
    assert np.isnan(values[:, 3]).all()


def test_every_request_of_the_run_is_in_the_timeline(made: Example) -> None:
    found = timeline(made.run)
    lengths = np.full(found.start_s.size, float(found.step_s))
    lengths[-1] = seconds_of(made.run) - found.step_s * (found.start_s.size - 1)
    counted = float((found.request_rate_per_s * lengths).sum())
    assert counted == pytest.approx(sum(made.run.outcomes(0, 1e9).values()))


@pytest.mark.parametrize("seconds", [1, 59, 3_600, 86_400, 604_800])
def test_windows_never_exceed_what_a_screen_can_show(seconds: int) -> None:
    assert seconds / window_s(seconds, 10**9, enough=200) <= MOST_WINDOWS
    assert seconds / window_s(seconds, 0, enough=200) <= MOST_WINDOWS


def test_windows_widen_until_they_hold_enough_but_keep_the_course() -> None:
    assert window_s(600, 600 * 10, enough=200) == 20
    assert 600 / window_s(600, 60, enough=200) >= 20


def test_a_percentile_of_too_few_requests_is_a_gap() -> None:
    window = Window(0, "GET /", {Outcome.OK: 10}, Histogram.of([1000.0] * 10).sparse(), [], 0)
    run = replace(killed_example(), series=collect([window]))
    found = latencies(run)
    assert found.us[0, 0] == 1000
    assert np.isnan(found.us[1:, 0]).all()
    assert found.count[0] == 10


def test_a_late_answer_of_a_damaged_clock_does_not_stretch_the_axis() -> None:
    window = Window(10**9, "GET /", {Outcome.OK: 1}, [1000, 1], [], 0)
    run = replace(killed_example(), series=collect([window]))
    assert seconds_of(run) < 300
    assert timeline(run).request_rate_per_s.sum() == 0


def test_a_run_without_anything_has_an_empty_timeline_as_long_as_its_plan() -> None:
    run = killed_example()
    found = timeline(run)
    assert found.start_s.size > 0
    assert np.isnan(found.users).all()
    assert latencies(run).count.sum() == 0
    assert latencies_by_operation(run) == {}


def test_workers_add_up_and_the_busiest_one_counts() -> None:
    run = example(time_scale=0.01).run
    first = [sample for sample in run.generator if sample.second == 0]
    found = timeline(run)
    assert found.step_s == 1
    assert found.users[0] == sum(sample.users for sample in first)
    assert found.planned_per_s[0] == sum(sample.planned for sample in first)
    assert found.cpu_ratio[0] == max(sample.cpu_ratio for sample in first)
