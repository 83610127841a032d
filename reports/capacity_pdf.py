"""The quarterly report on paper: the answers on the first page, then the evidence."""

from collections.abc import Mapping

from matplotlib.figure import Figure

from analysis.quarter.quarter import Quarter
from analysis.verdict import Outcome
from reports.capacity import head, sections, shown_captions
from reports.pdf import PAPER_CSS
from reports.typeset import typeset


def render_capacity_pdf(quarter: Quarter, drawn: Mapping[str, Figure], made_at: str) -> bytes:
    """Return the report as PDF (A4); the same input gives the same bytes."""
    told = head(quarter, made_at)
    data = {
        **told,
        "css": PAPER_CSS[Outcome(told["outcome"])],
        "sections": [section.row() for section in sections(quarter)],
        "drawn": list(drawn),
        "captions": shown_captions(quarter),
    }
    return typeset("capacity", data, drawn)
