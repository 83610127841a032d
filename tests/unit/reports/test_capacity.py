"""The quarterly report on the page and on paper: whole, the same each time, and names of the target stay names."""

from dataclasses import replace

import pytest

from analysis.quarter.other_mix import Check
from analysis.quarter.quarter import Quarter
from reports.capacity import head, sections
from reports.capacity_html import render_capacity
from reports.capacity_pdf import render_capacity_pdf
from reports.capacity_section import Table, tight
from scenarios.target import TargetKind
from tests.unit.analysis.quarter.build_mixed import told_mix
from tests.unit.analysis.quarter.build_quarter import pool, quarter_with

AT = "2026-11-26T03:00:00+00:00"
HOSTILE = "<script>alert(1)</script> #panic(`no`)"


@pytest.fixture(scope="module")
def quarter() -> Quarter:
    return quarter_with(pool())


def hostile(quarter: Quarter) -> Quarter:
    return replace(quarter, assumptions=(HOSTILE, "a\x1bname"), history=replace(quarter.history, source=HOSTILE))


def test_the_answers_come_first_and_every_section_names_its_run(quarter: Quarter) -> None:
    text = render_capacity(quarter, {}, {quarter.last.run_id: "../run/report.html"}, AT)
    places = [
        text.index(question)
        for question in (
            "Does it hold?",
            "Until when?",
            "What is to be done?",
            "What does it cost?",
            "How much is used",
        )
    ]
    assert places == sorted(places)
    assert f'<a href="../run/report.html">{quarter.last.run_id}</a>' in text
    assert [section.name for section in sections(quarter)] == [
        "plan",
        "capacity",
        "resources",
        "scaling",
        "growth",
        "cost",
        "assumptions",
    ]


def test_each_answer_and_figure_of_the_first_page_names_a_run_and_files(quarter: Quarter) -> None:
    told = head(quarter, AT)
    assert [(row["mark"], row["name"]) for row in told["sources"]] == [
        ("[1]", quarter.last.run_id), ("[2]", "peaks.csv"), ("[3]", "Trial prices"),
    ]  # fmt: skip
    assert [[cite["mark"] for cite in row["cites"]] for row in told["answers"]] == [
        ["[1]", "[2]"], ["[1]", "[2]"], ["[1]", "[2]", "[3]"], ["[1]", "[2]", "[3]"],
    ]  # fmt: skip
    assert all(row["cites"] for row in told["figures"])
    links = {quarter.last.run_id: "../run/report.html", "peaks.csv": "inputs/peaks.csv"}
    text = render_capacity(quarter, {}, links, AT)
    assert '<a href="inputs/peaks.csv" title="peaks.csv">[2]</a>' in text
    assert '<a href="#assumptions" title="Trial prices">[3]</a>' in text  # no copy was made: the last chapter names it


def test_a_table_that_is_too_wide_keeps_the_longest_word_of_each_column() -> None:
    wide = Table("t", ("a", "b", "c"), (("x " * 40, "y " * 40, "1,234,567,890"),) * 2)
    four = Table("t", ("a", "b", "c", "d"), (("x " * 40, "y " * 40, "z " * 40, "1,234,567,890"),))
    assert wide.row()["widths"] == [38, 38, 17]
    assert four.row()["widths"] == [31, 31, 31, 17]  # by hand: 110 less 17, in three


def test_a_number_and_its_unit_stay_in_one_line() -> None:
    space = "\u00a0"
    assert tight("40.1 % (36.7 % to 43.9 %)") == f"40.1{space}% (36.7{space}% to 43.9{space}%)"
    assert tight("288 per s, 877 EUR, 14 days") == f"288{space}per{space}s, 877{space}EUR, 14{space}days"
    assert tight("1,000 requests per s") == "1,000 requests per s"


def test_what_was_planted_in_the_target_is_told_at_the_top(quarter: Quarter) -> None:
    assert "planted" not in head(quarter, AT)["warning"]
    run = quarter.last.run
    faulty = replace(run, manifest=run.manifest.model_copy(update={"plants": ("slow-slots",)}))
    told = head(replace(quarter, climbs=(replace(quarter.last, run=faulty),)), AT)["warning"]
    assert "faults were planted in the latest run: slow-slots" in told


def test_paper_has_the_same_bytes_each_time(quarter: Quarter) -> None:
    first = render_capacity_pdf(quarter, {}, AT)
    assert first.startswith(b"%PDF-")
    assert first == render_capacity_pdf(quarter, {}, AT)


def test_names_that_try_to_be_markup_stay_names(quarter: Quarter) -> None:
    text = render_capacity(hostile(quarter), {}, {}, AT)
    assert "<script>alert" not in text
    assert "\x1b" not in text
    assert "&lt;script&gt;alert(1)" in text
    assert render_capacity_pdf(hostile(quarter), {}, AT).startswith(b"%PDF-")


def test_a_sandbox_is_told_as_a_demonstration_and_a_staging_target_is_not(quarter: Quarter) -> None:
    assert "demonstration" in head(quarter, AT)["warning"]
    run = quarter.last.run
    target = run.manifest.plan.target.model_copy(update={"kind": TargetKind.STAGING, "sandbox": None})
    plan = run.manifest.plan.model_copy(update={"target": target})
    climb = replace(quarter.last, run=replace(run, manifest=run.manifest.model_copy(update={"plan": plan})))
    assert head(replace(quarter, climbs=(climb,)), AT)["warning"] == ""


def test_other_mixes_are_told_with_their_check_or_the_command_that_makes_one(quarter: Quarter) -> None:
    check = Check(("climb-9",), 42.0, (38.0, 46.0), at_least=False, deviation_ratio=45.0 / 42.0 - 1, overlaps=True)
    mixes = (
        told_mix("checked", check=check),
        told_mix("alone"),
        told_mix(HOSTILE, rate_per_s=None, because="pay takes too long"),
    )
    text = render_capacity(replace(quarter, mixes=mixes), {}, {"climb-9": "../climb-9/report.html"}, AT).replace(
        "\u00a0", " "
    )
    assert "With the mix checked: 45 requests per s (90 %: 40 to 50); a climb of it carried 42." in text
    assert '<a href="../climb-9/report.html">climb-9</a>' in text
    assert "+7.1 %" in text
    assert "✓ overlap" in text
    assert "alone: not checked by a run: make one with: rushhour run exhaustion --mix alone" in text
    assert "cannot be told, pay takes too long." in text
    assert "<script>alert" not in text
    assert render_capacity_pdf(replace(quarter, mixes=mixes), {}, AT).startswith(b"%PDF-")


def test_a_column_gets_the_room_of_its_longest_cell_up_to_a_bound() -> None:
    table = Table("t", ("a", "b"), (("one two", "x" * 50), ("1", "y")))
    assert table.row()["widths"] == [4 + 7, 4 + 50]  # a word is never broken
    assert Table("t", ("a",), (("word " * 20,),)).row()["widths"] == [4 + 34]
