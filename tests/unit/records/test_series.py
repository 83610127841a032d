"""Rules of series, folders and baselines: what is written is what is read."""

import json
from dataclasses import asdict
from pathlib import Path

import pytest

from records.baseline import Baseline, BaselineOperation, BaselineStage, read_baseline, read_baselines, write_baseline
from records.errors import RunDataError
from records.event import Event, EventKind
from records.folder import LEDGER, MANIFEST, WINDOWS, Appender, create_folder, new_run_id, write_manifest
from records.histogram import Histogram
from records.journey import JourneyCount, Milestone
from records.ledger import Answer, Entry, Write
from records.run import Run, read_run
from records.series import OUTCOMES, ErrorSeen, collect
from records.window import ErrorCount, Outcome, Window
from tests.unit.analysis.build_run import SLOTS, Requests, build_run, healthy_samples, plan_of


def window(second: int, operation: str, *values_us: float, outcome: Outcome = Outcome.OK) -> Window:
    sparse = Histogram.of(values_us).sparse()
    return Window(second, operation, {outcome: len(values_us)}, sparse, sparse, 10)


def test_lines_of_one_second_add_up() -> None:
    series = collect([window(3, SLOTS, 100.0), window(4, SLOTS, 200.0), window(3, SLOTS, 300.0, 300.0)])
    assert series.histogram(series.response, 3, 4, [SLOTS]).count == 3
    assert series.outcome_counts(0, 10, [SLOTS])[Outcome.OK] == 4
    assert series.outcomes_by_second(3, 5, [SLOTS])[:, OUTCOMES.index(Outcome.OK)].tolist() == [3, 1]
    assert series.received_bytes == 30


def test_errors_add_up_with_their_first_and_last_second() -> None:
    def failing(second: int, text: str, count: int) -> Window:
        return Window(
            second,
            SLOTS,
            {Outcome.SERVER_ERROR: count},
            [],
            [],
            0,
            (ErrorCount(Outcome.SERVER_ERROR, "status", text, count),),
        )

    series = collect([failing(7, "status 503", 2), failing(3, "status 503", 1), failing(4, "status 500", 1)])
    assert series.errors == (
        ErrorSeen(SLOTS, Outcome.SERVER_ERROR, "status", "status 503", 3, 3, 7),
        ErrorSeen(SLOTS, Outcome.SERVER_ERROR, "status", "status 500", 1, 4, 4),
    )


def test_a_window_is_read_back_with_its_errors_and_edges() -> None:
    full = Window(
        3,
        SLOTS,
        {Outcome.TIMEOUT: 2},
        [5, 2],
        [5, 2],
        0,
        (ErrorCount(Outcome.TIMEOUT, "timeout", "late", 2),),
        ((200_000, 1),),
    )
    assert Window.from_record(json.loads(json.dumps(full.as_record()))) == full


def test_a_line_from_before_errors_were_kept_still_reads() -> None:
    plain = window(3, SLOTS, 100.0)
    assert set(plain.as_record()) == {"second", "operation", "outcomes", "response_us", "service_us", "received_bytes"}
    assert Window.from_record(plain.as_record()) == plain


def test_the_order_of_lines_does_not_matter() -> None:
    lines = [window(3, SLOTS, 100.0), window(4, "GET /health", 200.0), window(3, SLOTS, 300.0)]
    one, two = collect(lines), collect(reversed(lines))
    for name in (SLOTS, "GET /health"):
        counts = one.histogram(one.response, 0, 9, [name]).counts
        assert (counts == two.histogram(two.response, 0, 9, [name]).counts).all()


def test_an_unknown_operation_has_an_empty_histogram() -> None:
    series = collect([window(3, SLOTS, 100.0)])
    assert series.histogram(series.response, 0, 9, ["GET /nowhere"]).count == 0


def written(folder: Path) -> Run:
    """Write a small run, close it, and read it back."""
    plan = plan_of("baseline")
    write_manifest(folder, build_run(Requests(), plan).manifest)
    appender = Appender(folder)
    appender.windows([window(1, SLOTS, 100.0), window(2, SLOTS, 200.0)])
    appender.journeys([JourneyCount(1, "payer", Milestone.PAID, 2)])
    appender.generator(healthy_samples(plan)[:2])
    appender.event(Event(1.5, EventKind.NOTE, "hello"))
    appender.ledger([Entry(1.0, 1.1, Write.BOOK, Answer.ACKNOWLEDGED, 201, "ann", 1, appointment_id=5)])
    appender.close()
    return read_run(folder)


