"""An import can fail; it never passes, and nothing that its file does not tell is held."""

from dataclasses import replace

import pytest

from analysis.judge import judge
from analysis.key import stage_key
from analysis.summary import accept
from analysis.verdict import Gate, ObjectiveOutcome, Outcome, Statement
from records.imported import ALWAYS, NO_INTENDED_START, Gap, Imported, Missing, Tool
from records.run import Run
from records.window import Outcome as RequestOutcome
from tests.unit.analysis.build_run import SLOTS, Requests, build_run, dated, plan_of, steady_requests

IMPORTED = Imported(
    tool=Tool.K6, form="JSON", files=("a",), digest="d", resolution_us=1.0, resolution_ratio=0.0,
    missing=(NO_INTENDED_START, *ALWAYS),
)  # fmt: skip
NO_ENDINGS = IMPORTED.model_copy(update={"missing": (*IMPORTED.missing, Missing(what=Gap.OUTCOMES, because="endings"))})


def imported_run(response_us: float, imported: Imported | None = IMPORTED, seed: int = 1, run_sd: float = 0.0) -> Run:
    plan = plan_of()  # without what it must be compared with: only what the file does not tell is at stake
    plan = plan.model_copy(update={"comparison": plan.comparison.model_copy(update={"required": False})})
    requests = steady_requests(plan, seed, {SLOTS: 60}, {SLOTS: response_us}, sigma=0.05, run_sd=run_sd)
    run = build_run(requests, plan, samples=None if imported is None else [])
    return replace(run, manifest=run.manifest.model_copy(update={"imported": imported}))


def test_the_same_run_of_our_own_passes_and_as_an_import_does_not() -> None:
    own, imported = judge(imported_run(20_000.0, None), ()), judge(imported_run(20_000.0), ())
    assert own.outcome is Outcome.PASS
    assert imported.outcome is Outcome.INCONCLUSIVE
    assert imported.because[0].startswith("imported from k6 (JSON): whether the generator was well is not in the file")


def test_service_time_under_a_limit_is_not_measured_and_over_it_fails() -> None:
    under, over = judge(imported_run(20_000.0), ()), judge(imported_run(900_000.0), ())
    latency = [row for row in under.objectives if row.metric == "response_p95" and row.count]
    assert latency
    assert {row.outcome for row in latency} == {ObjectiveOutcome.NOT_MEASURED}
    assert "service time is 21" in latency[0].because
    assert over.outcome is Outcome.FAIL
    missed = [row for row in over.objectives if row.outcome is ObjectiveOutcome.FAIL]
    assert {row.metric for row in missed} >= {"response_p95"}


def test_latencies_from_the_intended_start_hold_and_the_run_does_not_pass_all_the_same() -> None:
    known = IMPORTED.model_copy(update={"missing": ALWAYS})
    verdict = judge(imported_run(20_000.0, known), ())
    assert ObjectiveOutcome.PASS in {row.outcome for row in verdict.objectives if row.metric == "response_p95"}
    assert verdict.outcome is Outcome.INCONCLUSIVE


def test_a_miss_within_the_rounding_of_the_file_is_none() -> None:
    coarse = IMPORTED.model_copy(update={"resolution_ratio": 0.2})
    just_over = 195_000.0  # its p95 is 212 ms, the limit 200 ms
    assert judge(imported_run(just_over), ()).outcome is Outcome.FAIL
    assert judge(imported_run(just_over, coarse), ()).outcome is Outcome.INCONCLUSIVE


def test_errors_are_not_measured_where_the_file_has_no_endings() -> None:
    with_endings, without = judge(imported_run(20_000.0), ()), judge(imported_run(20_000.0, NO_ENDINGS), ())
    few = {row.outcome for row in with_endings.objectives if row.metric == "error_ratio"}
    assert few == {ObjectiveOutcome.MARGINAL}  # none failed, of too few to prove it
    assert {row.outcome for row in without.objectives if row.metric in {"error_ratio", "uptime_ratio"}} == {
        ObjectiveOutcome.NOT_MEASURED
    }


def test_errors_of_an_import_fail_it() -> None:
    plan = plan_of()
    seconds = range(int(plan.duration_s))
    requests = Requests().add(SLOTS, seconds, 20_000.0).add(SLOTS, seconds, 20_000.0, RequestOutcome.SERVER_ERROR)
    run = build_run(requests, plan, samples=[])
    run = replace(run, manifest=run.manifest.model_copy(update={"imported": IMPORTED}))
    assert judge(run, ()).outcome is Outcome.FAIL


def test_no_check_of_the_generator_and_no_invariant_is_called_sound() -> None:
    verdict = judge(imported_run(20_000.0), ())
    assert {row.name for row in verdict.generator if row.observed is not None} == {"ended", "stages", "requests"}
    assert {row.outcome for row in verdict.invariants} <= {ObjectiveOutcome.NOT_MEASURED}


def test_the_key_says_which_tool_and_forgets_the_length() -> None:
    run = imported_run(20_000.0)
    stage = next(stage for stage in run.manifest.plan.stages if stage.is_judged)
    key = stage_key(run.manifest, stage)
    assert (key.generator, key.stage_s) == ("imported from k6 (JSON), no intended start", 0.0)


@pytest.mark.parametrize(("factor", "statement"), [(1.0, None), (1.5, Statement.REGRESSED)])
def test_accepted_imports_are_a_baseline_for_later_ones(factor: float, statement: Statement | None) -> None:
    accepted = [dated(accept(imported_run(50_000.0, seed=seed, run_sd=0.01)), seed) for seed in range(6)]
    verdict = judge(imported_run(50_000.0 * factor, seed=99, run_sd=0.01), accepted)
    stated = {row.statement for row in verdict.comparisons if row.operation == SLOTS and row.metric == "response_p50"}
    assert (Statement.REGRESSED in stated) == (statement is Statement.REGRESSED)
    assert (verdict.outcome is Outcome.FAIL) == (statement is not None)
    without = judge(replace_imported(imported_run(50_000.0, seed=99)), accepted)
    rates = [row for row in without.comparisons if row.metric == "rate"]
    assert all(row.gate is Gate.NOT_GATED for row in rates)


def replace_imported(run: Run) -> Run:
    return replace(run, manifest=run.manifest.model_copy(update={"imported": NO_ENDINGS}))
