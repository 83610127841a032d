"""What stands behind every chart over time: stages as bands, faults as marks; and the strip that names them."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from bokeh.models import ColumnDataSource, FixedTicker, Range1d, VSpan, VStrip
from bokeh.models.annotations import Label

from records.run import Run
from reports import wording
from reports.canvas import Axes, Chart, drawn, new_figure, paint, source
from reports.stages import faults, stage_words
from reports.tables import Table

LABEL_ROWS = 3  # names of neighbouring stages stand on different rows
MOST_NAMED = 12  # beyond, only stages of 6 % of the run or more are named: the others' names would cover each other


@dataclass(frozen=True, slots=True)
class Backdrop:
    """Bands and lines as columns that all charts share; few models, however many stages there are."""

    axes: Axes
    even: ColumnDataSource
    odd: ColumnDataSource
    unjudged: ColumnDataSource
    edges: ColumnDataSource
    faults: ColumnDataSource
    fault_edges: ColumnDataSource

    def draw(self, made: Any) -> None:
        """Draw the backdrop behind a figure's data."""
        _strips(made, self.even, "raised")
        _strips(made, self.odd, "band")
        _strips(made, self.unjudged, None)
        _strips(made, self.faults, "fault")
        _edges(made, self.edges, "rule", "solid")
        _edges(made, self.fault_edges, "marginal", "dashed")


def new_backdrop(run: Run, axes: Axes, end_s: float) -> Backdrop:
    """Return the backdrop of a run."""
    stages = run.manifest.plan.stages
    marks = faults(run, end_s)
    return Backdrop(
        axes,
        even=_stretches([(stage.start_s, stage.end_s) for stage in stages[0::2]], axes),
        odd=_stretches([(stage.start_s, stage.end_s) for stage in stages[1::2]], axes),
        unjudged=_stretches([(stage.start_s, stage.end_s) for stage in stages if not stage.is_measured], axes),
        edges=source(x=[stage.start_s / axes.divisor for stage in stages[1:]]),
        faults=_stretches([(mark.start_s, mark.end_s) for mark in marks], axes),
        fault_edges=source(x=[moment / axes.divisor for mark in marks for moment in (mark.start_s, mark.end_s)]),
    )


def _stretches(pairs: Sequence[tuple[float, float]], axes: Axes) -> ColumnDataSource:
    return source(x0=[start / axes.divisor for start, _ in pairs], x1=[end / axes.divisor for _, end in pairs])


def _strips(made: Any, stretches: ColumnDataSource, colour: str | None) -> None:
    """Draw stretches in a colour, or hatched where there is none."""
    if not len(stretches.data["x0"]):
        return
    if colour is not None:
        strips = VStrip(x0="x0", x1="x1", line_color=None, fill_alpha=0.6)
        drawn(made, stretches, strips, level="underlay", fill_color=colour)
        return
    hatched = VStrip(
        x0="x0",
        x1="x1",
        line_color=None,
        fill_color=None,
        hatch_pattern="right_diagonal_line",
        hatch_alpha=0.7,
        hatch_weight=0.6,
        hatch_scale=10,
    )
    drawn(made, stretches, hatched, level="underlay", hatch_color="warm")


def _edges(made: Any, places: ColumnDataSource, colour: str, dash: str) -> None:
    if not len(places.data["x"]):
        return
    drawn(made, places, VSpan(x="x", line_width=1, line_dash=dash), level="underlay", line_color=colour)


def stage_strip(run: Run, backdrop: Backdrop, end_s: float) -> Chart:
    """Return the narrow chart with the names of stages and faults, on top of the others."""
    axes = backdrop.axes
    marks = faults(run, end_s)
    rows = LABEL_ROWS + (1 if marks else 0)
    made = new_figure(56 + 17 * rows, " ", axes, y_range=Range1d(start=0, end=rows), x_axis_label=axes.label)
    made.yaxis[0].ticker = FixedTicker(ticks=[])
    made.ygrid[0].visible = False
    stages = run.manifest.plan.stages
    backdrop.draw(made)
    named = [s for s in stages if len(stages) <= MOST_NAMED or s.duration_s > 0.06 * end_s]
    for place, stage in enumerate(named):
        level = rows - 1 - place % LABEL_ROWS
        _label(made, stage.start_s, stage.end_s, level, stage_words(stage), backdrop, end_s)
    for mark in marks:
        _label(made, mark.start_s, mark.end_s, 0, f"⚑ {mark.name}", backdrop, end_s)
    rows_of_table = tuple(
        (
            stage.name,
            stage.kind.value.replace("_", " "),
            wording.moment(stage.start_s),
            wording.moment(stage.end_s),
            f"{wording.number(stage.level)} ×",
            "yes" if stage.is_judged else "not judged",
        )
        for stage in stages
    )
    title = f"{wording.counted(len(stages), 'stage')}" + (
        f", {wording.counted(len(marks), 'fault')} marked" if marks else ", no fault injected"
    )
    return Chart(
        "stages",
        title,
        "Hatched stretches (warm-up, cool-down) are not judged. Drag to zoom all charts, or use the buttons above.",
        made,
        Table("Stages", ("stage", "kind", "from", "to", "level (× current traffic)", "judged"), rows_of_table),
        linked=True,
    )


def _label(made: Any, start_s: float, until_s: float, level: int, words: str, backdrop: Backdrop, end_s: float) -> None:
    late = start_s > 0.6 * end_s and (end_s - start_s) < 0.3 * end_s
    label = Label(
        x=(until_s if late else start_s) / backdrop.axes.divisor,
        y=level + 0.15,
        x_offset=-4 if late else 4,
        text=words,
        text_align="right" if late else "left",
        text_font_size="12px",
    )
    made.add_layout(paint(label, text_color="ink"))
