"""What the probes saw of the target, as a table by stage, and when they saw nothing."""

import itertools
from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup

from analysis.verdict import ProbeFigure, Verdict
from records.probe import ProbeSample
from records.run import Run
from reports import wording
from reports.drawing import sparkline

MOST_STAGES = 12  # columns that fit a page; of more, the first and the last ones are shown
MOST_OUTAGES = 40


@dataclass(frozen=True, slots=True)
class SignalRow:
    """One signal: a cell a stage, and its course over the stages. `because` is the first reason where a cell is empty."""

    title: str
    probe: str
    cells: tuple[str, ...]
    because: str
    spark: Markup | None


@dataclass(frozen=True, slots=True)
class SignalTable:
    """The table "What the target said"; `left_out` counts the stages without a column."""

    stages: tuple[str, ...]
    left_out: int
    rows: tuple[SignalRow, ...]


@dataclass(frozen=True, slots=True)
class Outage:
    """A stretch in which a probe gave nothing, and why."""

    probe: str
    between: str
    because: str


def signal_table(run: Run, verdict: Verdict) -> SignalTable | None:
    """Return the signals over the measured stages, None where no probe saw anything."""
    measured = [stage.name for stage in run.manifest.plan.stages if stage.is_measured]
    names = [name for name in measured if any(figure.stage == name for figure in verdict.probes)]
    if not names or all(figure.value is None for figure in verdict.probes):
        return None
    shown = names if len(names) <= MOST_STAGES else [*names[: MOST_STAGES // 2], *names[-MOST_STAGES // 2 :]]
    groups = itertools.groupby(verdict.probes, key=lambda figure: (figure.probe, figure.signal))
    rows = tuple(_row(list(figures), shown, names) for _, figures in groups)
    return SignalTable(tuple(shown), len(names) - len(shown), rows)


def _row(figures: Sequence[ProbeFigure], shown: Sequence[str], names: Sequence[str]) -> SignalRow:
    by_stage = {figure.stage: figure for figure in figures}
    known = [by_stage[name] for name in names if name in by_stage]
    values = [figure.value for figure in known if figure.value is not None]
    first = figures[0]
    spark = None
    if len(values) > 1:
        low, high = (wording.quantity(end, first.unit) for end in (min(values), max(values)))
        spark = sparkline(values[:-1], values[-1], f"{first.title} over {len(values)} stages: {low} to {high}", "plain")
    return SignalRow(
        title=wording.plain(first.title),
        probe=wording.plain(first.probe),
        cells=tuple(_cell(by_stage.get(name)) for name in shown),
        because=wording.sentence(next((figure.because for figure in known if figure.value is None), "")),
        spark=spark,
    )


def _cell(figure: ProbeFigure | None) -> str:
    return "–" if figure is None or figure.value is None else _quantity(figure.value, figure.unit)


def _quantity(value: float, unit: str) -> str:
    return wording.number(value) if unit == "count" else wording.quantity(value, unit)


def outages(run: Run) -> list[Outage]:
    """Return when probes were away, and why, in the order of time; gaps in a row with one reason are one stretch."""
    found: list[Outage] = []
    for (probe, because), gaps in itertools.groupby(
        sorted(run.probes.gaps, key=lambda gap: (gap.probe, gap.second)), key=lambda gap: (gap.probe, gap.because)
    ):
        found += [_outage(probe, because, stretch) for stretch in _stretches(list(gaps))]
    return found[:MOST_OUTAGES]


def _stretches(gaps: Sequence[ProbeSample]) -> list[tuple[int, int]]:
    stretches: list[tuple[int, int]] = []
    for gap in gaps:
        if stretches and gap.second <= stretches[-1][1] + 1:
            stretches[-1] = (stretches[-1][0], gap.second)
        else:
            stretches.append((gap.second, gap.second))
    return stretches


def _outage(probe: str, because: str, stretch: tuple[int, int]) -> Outage:
    first, last = stretch
    between = wording.moment(first) if first == last else f"{wording.moment(first)} to {wording.moment(last)}"
    return Outage(wording.plain(probe), between, wording.sentence(wording.plain(because, 200)))
