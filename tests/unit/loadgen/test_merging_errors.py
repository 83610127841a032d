"""Errors, and what lies within a limit, survive the merge of workers."""

from loadgen.merging import MergedWindows
from loadgen.recorder import Recorder
from records.window import ErrorCount, Outcome, Window


def of_a_worker(text: str, value_us: float) -> list[dict[str, object]]:
    recorder = Recorder([200_000])
    recorder.request("GET /x", Outcome.SERVER_ERROR, 3.0, value_us, value_us, 0, ("status", text))
    recorder.request("GET /x", Outcome.TIMEOUT, 3.0, value_us, value_us, 0, ("timeout", "late"))
    return [window.as_record() for window in recorder.flush()[0]]


def test_errors_of_workers_add_up() -> None:
    merged = MergedWindows()
    for text in ("status 500", "status 503", "status 503"):
        merged.add(of_a_worker(text, 1000.0))
    (record,) = merged.take()
    assert Window.from_record(record).errors == (
        ErrorCount(Outcome.SERVER_ERROR, "status", "status 500", 1),
        ErrorCount(Outcome.SERVER_ERROR, "status", "status 503", 2),
        ErrorCount(Outcome.TIMEOUT, "timeout", "late", 3),
    )


def test_what_is_within_a_limit_adds_up() -> None:
    merged = MergedWindows()
    for value_us in (199_950.0, 200_000.0, 200_001.0):
        merged.add(of_a_worker("status 500", value_us))
    (record,) = merged.take()
    assert Window.from_record(record).within_limit == ((200_000, 4),)
