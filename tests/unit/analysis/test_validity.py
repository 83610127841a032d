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
LITTLE_LATE = Histogram.of([1_000.0] * 995 + [900_000.0] * 5).sparse()


@pytest.mark.parametrize(
    ("check", "over", "under"),
    [
        ("lateness", {"lateness_us": LATE}, {"lateness_us": LITTLE_LATE}),
        ("loop_lag", {"loop_lag_us": LATE}, {"loop_lag_us": LITTLE_LATE}),
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


def test_a_single_hiccup_does_not_make_a_run_invalid() -> None:
    hiccup = Histogram.of([300.0] * 49 + [700_000.0]).sparse()
    assert sick(run_of(only_in(lambda second: second == 20, loop_lag_us=hiccup, cpu_ratio=1.0))) == []


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
