"""The small chart that shows a finding: its operation's latency over time, by the percentile that it is about, or the requests that broke an invariant."""

import math
from collections.abc import Mapping, Sequence
from typing import Any

from markupsafe import Markup

from analysis.verdict import ComparisonResult, Finding, Verdict
from records.run import Run
from reports import wording
from reports.drawing import Band, Guide, Lane, Scale, line_chart, nice_ticks, request_bars
from reports.limits import latency_limit_us
from reports.series import Latencies
from reports.stages import stage_words

MOST_LANES = 6
PERCENTILES = ("p50", "p95", "p99")  # the rows of `Latencies.us`


def evidence_chart(
    finding: Finding, run: Run, verdict: Verdict, apart: Mapping[str, Latencies], end_s: float
) -> Markup | None:
    """Return the chart for a finding: that of the invariant or else the operation that its words name, None where neither."""
    words = " ".join((finding.symptom, finding.evidence, finding.cause))
    for invariant in verdict.invariants:
        if invariant.witness and (invariant.title.lower() in words.lower() or invariant.name in words):
            return witness_chart(invariant.witness)
    operation = named_operation(words, tuple(apart))
    if operation is None:
        return None
    return operation_chart(operation, run, verdict.comparisons, apart[operation], end_s, percentile_of(finding.symptom))


def named_operation(words: str, operations: Sequence[str]) -> str | None:
    """Return the operation that is named first; of two at one place the longer."""
    places = [(words.find(name), -len(name), name) for name in operations if name and name in words]
    return min(places)[2] if places else None


def percentile_of(words: str) -> str:
    """Return the percentile that words name first, p95 where they name none."""
    places = [(words.find(f" {name} "), name) for name in PERCENTILES if f" {name} " in words]
    return min(places)[1] if places else "p95"


def operation_chart(
    operation: str,
    run: Run,
    comparisons: Sequence[ComparisonResult],
    found: Latencies,
    end_s: float,
    percentile: str,
) -> Markup | None:
    """Return a percentile of one operation over the run with its baseline and, of p95, its limit; None with too few requests."""
    values = [float(value) for value in found.us[PERCENTILES.index(percentile)]]
    seen = [value for value in values if math.isfinite(value)]
    if not seen:
        return None
    guides = _guides(operation, run, comparisons, percentile)
    top = max(*seen, *(guide.value for guide in guides), 1.0) * 1.08
    minutes = end_s > 180
    divisor, unit = (60.0, "min") if minutes else (1.0, "s")
    ticks_x = [(value * divisor, f"{wording.number(value)} {unit}") for value in nice_ticks(end_s / divisor, 6)]
    scale = Scale(end_s, top, ticks_x, [(value, wording.latency_us(value)) for value in nice_ticks(top)])
    bands = [
        Band(
            stage.start_s,
            min(stage.end_s, end_s),
            stage_words(stage),
            ("band-a", "band-b")[index % 2] if stage.is_measured else "band-warm",
        )
        for index, stage in enumerate(run.manifest.plan.stages)
        if stage.start_s < end_s
    ]
    points = list(zip((float(second) for second in found.middle_s), values, strict=True))
    title = f"{percentile} of {wording.plain(operation)} over the run"
    note = Markup('<p class="note">{}, {:g} s at a time.</p>').format(title, found.step_s)
    return line_chart(points, scale, guides, bands, title) + note


def _guides(operation: str, run: Run, comparisons: Sequence[ComparisonResult], percentile: str) -> list[Guide]:
    guides = []
    limit_us = latency_limit_us(run, operation)
    if limit_us is not None and percentile == "p95":
        guides.append(Guide(limit_us, f"limit of p95 {wording.latency_us(limit_us)}", "limit"))
    stages = {stage.name: stage for stage in run.manifest.plan.stages}
    label = "accepted runs"
    for comparison in comparisons:
        if (
            comparison.operation == operation
            and comparison.metric == f"response_{percentile}"
            and comparison.baseline is not None
        ):
            stage = stages.get(comparison.stage)
            start, end = (None, None) if stage is None else (stage.start_s, stage.end_s)
            words = f"{label} {wording.latency_us(comparison.baseline)}" if label else ""
            guides.append(Guide(comparison.baseline, words, "baseline-line", start, end))
            label = ""  # one label for all stages: they lie too near to each other
    return guides


def witness_chart(witness: Sequence[Mapping[str, Any]]) -> Markup | None:
    """Return the requests of a witness on a time line from the first one's send; None where they hold no times."""
    timed = [
        entry
        for entry in witness
        if isinstance(entry.get("sent_s"), int | float) and isinstance(entry.get("answered_s"), int | float)
    ]
    if not timed:
        return None
    first = min(float(entry["sent_s"]) for entry in timed)
    lanes = [
        Lane(
            wording.plain(str(entry.get("client", "request")), 16),
            (float(entry["sent_s"]) - first) * 1000,
            (float(entry["answered_s"]) - first) * 1000,
            wording.plain(f"{entry.get('write', 'request')} {entry.get('answer', '')}", 32),
        )
        for entry in timed[:MOST_LANES]
    ]
    return request_bars(lanes, "the requests, from the first one's send")
