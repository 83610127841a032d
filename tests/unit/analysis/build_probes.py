"""Probe samples built in memory."""

from collections.abc import Iterable, Mapping
from typing import Any

from records.probe import UP, ProbeSample, ProbeSeries, collect_probes


def seen(
    probe: str, values: Mapping[str, Any], first: int = 0, gaps: Mapping[int, str] | None = None
) -> list[ProbeSample]:
    """Return samples of one probe, a value a second from `first` on; the seconds of `gaps` have none, with their reasons."""
    missing = gaps or {}
    length = max(len(column) for column in values.values())
    samples: list[ProbeSample] = []
    for second in range(first, first + length):
        if second in missing:
            samples.append(ProbeSample(second, probe, UP, None, "count", missing[second]))
            continue
        samples.append(ProbeSample(second, probe, UP, 1.0, "count"))
        samples += [
            ProbeSample(second, probe, metric, float(column[second - first]), "")
            for metric, column in values.items()
            if second - first < len(column)
        ]
    return samples


def series_of(*parts: Iterable[ProbeSample]) -> ProbeSeries:
    """Return the samples of several probes as a run's series."""
    return collect_probes(sample for part in parts for sample in part)
