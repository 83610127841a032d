"""Response and service time stand side by side."""

from dataclasses import replace

import numpy as np

from records.histogram import bucket_index
from records.series import Cells, Series
from records.window import PAYMENT_FLOW
from reports.html import render_html
from reports.latency import latency_rows
from reports.markdown import render_markdown
from tests.unit.reports.build_example import Example
from tests.unit.reports.build_verdict import failing_verdict


def cells(second: int, operation: int, us: int) -> Cells:
    return Cells(*(np.array([value], dtype=np.int64) for value in (second, operation, bucket_index(us), 10)))


def test_each_operation_has_both_times(made: Example) -> None:
    second = next(int(stage.start_s) + 1 for stage in made.run.manifest.plan.stages if stage.is_judged)
    series = Series(
        ("GET /x", PAYMENT_FLOW),
        cells(second, 0, 2_000),
        cells(second, 0, 1_000),
        cells(second, 0, 0),
        received_bytes=0,
    )
    (row,) = latency_rows(replace(made.run, series=series))
    assert (row.operation, row.response[0], row.service[0], row.count) == ("GET /x", "2 ms", "1 ms", 10)


def test_the_forms_say_which_time_is_which(made: Example) -> None:
    page = render_html(made.run, failing_verdict(made), made.baselines)
    assert "Response p50" in page
    assert "Service p50" in page
    assert "Service p95" in render_markdown(made.run, failing_verdict(made))
