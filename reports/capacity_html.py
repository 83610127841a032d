"""The quarterly report as one HTML page that fetches nothing."""

import base64
from collections.abc import Mapping

from matplotlib.figure import Figure

from analysis.quarter.quarter import Quarter
from reports.capacity import head, sections, shown_captions
from reports.page import environment, page
from reports.typeset import svg_of


def render_capacity(quarter: Quarter, drawn: Mapping[str, Figure], links: Mapping[str, str], made_at: str) -> str:
    """Return the page; `links` are addresses of the runs' own reports by run id, `made_at` is ISO 8601 UTC."""
    return environment().get_template("capacity.html").render(
        **head(quarter, made_at),
        sections=[section.row() for section in sections(quarter)],
        pictures={name: _embedded(figure) for name, figure in drawn.items()},
        titles={name: figure.get_suptitle() for name, figure in drawn.items()},
        captions=shown_captions(quarter),
        links=links,
        **page(has_charts=False),
    )  # fmt: skip


def _embedded(figure: Figure) -> str:
    return f"data:image/svg+xml;base64,{base64.b64encode(svg_of(figure)).decode('ascii')}"
