"""The page, the summary, the JUnit file and the terminal lines of a duet."""

from dataclasses import replace
from xml.etree import ElementTree as ET

import pytest

from analysis.duet_verdict import DuetVerdict, PairedErrors, PairedResult, RestartResult
from analysis.verdict import Gate, Outcome, Statement
from records.duet import Arm, DuetRecord, Pinning, Restart, Seats, Side
from reports.duet import render_duet
from reports.duet_junit import render_duet_junit
from reports.duet_text import render_duet_markdown, render_duet_terminal
from tests.unit.reports.test_html import Page

LINK = "runs/{run_id}"
SLOWER = PairedResult(
    operation="GET /appointments/slots", metric="service_mean", unit="us", a=72_000.0, b=75_600.0, change_ratio=0.05,
    interval=(0.04, 0.06), level=0.95, tolerated_ratio=0.15, differences=(0.05, 0.04, 0.06), count=1_200,
    smallest_detectable_ratio=0.014, statement=Statement.REGRESSED, gate=Gate.FAIL, because="at least 3 %",
)  # fmt: skip
SEATED = {Side.A: Seats(generator=(0,), target=(1,)), Side.B: Seats(generator=(0,), target=(1,))}


def restart(number: int) -> Restart:
    runs: dict[Side, str | None] = {Side.A: f"run-a{number}", Side.B: f"run-b{number}"}
    return Restart(number=number, seed=number, first=Side.A, seats=SEATED, runs=runs)


@pytest.fixture
def record() -> DuetRecord:
    return DuetRecord(
        duet_id="duet-1", scenario="baseline", started_at="2026-11-26T06:00:00+00:00",
        command=("rushhour", "duet", "baseline"), pinning=Pinning.TOGETHER, fresh=True, restarts_wanted=3, warm_up_s=30,
        duration_s=120, time_scale=1, load_scale=0.5, ended="completed",
        arms={Side.A: Arm(target="sandbox"), Side.B: Arm(target="sandbox", plants=("slots=1.05",), build="<b>2</b>")},
        restarts=tuple(restart(number) for number in range(4)),
    )  # fmt: skip


@pytest.fixture
def verdict() -> DuetVerdict:
    alike = replace(
        SLOWER,
        operation="GET /barbers/",
        statement=Statement.NO_CHANGE,
        gate=Gate.PASS,
        change_ratio=0.0,
        interval=(-0.01, 0.01),
    )
    bare = replace(SLOWER, operation="GET /rare", statement=Statement.CANNOT_TELL, gate=Gate.NOT_GATED, change_ratio=None,
                   interval=None, smallest_detectable_ratio=None, because="only 9 requests an arm")  # fmt: skip
    counted = [RestartResult(number, "a", f"run-a{number}", f"run-b{number}", "") for number in range(3)]
    errors = PairedErrors(
        1, 4_000, 2, 4_000, 0.00025, Statement.CANNOT_TELL, Gate.PASS, "2 of 4,000 against 1 of 4,000"
    )
    return DuetVerdict(
        duet_id="duet-1", scenario="baseline", outcome=Outcome.FAIL, because=("slots is 5 % more in b",),
        comparisons=(bare, alike, SLOWER), errors=errors,
        restarts=(*counted, RestartResult(3, "b", "run-a3", "run-b3", "arm b: its loop was late")),
    )  # fmt: skip


def test_the_page_is_whole_fetches_nothing_and_every_anchor_has_its_place(
    record: DuetRecord, verdict: DuetVerdict
) -> None:
    page = Page(render_duet(record, verdict, LINK))
    assert (page.mistakes, page.open) == ([], [])
    assert {address[1:] for address in page.addresses if address.startswith("#")} <= set(page.ids)
    assert {address for address in page.addresses if not address.startswith(("#", "data:"))} == {
        f"runs/run-{side}{number}" for side in "ab" for number in range(4)
    }


def test_the_page_shows_what_blocks_first_and_says_what_was_planted_and_what_is_void(
    record: DuetRecord, verdict: DuetVerdict
) -> None:
    text = render_duet(record, verdict, LINK)
    assert text.index("GET /appointments/slots") < text.index("GET /barbers/") < text.index("GET /rare")
    assert "planted on purpose: slots=1.05" in text
    assert "3 of 3 count, 1 void" in text
    assert "Arm b: its loop was late." in text
    assert "<b>2</b>" not in text


def test_an_empty_duet_has_a_page(record: DuetRecord, verdict: DuetVerdict) -> None:
    empty = replace(verdict, outcome=Outcome.INVALID, comparisons=(), errors=None, restarts=())
    page = Page(render_duet(record.model_copy(update={"restarts": ()}), empty, LINK))
    assert (page.mistakes, page.open) == ([], [])
    assert any("no restart counts" in text for text in page.texts)


def test_junit_fails_what_regressed_and_skips_what_is_only_listed_or_void(
    record: DuetRecord, verdict: DuetVerdict
) -> None:
    root = ET.fromstring(render_duet_junit(record, verdict))
    assert (root.get("tests"), root.get("failures"), root.get("skipped"), root.get("errors")) == ("8", "1", "2", "0")
    failed = [case.get("name") for case in root.iter("testcase") if case.find("failure") is not None]
    assert failed == ["GET /appointments/slots typical service time"]


def test_junit_of_an_invalid_duet_has_an_error(record: DuetRecord, verdict: DuetVerdict) -> None:
    root = ET.fromstring(render_duet_junit(record, replace(verdict, outcome=Outcome.INVALID)))
    assert root.get("errors") == "1"


def test_the_terminal_fits_and_names_what_blocks(record: DuetRecord, verdict: DuetVerdict) -> None:
    lines = render_duet_terminal(record, verdict, None).plain.splitlines()
    assert lines[0] == "✗ FAIL  duet, baseline"
    assert max(map(len, lines)) <= 80
    assert any("regressed: GET /appointments/slots" in line for line in lines)


def test_the_summary_has_a_row_for_each_gated_comparison(record: DuetRecord, verdict: DuetVerdict) -> None:
    text = render_duet_markdown(record, verdict)
    assert "| GET /appointments/slots | typical service time | ▲ regressed |" in text
    assert "GET /barbers/" in text
    assert "GET /rare" not in text
