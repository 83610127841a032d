"""A run as it is read back: the manifest and the series, from nothing but its folder."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

import orjson

from records.columns import whole_lines
from records.errors import RunDataError, damaged_line
from records.event import Event, EventKind
from records.folder import AUDIT, EVENTS, GENERATOR, JOURNEYS, LEDGER, PROBES, WINDOWS
from records.generator import GeneratorSample
from records.histogram import Histogram
from records.journey import JourneyCount, Milestone
from records.ledger_columns import Ledger, read_ledger
from records.manifest import Manifest
from records.manifest_file import read_manifest
from records.probe import ProbeSample, ProbeSeries, collect_probes
from records.readback import Readback, read_back
from records.series import Series
from records.window import PAYMENT_FLOW, Outcome
from records.window_text import read_series

__all__ = ["Run", "read_manifest", "read_run"]
Row = TypeVar("Row")


@dataclass(frozen=True, slots=True)
class Run:
    """One run. `torn_lines` names the files whose last line was cut off by a kill; that line is left out.

    `readback` is what the audit saw in the target afterwards, None where it did not look.
    """

    folder: Path
    manifest: Manifest
    series: Series
    journeys: tuple[JourneyCount, ...]
    generator: tuple[GeneratorSample, ...]
    events: tuple[Event, ...]
    ledger: Ledger
    torn_lines: tuple[str, ...]
    readback: Readback | None = None
    probes: ProbeSeries = field(default_factory=ProbeSeries)

    @property
    def operations(self) -> tuple[str, ...]:
        """Return the names of all operations that are single requests, sorted."""
        return tuple(sorted(name for name in self.series.names if name != PAYMENT_FLOW))

    @property
    def last_second(self) -> int:
        """Return the last second with a request or a generator sample, -1 where there is none."""
        seconds = [int(self.series.outcomes.second.max(initial=-1))]
        return max(seconds + [sample.second for sample in self.generator])

    def response(self, start_s: float, end_s: float, operations: Iterable[str] | None = None) -> Histogram:
        """Return the histogram of `response_us` of requests meant to start in [start_s, end_s). None: all single requests."""
        return self.series.histogram(self.series.response, start_s, end_s, self._wanted(operations))

    def service(self, start_s: float, end_s: float, operations: Iterable[str] | None = None) -> Histogram:
        """Return the histogram of `service_us`, selected as in `response`."""
        return self.series.histogram(self.series.service, start_s, end_s, self._wanted(operations))

    def outcomes(self, start_s: float, end_s: float, operations: Iterable[str] | None = None) -> dict[Outcome, int]:
        """Return how many requests ended how, selected as in `response`; every outcome is present."""
        return self.series.outcome_counts(start_s, end_s, self._wanted(operations))

    def milestones(self, start_s: float, end_s: float, personas: Iterable[str] | None = None) -> dict[Milestone, int]:
        """Return how many sessions meant to start in [start_s, end_s) reached each milestone; every one is present."""
        wanted = None if personas is None else set(personas)
        totals = dict.fromkeys(Milestone, 0)
        for row in self.journeys:
            if start_s <= row.second < end_s and (wanted is None or row.persona in wanted):
                totals[row.milestone] += row.count
        return totals

    def _wanted(self, operations: Iterable[str] | None) -> Iterable[str]:
        return self.operations if operations is None else operations


def read_run(folder: Path) -> Run:
    """Return the run in `folder`; raise RunDataError where it is no run folder or is damaged.

    A last line without its end is what a kill leaves: it is left out and named. A bad line elsewhere is damage.
    """
    manifest = read_manifest(folder)
    torn: list[str] = []
    return Run(
        folder=folder,
        manifest=manifest,
        series=read_series(folder / WINDOWS, torn),
        journeys=tuple(_rows(folder / JOURNEYS, _journey, torn)),
        generator=tuple(_rows(folder / GENERATOR, GeneratorSample.from_record, torn)),
        events=tuple(_rows(folder / EVENTS, _event, torn)),
        ledger=read_ledger(folder / LEDGER, torn),
        readback=read_back(folder / AUDIT, torn),
        probes=_probed(folder / PROBES, torn),
        torn_lines=tuple(torn),
    )


def _rows(path: Path, parse: Callable[[dict[str, Any]], Row], torn: list[str]) -> Iterator[Row]:
    for number, line in _lines(path, torn):
        try:
            record = orjson.loads(line if line.isascii() else line.decode("utf-8", "replace"))
            yield parse(record)
        except (ValueError, TypeError, KeyError) as error:
            raise damaged_line(path, number, error) from error


def _lines(path: Path, torn: list[str]) -> Iterator[tuple[int, bytes]]:
    try:
        with path.open("rb") as file:
            for first, piece in whole_lines(file, path.name, torn):
                yield from enumerate(piece.splitlines(), start=first)
    except FileNotFoundError:
        raise RunDataError(f"{path}: missing; expected it in a run folder, this run cannot be used") from None
    except OSError as error:
        raise RunDataError(f"{path}: cannot be read: {error.strerror}") from error


def _probed(path: Path, torn: list[str]) -> ProbeSeries:
    """Return what the probes saw; nothing where the file is missing, as in folders written before there were probes."""
    return collect_probes(_rows(path, ProbeSample.from_record, torn)) if path.exists() else ProbeSeries()


def _journey(record: dict[str, Any]) -> JourneyCount:
    return JourneyCount(
        int(record["second"]), str(record["persona"]), Milestone(record["milestone"]), int(record["count"])
    )


def _event(record: dict[str, Any]) -> Event:
    return Event(float(record["at_s"]), EventKind(record["kind"]), str(record["name"]), str(record["detail"]))
