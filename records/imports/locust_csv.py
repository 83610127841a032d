"""Locust: what `--csv PREFIX` writes: `_stats.csv` (each request's percentiles), with `_stats_history.csv` (counts by second) and `_failures.csv`.

Only percentiles are there, rounded to some two digits. A latency between two of them counts as the higher one, so that p50, p95,
p99 and p99.9 are Locust's own, and none is flattered. The history alone, without a row a request, gives all requests together.
"""

import csv
import io
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from records.errors import RunDataError
from records.imported import NO_INTENDED_START, Gap, Tool
from records.imports.dealt import deal, shares
from records.imports.form import About, Form, Options
from records.imports.named import operation_of
from records.imports.sample import OK, Ending, Floats, Ints, Samples, judged, of_message, of_status
from records.imports.source import Source

TOTAL = "Aggregated"
RESOLUTION_RATIO = 0.05  # two digits: 105 and 114 are both 110
MAX_ROWS = 5_000_000  # of a history; a week with a row a second and request has fewer
MOST_REQUESTS = 2_000_000_000
STATS = ("Type", "Name", "Request Count", "Failure Count")
HISTORY = ("Timestamp", "User Count", "Type", "Name")
FAILURES = ("Method", "Name", "Error", "Occurrences")
EXCEPTIONS = ("Count", "Message", "Traceback", "Nodes")
_STATUS = re.compile(r"\b([1-5]\d\d)\b (?:Client|Server) Error")
_NO_ANSWER = re.compile(r"timeout|timed out|connection|refused|reset|resolve|ssl|remote ?disconnected", re.IGNORECASE)

Row = dict[str, str]


@dataclass(frozen=True, slots=True)
class _Table:
    source: Source
    rows: tuple[tuple[int, Row], ...]

    def number(self, place: int, column: str) -> float:
        line, row = self.rows[place]
        return _number(self.source, line, row, column)


def recognises(head: bytes) -> bool:
    """Tell whether a file is one of those that belong together."""
    return _kind(head) is not None


def _kind(head: bytes) -> tuple[str, ...] | None:
    names = tuple(next(csv.reader([head.split(b"\n", 1)[0].decode("utf-8", "replace").strip()]), []))
    return next((kind for kind in (STATS, HISTORY, FAILURES, EXCEPTIONS) if names[:4] == kind), None)


def read(sources: Sequence[Source], options: Options, about: About) -> Iterator[Samples]:
    """Yield requests made of the statistics of one run; raise RunDataError where files of one kind are given twice."""
    about.lacks(NO_INTENDED_START.what, NO_INTENDED_START.because)
    about.lacks(Gap.DISTRIBUTION, "latencies between Locust's percentiles: each counts as the next higher percentile")
    about.lacks(Gap.RESOLUTION, "latencies finer than Locust's rounding to some two digits")
    about.resolution_ratio = RESOLUTION_RATIO
    tables: dict[tuple[str, ...], _Table] = {}
    for source in sources:
        kind = _kind(source.head())
        assert kind is not None
        if kind is EXCEPTIONS:  # of the users' own code, no request's: read for the digest alone
            with source.opened():
                continue
        if kind in tables:
            raise RunDataError(
                f"{source.path}: is the same kind of file as {tables[kind].source.path}; expected the files of one run, import the other by itself"
            )
        tables[kind] = _rows(source)
    history, failures = tables.get(HISTORY), tables.get(FAILURES)
    stats = tables.get(STATS) or _total_of(history, sources)
    seconds, counts = _seconds(stats, history, options, about)
    for place, (line, row) in enumerate(stats.rows):
        if row["Name"] == TOTAL and len(stats.rows) > 1:
            continue
        total = int(stats.number(place, "Request Count"))
        if total > MOST_REQUESTS:
            raise RunDataError(
                f"{stats.source.path}: line {line}: {total:,} requests; expected at most {MOST_REQUESTS:,}"
            )
        if total:
            name = f"{row['Type']} {row['Name']}".strip() if row["Name"] != TOTAL else "all requests"
            values, of_value = _distribution(stats, place, total)
            failed = int(stats.number(place, "Failure Count"))
            endings = _endings(row, failed, total, failures)
            per_second = shares(total, counts)
            yield from deal(operation_of(name), values, of_value, seconds, per_second, endings)


def _rows(source: Source) -> _Table:
    with source.opened() as file:
        text = file.read().decode("utf-8", "replace")
    reader = csv.DictReader(io.StringIO(text))
    rows = []
    for row in reader:
        if None in row.values() or None in row:
            raise RunDataError(
                f"{source.path}: line {reader.line_num}: {len([cell for cell in row.values() if cell is not None])} columns; expected {len(reader.fieldnames or ())}, as the header has"
            )
        rows.append((reader.line_num, row))
        if len(rows) > MAX_ROWS:
            raise RunDataError(f"{source.path}: more than {MAX_ROWS:,} rows; expected the statistics of one run")
    if not rows:
        raise RunDataError(f"{source.path}: has a header only; expected the statistics of a run")
    return _Table(source, tuple(rows))


