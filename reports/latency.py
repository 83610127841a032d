"""Latencies of each operation over the judged stages: response time and service time side by side."""

from dataclasses import dataclass

from records.histogram import Histogram
from records.run import Run
from records.window import PAYMENT_FLOW
from reports import wording
from reports.stages import judged_stages

SHOWN = (0.5, 0.95, 0.99, 0.999)
WORDS = ("p50", "p95", "p99", "p99.9")


@dataclass(frozen=True, slots=True)
class LatencyRow:
    """One operation as shown: `response` from the intended start, `service` from the send, in the order of `WORDS`."""

    operation: str
    response: tuple[str, ...]
    service: tuple[str, ...]
    count: int
    counted: str


def latency_rows(run: Run) -> list[LatencyRow]:
    """Return a row an operation that was timed in a judged stage, the most frequent first."""
    stages = [(stage.start_s, stage.end_s) for stage in judged_stages(run)]
    rows = []
    for operation in (*run.operations, PAYMENT_FLOW):
        response = Histogram.merged(run.response(start_s, end_s, [operation]) for start_s, end_s in stages)
        service = Histogram.merged(run.service(start_s, end_s, [operation]) for start_s, end_s in stages)
        if response.count:
            rows.append(
                LatencyRow(
                    wording.plain(operation),
                    _words(response),
                    _words(service),
                    response.count,
                    wording.count(response.count),
                )
            )
    return sorted(rows, key=lambda row: (-row.count, row.operation))


def _words(histogram: Histogram) -> tuple[str, ...]:
    return tuple(wording.latency_us(value) for value in histogram.quantiles_us(SHOWN) or (None,) * len(SHOWN))
