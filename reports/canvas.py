"""Interactive charts: Bokeh figures that follow the page's colours, and the one document that holds them all.

Every colour is a tag `property=colour name`; the page's script sets it from the CSS variable of that name, at load and when
light turns dark. The colours given here are those of light, for a page whose script came to no end.
"""

import json
import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from bokeh.core.json_encoder import serialize_json
from bokeh.document import Document
from bokeh.models import (
    BasicTickFormatter,
    BoxZoomTool,
    ColumnDataSource,
    CrosshairTool,
    FixedTicker,
    HoverTool,
    Line,
    Range,
    ResetTool,
    WheelZoomTool,
)
from bokeh.models.annotations import Label, Span
from bokeh.plotting import figure
from markupsafe import escape
from numpy.typing import NDArray

from reports import wording
from reports.palette import LIGHT
from reports.tables import Table

BOKEH_ID = re.compile(r"p\d+")


@dataclass(frozen=True, slots=True)
class KeyItem:
    """One entry of a chart's key: how it is drawn (a CSS class) and what it is."""

    css: str
    words: str


@dataclass(frozen=True, slots=True)
class Choice:
    """What a chart shows when an operation is chosen: columns of its source, and of the one behind it where there is one."""

    name: str
    title: str
    limit_ms: float | None
    limit_words: str
    columns: Mapping[str, Sequence[float | str | None]]
    behind: Mapping[str, Sequence[float | str | None]] | None = None


@dataclass(frozen=True, slots=True)
class Chart:
    """A chart with everything that stands around it: words first, and the numbers behind it."""

    name: str
    title: str
    note: str
    figure: Any
    table: Table
    key: tuple[KeyItem, ...] = ()
    choices: tuple["Choice", ...] = ()
    linked: bool = False


@dataclass(slots=True)
class Axes:
    """What the charts over time share: the range of x, its unit, and the line under the pointer."""

    x_range: Range
    divisor: float
    label: str
    pointer: Span


def paint(model: Any, **colours: str) -> Any:
    """Give properties of a model colours of the palette by name, and return the model."""
    model.tags = [*model.tags, *(f"{name}={colour}" for name, colour in colours.items())]
    for name, colour in colours.items():
        setattr(model, name, LIGHT[colour])
    return model


def new_pointer() -> Span:
    """Return the line that follows the pointer through all charts."""
    made = Span(dimension="height", line_width=1, line_alpha=0.6)
    paint(made, line_color="ink")
    return made


def drawn(made: Any, columns: ColumnDataSource, glyph: Any, *, level: str = "glyph", **colours: str) -> Any:
    """Draw a glyph from columns in colours of the palette, and return its renderer.

    One model where `figure.line` makes four (for selections that nobody makes here): a third of the time and of the size.
    """
    return made.add_glyph(columns, paint(glyph, **colours), level=level)


def new_figure(height: int, y_label: str, axes: Axes | None = None, **options: Any) -> Any:
    """Return an empty figure in the page's manner: quiet grid, no logo, zoom along x, wheel only with the Ctrl key."""
    if axes is not None:
        options["x_range"] = axes.x_range
    made = figure(
        height=height,
        sizing_mode="stretch_width",
        tools=[],
        toolbar_location="right",
        y_axis_label=y_label,
        min_border_left=64,
        min_border_right=6,
        min_border_top=8,
        min_border_bottom=6,
        background_fill_color=None,
        border_fill_color=None,
        outline_line_color=None,
        **options,
    )
    made.toolbar.logo = None
    made.toolbar.autohide = True
    dimensions: Any = "both" if axes is None else "width"
    box, wheel = BoxZoomTool(dimensions=dimensions), WheelZoomTool(dimensions=dimensions, modifiers={"ctrl": True})
    made.add_tools(box, wheel, ResetTool())
    made.toolbar.active_drag = box
    made.toolbar.active_scroll = wheel
    if axes is not None:
        made.add_tools(CrosshairTool(overlay=axes.pointer))
    for axis in (made.xaxis[0], made.yaxis[0]):
        _quiet(axis)
    for grid in (made.xgrid[0], made.ygrid[0]):
        paint(grid, grid_line_color="grid")
    made.xgrid[0].grid_line_alpha = 0.6
    if isinstance(made.yaxis[0].formatter, BasicTickFormatter):
        made.yaxis[0].formatter.use_scientific = False
    return made


def without_x_labels(made: Any) -> None:
    """Take the labels of x off a figure that stands on another one with the same axis."""
    made.xaxis[0].major_label_text_font_size = "0px"
    made.xaxis[0].axis_label = None
    made.xaxis[0].major_tick_out = 2


