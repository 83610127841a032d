"""JMeter: results as XML (JTL). A sample's own sub-samples are parts of it; those of a transaction are the requests.

Read as a stream by expat; a document type is refused, since no JTL has one and an entity could grow without bound.
"""

from collections.abc import Iterator, Sequence
from typing import IO
from xml.parsers import expat

import numpy as np

from records.errors import RunDataError
from records.imported import Tool
from records.imports.form import About, Form, Options
from records.imports.jmeter_csv import LEFT_OUT, TRANSACTION, ending_of, note
from records.imports.named import operation_of
from records.imports.sample import Ending, Samples
from records.imports.source import HEAD_BYTES, Source
from records.imports.table import CUT_OFF

ROOT = "testResults"
SAMPLES = frozenset({"httpSample", "sample"})
CUT_SHORT = frozenset({expat.errors.XML_ERROR_NO_ELEMENTS, expat.errors.XML_ERROR_UNCLOSED_TOKEN})
BATCH = 100_000  # samples handed over at a time


def recognises(head: bytes) -> bool:
    """Tell whether a file begins as JMeter's XML does."""
    text = head.lstrip()
    return text.startswith((b"<?xml", b"<testResults")) and b"<testResults" in head[:2000]


def read(sources: Sequence[Source], _options: Options, about: About) -> Iterator[Samples]:
    """Yield the samples of results; several files are generators of one run."""
    note(about)
    for source in sources:
        with source.opened() as file:
            yield from _Reader(source, about).batches(file)


class _Reader:
    """One file: collects samples as elements begin. `_inside` has for each open sample whether its parts are requests."""

    def __init__(self, source: Source, about: About) -> None:
        self._source, self._about = source, about
        self._parser = expat.ParserCreate()
        self._parser.StartElementHandler = self._start
        self._parser.EndElementHandler = self._end
        self._parser.StartDoctypeDeclHandler = self._doctype
        self._inside: list[bool] = []
        self._start_s: list[float] = []
        self._latency_us: list[float] = []
        self._names: dict[str, int] = {}
        self._endings: dict[Ending, int] = {}
        self._name_codes: list[int] = []
        self._ending_codes: list[int] = []

    def batches(self, file: IO[bytes]) -> Iterator[Samples]:
        try:
            while text := file.read(HEAD_BYTES):
                self._parser.Parse(text, False)
                if len(self._start_s) >= BATCH:
                    yield self._batch()
            self._parser.Parse(b"", True)
        except expat.ExpatError as error:
            if expat.ErrorString(error.code) not in CUT_SHORT:
                raise RunDataError(
                    f"{self._source.path}: line {error.lineno}: {expat.ErrorString(error.code)}; expected JMeter's XML"
                ) from error
            self._about.leave_out(CUT_OFF)  # a run that was killed never wrote </testResults>
        if self._start_s:
            yield self._batch()

    def _start(self, name: str, found: dict[str, str]) -> None:
        if name not in SAMPLES:
            return
        is_sum = found.get("rm", "").startswith(TRANSACTION)
        counts = all(self._inside) and not is_sum
        self._inside.append(is_sum)
        self._about.leave_out(LEFT_OUT, int(is_sum))
        if not counts:
            return
        line = self._parser.CurrentLineNumber
        self._start_s.append(self._number(found, "ts", line) / 1e3)
        self._latency_us.append(self._number(found, "t", line) * 1e3)
        label = operation_of(found.get("lb", ""))
        ending = ending_of(found.get("rc", ""), success=found.get("s", "").lower() == "true")
        self._name_codes.append(self._names.setdefault(label, len(self._names)))
        self._ending_codes.append(self._endings.setdefault(ending, len(self._endings)))

    def _end(self, name: str) -> None:
        if name in SAMPLES:
            self._inside.pop()

    def _number(self, found: dict[str, str], name: str, line: int) -> float:
        text = found.get(name, "")
        if not text.isdigit():
            raise RunDataError(
                f'{self._source.path}: line {line}: {name} is "{text[:40]}"; expected a whole number of ms, mend the line or take it out'
            )
        return float(text)

    def _doctype(self, *_: object) -> None:
        raise RunDataError(f"{self._source.path}: has a document type; expected JMeter's XML, which has none")

    def _batch(self) -> Samples:
        samples = Samples(
            np.array(self._start_s),
            np.array(self._latency_us),
            np.array(self._name_codes, dtype=np.int64),
            tuple(self._names),
            np.array(self._ending_codes, dtype=np.int64),
            tuple(self._endings),
        )
        for column in (self._start_s, self._latency_us, self._name_codes, self._ending_codes):
            column.clear()
        return samples


FORM = Form(Tool.JMETER, "XML", recognises, read)
