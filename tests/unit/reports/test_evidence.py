"""The picture of a finding: the percentile that the finding is about, with a label that the line does not cross."""

import re

import numpy as np
import pytest

from reports.drawing import Band, Guide, Scale, line_chart
from reports.evidence import operation_chart, percentile_of
from reports.series import Latencies
from tests.unit.analysis.build_run import SLOTS, Requests, build_run, plan_of


@pytest.mark.parametrize(
    ("words", "percentile"),
    [
        ("GET /slots p50 is 10 % slower than the last 5 runs, p99 is not", "p50"),
        ("GET /slots p99 is 10 % slower", "p99"),
        ("GET /slots answers with errors", "p95"),
        ("GET /p50 answers with errors", "p95"),
    ],
)
def test_a_finding_shows_the_percentile_that_it_names_first(words: str, percentile: str) -> None:
    assert percentile_of(words) == percentile


def test_the_picture_says_what_it_shows_and_has_its_values() -> None:
    second = np.arange(0.0, 20.0, 2.0)
    found = Latencies(2, second, np.array([[1e5] * 10, [2e5] * 10, [3e5] * 10]), np.full(10, 50))
    run = build_run(Requests(), plan_of("baseline"))
    slow, slowest = (operation_chart(SLOTS, run, (), found, 20.0, name) for name in ("p50", "p99"))
    assert slow is not None
    assert slowest is not None
    assert "p50 of GET /appointments/slots over the run, 2 s at a time." in slow
    assert "p99 of GET /appointments/slots" in slowest
    assert "300 ms" in slowest  # an axis that reaches so far
    assert "300 ms" not in slow


@pytest.mark.parametrize(("level", "below"), [(90.0, False), (110.0, True)])
def test_a_label_stands_on_the_side_of_its_guide_where_the_line_is_not(level: float, below: bool) -> None:
    scale = Scale(10.0, 200.0, [], [])
    points = [(float(place), level) for place in range(11)]
    chart = line_chart(
        points, scale, [Guide(100.0, "accepted runs", "baseline-line")], [Band(0.0, 10.0, "", "band-a")], "t"
    )
    label = re.search(r'<text[^>]*? y="([\d.]+)"[^>]*>accepted runs', chart)
    guide = re.search(
        r'<line[^>]*? y1="([\d.]+)"[^>]*class="baseline-line"|class="baseline-line"[^>]*? y1="([\d.]+)"', chart
    )
    assert label is not None
    assert guide is not None
    assert (float(label[1]) > float(guide[1] or guide[2])) is below