def test_a_run_is_read_back_as_it_was_written(tmp_path: Path) -> None:
    run = written(create_folder(tmp_path, "run"))
    assert run.operations == (SLOTS,)
    assert run.response(0, 3).count == 2
    assert run.milestones(0, 3)[Milestone.PAID] == 2
    assert run.last_second == 2
    assert run.events == (Event(1.5, EventKind.NOTE, "hello"),)
    assert run.ledger[0].appointment_id == 5
    assert run.torn_lines == ()


def test_a_last_line_torn_by_a_kill_is_left_out_and_named(tmp_path: Path) -> None:
    folder = create_folder(tmp_path, "run")
    written(folder)
    with (folder / WINDOWS).open("a", encoding="utf-8") as file:
        file.write('{"second": 3, "opera')
    run = read_run(folder)
    assert run.response(0, 9).count == 2
    assert run.torn_lines == (WINDOWS,)


def test_a_bad_line_elsewhere_is_damage_with_its_number(tmp_path: Path) -> None:
    folder = create_folder(tmp_path, "run")
    written(folder)
    (folder / LEDGER).write_text("{}\n", encoding="utf-8")
    with pytest.raises(RunDataError, match=r"ledger.jsonl: line 1 is damaged"):
        read_run(folder)


def test_a_damaged_histogram_is_refused(tmp_path: Path) -> None:
    folder = create_folder(tmp_path, "run")
    written(folder)
    bad = {**asdict(window(1, SLOTS, 1.0)), "response_us": [1]}
    (folder / WINDOWS).write_text(json.dumps(bad) + "\n", encoding="utf-8")
    with pytest.raises(RunDataError, match="histogram is damaged"):
        read_run(folder)


@pytest.mark.parametrize("text", ["", "[]", '{"format_version": 2}', '{"format_version": 1}', "\x00"])
def test_a_damaged_manifest_is_one_line(tmp_path: Path, text: str) -> None:
    (tmp_path / MANIFEST).write_text(text, encoding="utf-8")
    with pytest.raises(RunDataError) as caught:
        read_run(tmp_path)
    assert "\n" not in str(caught.value)


def test_run_ids_never_meet() -> None:
    assert len({new_run_id("smoke") for _ in range(100)}) == 100


def baseline(run_id: str, started_at: str) -> Baseline:
    from_run = build_run(Requests(), plan_of("baseline"))
    key = {
        "target": "sandbox", "target_kind": "sandbox", "level": 1.0, "stage_s": 24.0, "time_scale": 0.04, "load_scale": 1.0,
        "load_digest": "0", "data_set": "d", "generator": "g", "fingerprint": from_run.manifest.fingerprint.model_dump(),
    }  # fmt: skip
    operation = BaselineOperation(response_us=[5, 1], service_us=[5, 1], outcomes={"ok": 1}, within_run_variance={})
    stage = BaselineStage.model_validate(
        {"name": "baseline", "key": key, "duration_s": 24.0, "operations": {SLOTS: operation.model_dump()}}
    )
    return Baseline(
        run_id=run_id, scenario="baseline", target="sandbox", started_at=started_at, commit=None, target_build=None,
        stages=(stage,),
    )  # fmt: skip


def test_baselines_are_read_oldest_first(tmp_path: Path) -> None:
    for run_id, started_at in (("b", "2026-01-02"), ("a", "2026-01-03"), ("c", "2026-01-01")):
        write_baseline(tmp_path, baseline(run_id, started_at))
    assert [found.run_id for found in read_baselines(tmp_path, "sandbox", "baseline")] == ["c", "b", "a"]
    assert read_baselines(tmp_path, "sandbox", "nothing") == ()


def test_a_damaged_baseline_says_how_to_drop_it(tmp_path: Path) -> None:
    path = write_baseline(tmp_path, baseline("b", "2026-01-02"))
    path.write_text("{", encoding="utf-8")
    with pytest.raises(RunDataError, match="rushhour baseline drop b"):
        read_baseline(path)
