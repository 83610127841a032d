"""Prometheus text: the series that a probe asks for, each added up over the labels it does not name.

A target writes hundreds of lines and a probe wants a dozen: lines of other names are left out before the parser sees them,
which is most of what keeps a probe cheap.
"""

import math
import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from prometheus_client.parser import text_string_to_metric_families

from loadgen.probes.reading import NoReading, Reading, reason
from records.probe import bucket_metric, sum_metric

MAX_LINES = 2000  # that are parsed; a selector that fits more needs labels
LABEL = re.compile(r'([A-Za-z_]\w*)="([^"]*)"')
NAME_END = re.compile(r"[{\s]")


@dataclass(frozen=True, slots=True)
class Selector:
    """A series by name and labels; labels that are not named may be anything."""

    text: str
    name: str
    labels: Mapping[str, str]

    @classmethod
    def of(cls, text: str) -> "Selector":
        """Return the selector written as `name{label="value"}`."""
        name, _, labels = text.partition("{")
        return cls(text, name, dict(LABEL.findall(labels)))

    def fits(self, labels: Mapping[str, str]) -> bool:
        """Tell whether a line's labels are among those meant."""
        return all(labels.get(name) == value for name, value in self.labels.items())


class Exposition:
    """Reads the same series from one text after another."""

    def __init__(self, series: Iterable[str], histograms: Iterable[str]) -> None:
        """Choose series by selector; `histograms` are those whose buckets and sum are wanted."""
        wanted: dict[str, list[Selector]] = defaultdict(list)
        self._histograms = frozenset(histograms)
        for text in series:
            selector = Selector.of(text)
            names = [f"{selector.name}_bucket", f"{selector.name}_sum"] if text in self._histograms else [selector.name]
            for name in names:
                wanted[name].append(selector)
        self._wanted = dict(wanted)

    def readings(self, text: str) -> list[Reading]:
        """Return what is there of them, in no particular unit; raise NoReading where the text is not Prometheus'."""
        lines = [line for line in text.splitlines() if NAME_END.split(line, maxsplit=1)[0] in self._wanted]
        if len(lines) > MAX_LINES:
            raise NoReading(f"{len(lines):,} lines fit its series; expected at most {MAX_LINES:,}, name their labels")
        values: dict[str, float] = {}
        try:
            for family in text_string_to_metric_families("\n".join(lines) + "\n"):
                for sample in family.samples:
                    self._add(values, sample.name, sample.labels, float(sample.value))
        except (ValueError, KeyError, IndexError) as error:
            raise NoReading(f"not in Prometheus' text format: {reason(error)}") from error
        if not values and "# TYPE" not in text:
            raise NoReading("the answer is not in Prometheus' text format, or has none of the series")
        return [Reading(metric, value, "") for metric, value in values.items()]

    def _add(self, values: dict[str, float], name: str, labels: Mapping[str, str], value: float) -> None:
        if math.isnan(value):
            return
        for selector in self._wanted.get(name, ()):
            if not selector.fits(labels):
                continue
            metric = selector.text
            if metric in self._histograms:
                metric = bucket_metric(metric, float(labels["le"])) if name.endswith("_bucket") else sum_metric(metric)
            values[metric] = values.get(metric, 0.0) + value
