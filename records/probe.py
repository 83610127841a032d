"""What probes saw of the target: one value of one metric at one second, or a gap with its reason."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import orjson
from numpy.typing import NDArray

UP = "up"  # a record of it a second and probe: 1, or a gap with its reason; after a gap 1 with "back after …"


class ProbeSample(NamedTuple):
    """One value, taken when `second` seconds of the run were over. `value` None: a gap, and `because` says why.

    A tuple, since there are dozens a second: a frozen dataclass takes five times as long to make.
    """

    second: int
    probe: str
    metric: str
    value: float | None
    unit: str
    because: str = ""

    def as_record(self) -> dict[str, Any]:
        """Return the line's content; `because` only where there is something to say."""
        record = self._asdict()
        if not self.because:
            del record["because"]
        return record

    @classmethod
    def from_record(cls, record: dict[str, Any]) -> "ProbeSample":
        """Return the sample of a line; raise TypeError, ValueError or KeyError where it is damaged."""
        value = record["value"]
        return cls(
            int(record["second"]), str(record["probe"]), str(record["metric"]), None if value is None else float(value),
            str(record["unit"]), str(record.get("because", "")),
        )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Column:
    """One metric of one probe: values by second, ascending, both of shape (n,)."""

    unit: str
    second: NDArray[np.int64]
    value: NDArray[np.float64]

    def between(self, first: int, last: int) -> "Column":
        """Return the values of the seconds from `first` up to and with `last`."""
        mask = (self.second >= first) & (self.second <= last)
        return Column(self.unit, self.second[mask], self.value[mask])


@dataclass(frozen=True, slots=True)
class ProbeSeries:
    """All samples of a run: columns by probe and metric; gaps and returns in the order of time."""

    columns: Mapping[tuple[str, str], Column] = field(default_factory=dict)
    gaps: tuple[ProbeSample, ...] = ()
    returns: tuple[ProbeSample, ...] = ()

    def column(self, probe: str, metric: str) -> Column | None:
        """Return a metric's values, None where there are none."""
        return self.columns.get((probe, metric))

    def metrics(self, probe: str) -> tuple[str, ...]:
        """Return the metrics that a probe gave values of, sorted."""
        return tuple(sorted(metric for name, metric in self.columns if name == probe))


def collect_probes(samples: Iterable[ProbeSample]) -> ProbeSeries:
    """Return samples as columns."""
    found: dict[tuple[str, str], tuple[str, list[int], list[float]]] = {}
    gaps, returns = [], []
    for sample in samples:
        if sample.value is None:
            gaps.append(sample)
            continue
        if sample.because:
            returns.append(sample)
        column = found.get((sample.probe, sample.metric))
        if column is None:
            column = found[sample.probe, sample.metric] = (sample.unit, [], [])
        column[1].append(sample.second)
        column[2].append(sample.value)
    return ProbeSeries({key: _column(*column) for key, column in found.items()}, tuple(gaps), tuple(returns))


def _column(unit: str, seconds: list[int], values: list[float]) -> Column:
    """Return a column in the order of time, one value a second: a companion that was started twice wrote some twice."""
    second, place = np.unique(np.array(seconds, dtype=np.int64), return_index=True)
    return Column(unit, second, np.array(values, dtype=np.float64)[place])


class ProbeWriter:
    """Appends samples to a file; each call is whole lines, in the hands of the operating system when it returns."""

    def __init__(self, path: Path) -> None:
        self._file = path.open("ab")

    def write(self, samples: Iterable[ProbeSample]) -> None:
        """Append samples."""
        lines = b"".join(orjson.dumps(sample.as_record(), option=orjson.OPT_APPEND_NEWLINE) for sample in samples)
        self._file.write(lines)
        self._file.flush()

    def close(self) -> None:
        """Close the file."""
        self._file.close()


def bucket_metric(histogram: str, bound: float) -> str:
    """Return the name under which the count of a histogram's values up to a bound is recorded."""
    return f"{histogram} le={bound:g}"


def sum_metric(histogram: str) -> str:
    """Return the name under which the sum of a histogram's values is recorded."""
    return f"{histogram} sum"


def bucket_bound(histogram: str, metric: str) -> float | None:
    """Return the bound of a bucket's name, None where it is none of this histogram."""
    prefix = f"{histogram} le="
    return float(metric.removeprefix(prefix)) if metric.startswith(prefix) else None
