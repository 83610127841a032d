"""HdrHistogram logs (`.hlog`, V2): lines of start, length, maximum and a compressed histogram, each perhaps with a tag.

The unit of its values is not in the format. A log that Rushhour wrote says it, and that values count from the intended start.
Source: G. Tene, HdrHistogram, HistogramLogReader; decoded by its Python package.
"""

import binascii
import re
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from hdrh.codec import HdrCookieException, HdrLengthException
from hdrh.histogram import HdrHistogram

from records.errors import RunDataError
from records.imported import NO_INTENDED_START, Gap, Tool
from records.imports.dealt import deal, shares
from records.imports.form import About, Form, Options, Unit
from records.imports.named import operation_of
from records.imports.sample import OK, Floats, Ints, Samples
from records.imports.source import Source
from records.imports.table import CUT_OFF
from records.interchange import OURS

YEAR_S = 365 * 86400.0
NO_TAG = "all requests"
_START = re.compile(r"#\[StartTime: *([\d.]+) ")
_BASE = re.compile(r"#\[BaseTime: *([\d.]+) ")
_INTERVAL = re.compile(r"^(?:Tag=([^,]*),)?([\d.]+),([\d.]+),([\d.]+),(HIST\S+)$")
_METHOD = re.compile(r"^([A-Z]+)_/")
_DAMAGED = (HdrCookieException, HdrLengthException, zlib.error, binascii.Error, TypeError, ValueError, IndexError)


@dataclass(frozen=True, slots=True)
class _Clock:
    """What the comments say of time, in s since the epoch; None where they do not."""

    start_s: float | None = None
    base_s: float | None = None

    def moment_s(self, stamp_s: float) -> float:
        """Return a stamp as s since the epoch: absolute, or from the base; over a year before the start it is relative."""
        if self.base_s is not None:
            return self.base_s + stamp_s
        start_s = self.start_s or 0.0
        return start_s + stamp_s if stamp_s < start_s - YEAR_S else stamp_s


def recognises(head: bytes) -> bool:
    """Tell whether a file begins as a log does: comments in brackets, a legend, or a line with a histogram."""
    for line in head.decode("utf-8", "replace").splitlines():
        if line.startswith("#") or not line.strip():
            continue
        return line.startswith('"StartTimestamp"') or _INTERVAL.match(line) is not None
    return head.startswith(b"#[Histogram log format")


def read(sources: Sequence[Source], options: Options, about: About) -> Iterator[Samples]:
    """Yield the values of logs; raise RunDataError where the unit is neither in the file nor told."""
    about.lacks(Gap.OUTCOMES, "how requests ended: each value counts as a good answer")
    about.resolution_ratio = 0.001
    for source in sources:
        own = OURS.encode() in source.head()
        if options.unit is None and not own:
            raise RunDataError(
                f"{source.path}: the unit of its values is not in the file; say it, such as --unit us (expected ns, us, ms or s)"
            )
        if not own:
            about.lacks(NO_INTENDED_START.what, NO_INTENDED_START.because)
        unit = options.unit or Unit.MICROSECONDS
        clock, left_s = _Clock(), 0.0
        for number, line, torn in _lines(source):
            clock = _heard(clock, line)
            found = _INTERVAL.match(line)
            if found is None:
                if line.strip() and not line.startswith(("#", '"')):
                    if torn:
                        about.leave_out(CUT_OFF)
                        return
                    raise _damage(source, number, "no histogram where one should be")
                continue
            tag, stamp, length, _, blob = found.groups()
            values, counts = _decoded(source, number, blob)
            if counts.size:
                begin_s = clock.moment_s(float(stamp)) + left_s
                if begin_s < YEAR_S and left_s == 0.0:
                    about.lacks(Gap.STARTED_AT, "when the run was made: it is dated by its file")
                    left_s = float(int(options.modified_s))
                    begin_s += left_s
                if float(length) > 1.5:
                    about.lacks(
                        Gap.COURSE, "which second of its interval a value belongs to: intervals are dealt out evenly"
                    )
                seconds = begin_s + np.arange(max(1, round(float(length))), dtype=np.float64)
                per_second = shares(int(counts.sum()), np.ones(seconds.size, dtype=np.int64))
                name = _operation(tag, own=own)
                yield from deal(name, values * unit.us, counts, seconds, per_second, [(OK, int(counts.sum()))])


def _lines(source: Source) -> Iterator[tuple[int, str, bool]]:
    for piece in source.pieces(quoted=False):
        for number, line in enumerate(piece.data.decode("utf-8", "replace").splitlines(), start=piece.first_line):
            yield number, line, piece.torn


def _heard(clock: _Clock, line: str) -> _Clock:
    start, base = _START.match(line), _BASE.match(line)
    if start is not None:
        return _Clock(float(start.group(1)), clock.base_s)
    return clock if base is None else _Clock(clock.start_s, float(base.group(1)))


def _decoded(source: Source, line: int, blob: str) -> tuple[Floats, Ints]:
    """Return the values in the log's unit (the middle of each bucket) and their counts; raise RunDataError where it is damaged."""
    try:
        histogram = HdrHistogram.decode(blob)
        stored = min(histogram.counts_len, histogram.encoder.payload.counts_len)
        every = np.array(histogram.counts[:stored], dtype=np.int64)
    except _DAMAGED as error:
        raise _damage(source, line, f"{type(error).__name__}: {error}") from error
    place = np.flatnonzero(every)
    half = histogram.sub_bucket_half_count
    bucket = np.maximum(0, place // half - 1)
    shift = bucket + histogram.unit_magnitude
    low = (place - bucket * half) << shift
    return low + ((np.int64(1) << shift) - 1) / 2, every[place]


def _damage(source: Source, line: int, why: str) -> RunDataError:
    return RunDataError(
        f"{source.path}: line {line} is damaged ({why}); expected start, length, maximum and a V2 histogram, mend the line or take it out"
    )


def _operation(tag: str | None, *, own: bool) -> str:
    """Return the operation of a tag. Our own are stage/operation with _ for a space and ; for a comma."""
    if not tag:
        return NO_TAG
    if not own:
        return operation_of(tag)
    name = tag.partition("/")[2].replace(";", ",")
    return _METHOD.sub(r"\1 /", name) if _METHOD.match(name) else name.replace("_", " ")


FORM = Form(Tool.HDR_HISTOGRAM, "V2", recognises, read)