def add_hover(made: Any, renderer: Any, lines: Sequence[tuple[str, str]], *, along_x: bool = True) -> None:
    """Show the values under the pointer: `lines` are words and Bokeh fields. Bokeh's own form has labels too faint to read."""
    rows = "".join(
        f'<div><span style="color:{LIGHT["muted"]}">{escape(words)}</span> <b>{shown}</b></div>'
        for words, shown in lines
    )
    made.add_tools(
        HoverTool(
            renderers=[renderer],
            tooltips=f'<div style="color:{LIGHT["ink"]};font-size:12px">{rows}</div>',
            mode="vline" if along_x else "mouse",
            point_policy="snap_to_data",
            attachment="horizontal",
        )
    )


def log_ticker() -> FixedTicker:
    """Return ticks at 1, 2, 3, 5 and 7 of every decade from 1 us to 1 h, in ms; Bokeh's own leave a short axis without labels."""
    return FixedTicker(ticks=[factor * 10.0**decade for decade in range(-3, 7) for factor in (1, 2, 3, 5, 7)])


def source(**columns: Any) -> ColumnDataSource:
    """Return a column source."""
    return ColumnDataSource(data=columns)


def rule(value: float, colour: str, *, dash: str = "solid", upright: bool = False, width: float = 1.2) -> Span:
    """Return a straight line across the chart."""
    made = Span(
        location=value, dimension="height" if upright else "width", line_dash=dash, line_width=width, level="overlay"
    )
    paint(made, line_color=colour)
    return made


def draw_limit(made: Any, limit_us: float | None, name: str, across: tuple[float, float]) -> None:
    """Draw a latency limit as a thin labelled line on an axis in ms, from end to end of x.

    It is data, not a Span, so that the axis reaches to it; it waits unseen where there is none until another is chosen.
    """
    limit_ms = (limit_us or 0.0) / 1000
    ends = source(x=list(across), y=[limit_ms if limit_us is not None else math.nan] * 2)
    ends.name = f"{name}-limit"
    drawn(made, ends, Line(x="x", y="y", line_width=1.2), line_color="limit")
    label = Label(x=4, y=limit_ms, x_units="screen", y_offset=-3, text=limit_words(limit_us), text_font_size="12px")
    label.text_baseline = "top"
    label.name = f"{name}-limit-label"
    label.visible = limit_us is not None
    made.add_layout(paint(label, text_color="ink"))


def limit_words(limit_us: float | None) -> str:
    """Return a limit's label, empty where there is none."""
    return "" if limit_us is None else f"limit of p95 {wording.latency_us(limit_us)}"


def embedded(charts: Sequence[Chart]) -> tuple[str, str]:
    """Return the charts' document and where each goes, as JSON texts that may stand inside a <script>.

    Bokeh numbers its models as the process goes; here they are numbered anew, so that the same run gives the same bytes.
    """
    document = Document()
    with document.models.freeze():  # else every root walks through all models before it
        for chart in charts:
            chart.figure.name = f"plot-{chart.name}"
            document.add_root(chart.figure)
    content: Any = json.loads(serialize_json(document.to_json(deferred=False)))
    numbers: dict[str, str] = {}
    content = _renumbered(content, numbers)
    roots = {numbers[chart.figure.id]: f"chart-{chart.name}" for chart in charts}
    items = [{"docid": "report", "roots": roots, "root_ids": list(roots)}]
    return script_json({"report": content}), script_json(items)


def choices_json(charts: Sequence[Chart]) -> str:
    """Return what can be chosen by chart and name, as JSON that may stand inside a <script>."""
    return script_json({chart.name: {choice.name: asdict(choice) for choice in chart.choices} for chart in charts})


def sendable(values: NDArray[np.float64]) -> list[float | None]:
    """Return numbers of four digits, None for a gap: what a column of a choice holds."""
    return [None if math.isnan(value) else float(f"{value:.4g}") for value in values.tolist()]


def script_json(value: Any) -> str:
    """Return JSON that cannot end the <script> it stands in."""
    text = json.dumps(value, separators=(",", ":"), ensure_ascii=False, allow_nan=False)
    return text.replace("<", "\\u003c").replace("\u2028", "\\u2028").replace("\u2029", "\\u2029")


def _renumbered(value: Any, numbers: dict[str, str]) -> Any:
    if isinstance(value, dict):
        return {
            key: numbers.setdefault(item, f"m{len(numbers)}")
            if key == "id" and isinstance(item, str) and BOKEH_ID.fullmatch(item)
            else _renumbered(item, numbers)
            for key, item in value.items()
        }
    if isinstance(value, list):
        return [_renumbered(item, numbers) for item in value]
    return value


def _quiet(axis: Any) -> None:
    paint(
        axis,
        axis_label_text_color="muted",
        major_label_text_color="muted",
        axis_line_color="rule",
        major_tick_line_color="rule",
    )
    axis.minor_tick_line_color = None
    axis.axis_label_text_font_style = "normal"
    axis.axis_label_text_font_size = "12px"
    axis.major_label_text_font_size = "12px"
    axis.axis_label_standoff = 4
