"""PDF files: whole, the same bytes each time, and what comes from a target is never markup."""

from matplotlib.figure import Figure

from analysis.month import Chapter, Missing, Month
from reports.month_pdf import render_month_pdf
from reports.pdf import render_pdf
from tests.unit.reports.build_example import Example, killed_example
from tests.unit.reports.build_verdict import failing_verdict, invalid_verdict

AT = "2026-11-26T03:00:00+00:00"


def picture() -> Figure:
    figure = Figure(figsize=(3, 2))
    figure.subplots().plot([0, 1], [0, 1])
    return figure


def test_the_same_run_gives_the_same_bytes(made: Example) -> None:
    verdict = failing_verdict(made)
    first = render_pdf(made.run, verdict, {"latency": picture()})
    assert first.startswith(b"%PDF-")
    assert first == render_pdf(made.run, verdict, {"latency": picture()})


def test_a_run_that_was_killed_has_a_pdf_too() -> None:
    run = killed_example()
    assert render_pdf(run, invalid_verdict(run), {}).startswith(b"%PDF-")


def test_names_that_try_to_be_markup_stay_names(hostile: Example) -> None:
    assert render_pdf(hostile.run, failing_verdict(hostile), {}).startswith(b"%PDF-")


def test_a_month_with_a_missing_run_has_a_pdf(made: Example) -> None:
    month = Month((Chapter(made.run, failing_verdict(made)),), (Missing("rush", "#panic(`no`) did not answer"),))
    assert render_month_pdf(month, AT) == render_month_pdf(month, AT)


def test_a_picture_is_part_of_the_page(made: Example) -> None:
    verdict = failing_verdict(made)
    without, with_one = (render_pdf(made.run, verdict, drawn) for drawn in ({}, {"latency": picture()}))
    assert len(with_one) > len(without) + 500
