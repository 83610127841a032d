"""Rules of validity: each check both ways."""

from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np
import pytest

from analysis.observed import observe
from analysis.validity import is_valid, judge_generator
from analysis.verdict import GeneratorCheck
from records.event import Event, EventKind
from records.generator import GeneratorSample
from records.histogram import Histogram
from records.manifest import Ended
from records.run import Run
from records.series import ErrorSeen
from records.window import GENERATOR_KIND, Outcome
from tests.unit.analysis.build_run import SLOTS, Requests, build_run, changed, healthy_samples, plan_of

PLAN = plan_of()
HEALTHY = healthy_samples(PLAN)


def run_of(samples: Sequence[GeneratorSample] = HEALTHY, response_us: float = 10_000.0) -> Run:
    return build_run(Requests().add(SLOTS, np.repeat(np.arange(58), 50).tolist(), response_us), PLAN, samples=samples)


def checks_of(run: Run) -> dict[str, GeneratorCheck]:
    judged = [observe(run, stage) for stage in run.manifest.plan.stages if stage.is_judged]
    return {check.name: check for check in judge_generator(run, judged)}


def sick(run: Run) -> list[str]:
    return [name for name, check in checks_of(run).items() if not check.healthy]


def ended(run: Run, end: Ended | None) -> Run:
    return replace(run, manifest=run.manifest.model_copy(update={"ended": end}))


def test_a_healthy_run_is_valid() -> None:
    assert is_valid(checks_of(run_of()).values())


def test_a_killed_run_is_invalid() -> None:
    run = ended(run_of(), None)
    assert sick(run) == ["ended"]
    assert checks_of(run)["ended"].because.startswith("no end was recorded")


def test_a_failed_run_is_invalid_and_says_why() -> None:
    run = ended(run_of(), Ended(reason="failed", at_s=58, detail="worker1 lost", requests_counted=2900))
    assert "worker1 lost" in checks_of(run)["ended"].because


def test_a_run_stopped_in_a_judged_stage_is_invalid() -> None:
    run = build_run(Requests().add(SLOTS, range(40)), PLAN, samples=HEALTHY[:41])
    run = ended(run, Ended(reason="interrupted", at_s=40, requests_counted=40, requests_recorded=40))
    assert {"ended", "stages"} <= set(sick(run))


def test_a_run_stopped_after_its_judged_stages_is_valid() -> None:
    plan = plan_of("peak", time_scale=0.02, load_scale=0.3)
    judged_end = next(int(stage.end_s) for stage in plan.stages if stage.is_judged)
    run = build_run(Requests().add(SLOTS, range(judged_end)), plan, samples=healthy_samples(plan)[: judged_end + 1])
    run = ended(
        run,
        Ended(reason="interrupted", at_s=judged_end + 0.5, requests_counted=judged_end, requests_recorded=judged_end),
    )
    assert sick(run) == []


def test_lost_requests_are_invalid() -> None:
    run = ended(run_of(), Ended(reason="completed", at_s=58, requests_counted=2901, requests_recorded=2901))
    assert sick(run) == ["requests"]
    assert "1 lost or doubled" in checks_of(run)["requests"].because


def test_a_run_without_requests_is_invalid() -> None:
    assert sick(build_run(Requests(), PLAN)) == ["requests"]


def test_a_missing_report_of_a_worker_is_invalid() -> None:
    assert sick(run_of([sample for sample in HEALTHY if sample.second != 20])) == ["workers"]


def test_a_worker_that_never_reported_is_invalid() -> None:
    run = run_of()
    run = replace(run, manifest=run.manifest.model_copy(update={"workers": 2}))
    assert checks_of(run)["workers"].because == "1 worker reported, expected 2"


def test_a_lost_worker_is_invalid() -> None:
    run = replace(run_of(), events=(Event(20.0, EventKind.WORKER, "worker1 lost", "no batch for 6 s"),))
    assert sick(run) == ["workers"]


LATE = Histogram.of([80_000.0] * 100).sparse()
LAGGING = Histogram.of([21_000.0] * 50).sparse()
LITTLE_LATE = Histogram.of([1_000.0] * 995 + [900_000.0] * 5).sparse()


@pytest.mark.parametrize(
    ("check", "over", "under"),
    [
        ("lateness", {"lateness_us": LATE}, {"lateness_us": LITTLE_LATE}),
        ("loop_lag", {"loop_lag_us": LAGGING}, {"loop_lag_us": LITTLE_LATE}),
        ("cpu", {"cpu_ratio": 0.95}, {"cpu_ratio": 0.85}),
        ("users", {"users": 97}, {"users": 99}),
        ("descriptors", {"descriptors": 65_000}, {"descriptors": 60_000}),
        ("accounts", {"accounts_used_up": 100}, {"accounts_used_up": 10}),
        ("user_errors", {"user_errors": 1}, {"user_errors": 0}),
    ],
)
def test_over_the_threshold_is_sick_and_under_it_healthy(
    check: str, over: dict[str, object], under: dict[str, object]
) -> None:
    assert check in sick(run_of(changed(HEALTHY, **over)))
    assert sick(run_of(changed(HEALTHY, **under))) == []