def _total_of(history: _Table | None, sources: Sequence[Source]) -> _Table:
    """Return the last row of a history as the statistics of all requests together."""
    if history is None:
        raise RunDataError(f"{sources[0].path}: has no latencies; expected the file that ends in _stats.csv beside it")
    if any(row["Name"] != TOTAL for _, row in history.rows):
        raise RunDataError(
            f"{history.source.path}: its percentiles are of ten seconds each (--csv-full-history); give the file that ends in _stats.csv with it"
        )
    line, last = history.rows[-1]
    row = {**last, "Request Count": last["Total Request Count"], "Failure Count": last["Total Failure Count"]}
    return _Table(history.source, ((line, row),))


def _seconds(stats: _Table, history: _Table | None, options: Options, about: About) -> tuple[Floats, Ints]:
    """Return the seconds of the run, since the epoch, and how many requests ended in each (as weights)."""
    if history is None:
        about.lacks(Gap.COURSE, "what happened when: requests are spread evenly over the run")
        place = len(stats.rows) - 1
        total, rate = stats.number(place, "Request Count"), stats.number(place, "Requests/s")
        length_s = options.length_s or (total / rate if rate else 0.0)
        if length_s <= 0:
            raise RunDataError(f'{stats.source.path}: has no rate; say how long the run was, such as --length "10 min"')
        timed = Options(length_s=length_s, modified_s=options.modified_s)
        whole = max(1, round(length_s))
        return timed.begin_s(about) + np.arange(whole, dtype=np.float64), np.ones(whole, dtype=np.int64)
    about.lacks(
        Gap.COURSE, "which latency fell into which second: the whole run's are dealt out over its counts by second"
    )
    totals = [place for place, (_, row) in enumerate(history.rows) if row["Name"] == TOTAL]
    moments = np.array([history.number(place, "Timestamp") for place in totals], dtype=np.float64)
    counts = np.array([history.number(place, "Total Request Count") for place in totals], dtype=np.int64)
    about.users = int(max(history.number(place, "User Count") for place in totals))
    made = np.maximum(0, np.diff(counts, prepend=0))  # a count falls where Locust reset its statistics
    return moments, made


def _distribution(stats: _Table, place: int, total: int) -> tuple[Floats, Ints]:
    """Return the distinct latencies of a row in us and how many there were of each, `total` in all."""
    line, row = stats.rows[place]
    shown = sorted((float(name.removesuffix("%")) / 100, name) for name in row if name.endswith("%"))
    if not shown or shown[-1][0] != 1.0:
        raise RunDataError(f"{stats.source.path}: line 1: no column 100%; expected the percentiles that Locust writes")
    values = np.array([_number(stats.source, line, row, name) for _, name in shown]) * 1e3
    ranks = np.ceil(np.array([quantile for quantile, _ in shown]) * total - 1e-9).astype(np.int64)
    counts: Ints = np.diff(np.maximum.accumulate(ranks), prepend=0)
    return values, counts


def _endings(row: Row, failed: int, total: int, failures: _Table | None) -> list[tuple[Ending, int]]:
    """Return how a row's requests ended: its failures by their texts as far as these are there."""
    found: dict[Ending, int] = {}
    left = min(failed, total)
    if failures is not None:
        for place, (_, failure) in enumerate(failures.rows):
            if (failure["Method"], failure["Name"]) == (row["Type"], row["Name"]) or row["Name"] == TOTAL:
                count = min(left, int(failures.number(place, "Occurrences")))
                ending = _of_error(failure["Error"])
                found[ending] = found.get(ending, 0) + count
                left -= count
    if left:
        found[judged("called a failure by Locust")] = left
    failed_in_all = sum(found.values())
    return [(OK, total - failed_in_all), *((ending, count) for ending, count in found.items() if count)]


def _of_error(text: str) -> Ending:
    status = _STATUS.search(text)
    if status is not None:
        return of_status(int(status.group(1)))
    return of_message(text) if _NO_ANSWER.search(text) else judged(text)


def _number(source: Source, line: int, row: Row, column: str) -> float:
    text = row.get(column, "")
    try:
        value = float(text)
    except ValueError:
        value = -1.0
    if not 0 <= value < float("inf"):
        raise RunDataError(
            f'{source.path}: line {line}: {column} is "{text[:40]}"; expected a number, mend the line or take it out'
        )
    return value


FORM = Form(Tool.LOCUST, "CSV statistics", recognises, read)
