from pathlib import Path

import pytest

from records.event import SAMPLED, Event, EventKind
from records.folder import Appender, append_event, create_folder
from records.generator import GeneratorSample
from records.histogram import Histogram
from records.window import Outcome, Window
from rushhour.progress import Progress
from scenarios.library import load_plan

pytestmark = pytest.mark.integration


def second(
    appender: Appender, number: int, latency_us: float, *, lag_us: float = 100.0, dropped: int = 0, failed: int = 0
) -> None:
    histogram = Histogram.of([latency_us] * 20).sparse()
    outcomes = {Outcome.OK: 20 - failed, Outcome.SERVER_ERROR: failed}
    appender.windows([Window(number, "GET /x", outcomes, histogram, histogram, 0)])
    appender.generator(
        [
            GeneratorSample(
                second=number, worker="local", sequence=number, users=10, users_planned=10, busy=4, planned=5, started=5 - dropped, late=0,
                dropped=dropped, lateness_us=[], loop_lag_us=Histogram.of([lag_us]).sparse(), cpu_ratio=0.1, rss_bytes=1, descriptors=1,
                descriptor_limit=2, connections_opened=0, connections_reused=0, connections_stale=0,
            )
        ]
    )  # fmt: skip


def line_after(folder: Path, **fault: float) -> str:
    appender = Appender(folder)
    progress = Progress(load_plan("smoke"), folder)
    second(appender, 0, 100_000.0)
    progress.look()
    second(appender, 1, fault.pop("latency_us", 100_000.0), **fault)  # type: ignore[arg-type]  # names of its options
    assert progress.look()
    appender.close()
    return progress.line()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return create_folder(tmp_path, "smoke-x")


def test_a_calm_run_says_stage_time_rate_and_limit(folder: Path) -> None:
    line = line_after(folder)
    assert line.startswith("warm_up (1 x)")
    assert "1:18 left" in line
    assert "4 busy" in line
    assert "20 req/s" in line
    assert "sessions 10/10" in line
    assert "p95 100 ms < 200" in line
    assert "errors 0" in line
    assert "!" not in line


def test_a_missed_limit_shows(folder: Path) -> None:
    assert "> LIMIT 200" in line_after(folder, latency_us=900_000.0)


def test_failures_are_counted(folder: Path) -> None:
    assert "errors 3" in line_after(folder, failed=3)


def test_a_lagging_loop_shows(folder: Path) -> None:
    assert "! local: loop lag 80" in line_after(folder, lag_us=80_000.0)


def test_dropped_sessions_show(folder: Path) -> None:
    assert "! 2 sessions dropped" in line_after(folder, dropped=2)


def test_half_a_line_waits_for_its_end(folder: Path) -> None:
    progress = Progress(load_plan("smoke"), folder)
    with (folder / "generator.jsonl").open("a", encoding="utf-8") as file:
        file.write('{"second":0,')
    assert not progress.look()
    assert progress.line() == "starting users …"


def test_what_the_audits_sample_found_broken_shows_first(folder: Path) -> None:
    append_event(folder, Event(34.2, EventKind.ALERT, f"{SAMPLED}no_double_booking", "barber 7"))
    append_event(folder, Event(64.0, EventKind.ALERT, f"{SAMPLED}no_double_booking", "barber 8"))
    append_event(folder, Event(65.0, EventKind.ALERT, "the run is ended: aborted", "a rule"))
    line = line_after(folder)
    assert "! broken: no_double_booking at 34 s" in line
    assert line.index("!") < 40
    assert line.count("!") == 1