def only_in(second: Callable[[int], bool], **changes: object) -> list[GeneratorSample]:
    return [replace(s, **changes) if second(s.second) else s for s in HEALTHY]  # type: ignore[arg-type]


def paused(for_us: float) -> list[int]:
    """Return the lags of a second in which the loop stood still once, as `loadgen.health.LoopLag` notes them."""
    swallowed = np.arange(for_us, 0, -20_000.0)
    return Histogram.of([300.0] * (50 - swallowed.size) + swallowed.tolist()).sparse()


def test_a_single_hiccup_does_not_make_a_run_invalid() -> None:
    assert sick(run_of(only_in(lambda second: second == 20, loop_lag_us=paused(240_000.0), cpu_ratio=1.0))) == []


def test_a_loop_that_stands_still_again_and_again_is_invalid() -> None:
    paused_often = only_in(lambda second: second % 10 == 0, loop_lag_us=paused(700_000.0))
    assert sick(run_of(paused_often)) == ["loop_lag"]


def test_of_a_short_stage_a_quarter_of_a_second_is_tolerated_and_no_more() -> None:
    plan = plan_of(time_scale=0.01)
    judged = next(stage for stage in plan.stages if stage.is_judged)
    assert judged.duration_s < 10
    samples = healthy_samples(plan)

    def after_a_pause_of(for_us: float) -> list[str]:
        paused_once = [
            replace(s, loop_lag_us=paused(for_us)) if s.second == int(judged.start_s) else s for s in samples
        ]
        return sick(build_run(Requests().add(SLOTS, range(int(plan.duration_s))), plan, samples=paused_once))

    assert after_a_pause_of(220_000.0) == []
    assert after_a_pause_of(400_000.0) == ["loop_lag"]


def test_a_ramp_that_ends_in_the_judged_stage_is_invalid_though_its_mean_is_not() -> None:
    first = next(observe_first(stage.start_s) for stage in PLAN.stages if stage.is_judged)
    late = only_in(lambda second: second == first, users=90)
    assert sick(run_of(late)) == ["ramp"]
    assert "when stage" in checks_of(run_of(late))["ramp"].because


def observe_first(start_s: float) -> int:
    return int(np.ceil(start_s))


def test_a_request_that_our_own_machine_could_not_make_is_invalid_and_names_what_ran_out() -> None:
    run = run_of()
    text = "out of local ports on the load generator"
    ours = ErrorSeen(SLOTS, Outcome.ABORTED, GENERATOR_KIND, text, 3, 20, 25)
    failing = replace(run, series=replace(run.series, errors=(ours,)))
    assert sick(failing) == ["resources"]
    assert f"3 requests failed on the generator itself: {text} (3)" in checks_of(failing)["resources"].because
    theirs = replace(ours, outcome=Outcome.SERVER_ERROR, kind="status", text="status 503")
    assert sick(replace(run, series=replace(run.series, errors=(theirs,)))) == []


def test_sickness_outside_the_judged_stages_does_not_count() -> None:
    assert sick(run_of(only_in(lambda second: second < 5, loop_lag_us=LATE, cpu_ratio=1.0, users=10))) == []


def test_dropped_and_missing_sessions_are_invalid() -> None:
    dropped = only_in(lambda second: second == 20, planned=36, started=30, dropped=6)
    assert sick(run_of(dropped)) == ["dropped"]
    assert sick(run_of(changed(HEALTHY, planned=100, started=98))) == ["started"]


def test_sessions_dropped_at_the_very_end_count_for_the_last_stage() -> None:
    tail = [*HEALTHY, replace(HEALTHY[-1], second=58, sequence=58, planned=0, started=0, dropped=50)]
    assert sick(run_of(tail)) == ["dropped"]


def test_what_a_slow_target_does_to_the_arrivals_is_not_the_generators_sickness() -> None:
    dropped = changed(HEALTHY, planned=36, started=30, dropped=6, late=20, lateness_us=LATE)
    assert sick(run_of(dropped, response_us=4_000_000.0)) == []
    assert "kept the users waiting" in checks_of(run_of(dropped, response_us=4_000_000.0))["dropped"].because
    assert set(sick(run_of(dropped))) == {"lateness", "dropped", "started"}


def test_a_late_generator_is_never_excused_by_slow_answers() -> None:
    dropped = changed(HEALTHY, planned=36, started=30, dropped=6, late=20, lateness_us=LATE, loop_lag_us=LATE)
    assert {"lateness", "dropped", "loop_lag"} <= set(sick(run_of(dropped, response_us=4_000_000.0)))
