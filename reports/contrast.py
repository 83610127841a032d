"""The page of a comparison of any two: what differs first, then the table, then the distributions laid over each other."""

from dataclasses import dataclass

from markupsafe import Markup

from analysis.contrast import Contrast
from analysis.contrast_row import ContrastRow
from analysis.side import Side
from analysis.verdict import Statement
from reports import wording
from reports.canvas import choices_json, embedded
from reports.contrast_charts import contrast_charts
from reports.page import Row, environment, page
from reports.rows import STATEMENT_CSS

METRICS = ("response_p50", "response_p95", "response_p99", "rate", "error_ratio")
HEADS = ("p50", "p95", "p99", "rate", "errors")


@dataclass(frozen=True, slots=True)
class Cell:
    """One metric of one operation as shown; `sort` is the change in per mille, for the page's sorting."""

    values: str
    change: str
    note: str
    symbol: str
    word: str
    css: str
    sort: int


def render_contrast(found: Contrast) -> str:
    """Return the page as one HTML document that fetches nothing; the same comparison gives the same text."""
    charts = contrast_charts(found)
    model, places = embedded(charts) if charts else ("{}", "[]")
    return environment().get_template("contrast.html").render(
        outcome_word="Comparison",
        sides=[_side(side) for side in (found.before, found.now)],
        headline=headline(found),
        differences=difference_rows(found),
        only=[wording.plain(line, 300) for line in found.only],
        basis=basis_words(found),
        heads=HEADS,
        tables=[
            {"stage": second if first == second else f"{first} / {second}", "rows": table_rows(found, second)}
            for first, second in found.stages
        ],
        charts=charts,
        **page(bool(charts)),
        charts_json=Markup(model),
        places_json=Markup(places),
        choices_json=Markup(choices_json(charts)),
    )  # fmt: skip


def headline(found: Contrast) -> str:
    """Return the comparison in one sentence."""
    counts = {statement: sum(row.statement is statement for row in found.rows) for statement in Statement}
    told = ", ".join(f"{count} {wording.STATEMENT_WORD[word]}" for word, count in counts.items() if count)
    differ = "Nothing differs"
    if found.differences:
        differ = wording.counted(len(found.differences), "thing differs", "things differ")
    return f"{differ} in how they were made; of {wording.counted(len(found.rows), 'row')}: {told}."


def basis_words(found: Contrast) -> str:
    """Return what the intervals are made of."""
    bases = {row.basis for row in found.rows if row.basis}
    if bases == {"within runs"}:
        return (
            "One run on each side cannot tell whether the build changed: runs of the same build differ by more than the noise within a run. "
            "The intervals here are of that noise alone."
        )
    if not bases:
        return "No row has requests enough for an interval."
    return "Intervals are of 95 %, made of the spread between the runs of each side; rows that fell in or out by chance are kept down over the whole table (Holm)."


def difference_rows(found: Contrast) -> list[tuple[str, str, str]]:
    """Return what differs: the thing, before, now. Digests say nothing to a reader."""
    rows = []
    for row in found.differences:
        digest = row.what.startswith("load (")
        before, now = ("one", "another") if digest else (" | ".join(row.before), " | ".join(row.now))
        rows.append((wording.plain(row.what, 120), wording.plain(before, 200), wording.plain(now, 200)))
    return rows


def table_rows(found: Contrast, stage: str) -> list[tuple[str, list[Cell | None], str]]:
    """Return the rows of a stage: operation, a cell a metric, and the requests of both sides."""
    by_operation: dict[str, dict[str, ContrastRow]] = {}
    for row in found.rows:
        if row.stage == stage:
            by_operation.setdefault(row.operation, {})[row.metric] = row
    shown = []
    for operation, cells in by_operation.items():
        counts = next(iter(cells.values())).counts
        told = f"{wording.count(counts[0])} / {wording.count(counts[1])}"
        made = [cell_of(cells[name]) if name in cells else None for name in METRICS]
        shown.append((wording.operation(operation), made, told))
    return shown


def cell_of(row: ContrastRow) -> Cell:
    """Return one metric as shown."""
    unit = {"rate": "per_s", "error_ratio": "ratio"}.get(row.metric, "us")
    before, now = (wording.quantity(value, unit) if value is not None else "none" for value in (row.before, row.now))
    if row.metric == "error_ratio":
        change = _errors_words(row)
    else:
        change = "no change known" if row.change_ratio is None else wording.change(row.change_ratio)
        if row.interval is not None:
            low, high = (wording.change(end) for end in row.interval)
            change += f" ({low.removesuffix(' %')} to {high})"
    return Cell(
        f"{before} → {now}",
        change,
        "" if row.basis == "within runs" else wording.sentence(row.because),  # the section says it once
        wording.STATEMENT_SYMBOL[row.statement],
        "more errors" if row.metric == "error_ratio" and row.statement is Statement.REGRESSED else wording.STATEMENT_WORD[row.statement],
        STATEMENT_CSS[row.statement],
        0 if row.change_ratio is None else round(row.change_ratio * 1000),
    )  # fmt: skip


def _errors_words(row: ContrastRow) -> str:
    ends = [row.before_interval, row.now_interval]
    if any(end is None for end in ends):
        return ""
    told = [f"{wording.percent(end[0])} to {wording.percent(end[1])}" for end in ends if end is not None]
    return f"90 %: {told[0]} → {told[1]}"


def _side(side: Side) -> Row:
    return {
        "label": side.label,
        "count": wording.counted(len(side.runs), "run"),
        "runs": [
            (wording.plain(run.summary.run_id), wording.utc(run.summary.started_at), wording.plain(run.summary.target))
            for run in side.runs[:20]
        ],
        "more": max(0, len(side.runs) - 20),
    }
