"""Plans: recorded arrivals laid out in stages, the planned rate of a closed population, the shop of a scenario."""

import json
from pathlib import Path

import pytest

from scenarios.errors import ScenarioError
from scenarios.library import load_plan
from scenarios.plan import Plan, planned_requests_per_s, planned_sessions_per_s, started_afresh

HEAD = """
format_version = 1
name = "trial"
title = "A trial"
mix = "MIX"
objectives = "bookedbarber"
seed = 7
"""
OPEN = HEAD + 'model = "open"\n[traffic]\nseries = "day.csv"\n'
CLOSED = HEAD + 'model = "closed"\nthink = { kind = "uniform", min = "5 s", max = "15 s" }\n[traffic]\nusers = 300\n'
MIX = """
format_version = 1
name = "two"
title = "Two personas"
[personas]
payer = "75 %"
monitor = "25 %"
[think]
choose_barber = { median = "5 s" }
choose_service = { median = "5 s" }
choose_slot = { median = "5 s" }
fill_form = { median = "5 s" }
review = { median = "5 s" }
pay = { median = "5 s" }
look = { kind = "fixed", time = "4 s" }
[sessions]
payer = { requests = 4.0, thinks = { pay = 1.0, review = 1.0 } }
monitor = { requests = 2.0 }
"""
SERIES = "time,sessions_per_s\n0,0\n60,6\n120,12\n"


def stage(name: str, seconds: float, *more: str) -> str:
    lines = [f'name = "{name}"', 'kind = "steady"', "level = 1.0", f'duration = "{seconds} s"', *more]
    return "[[stages]]\n" + "\n".join(lines) + "\n"


def write(folder: Path, scenario: str, mix: str = MIX, series: str = SERIES) -> str:
    (folder / "two.toml").write_text(mix, encoding="utf-8")
    (folder / "day.csv").write_text(series, encoding="utf-8")
    path = folder / "trial.toml"
    path.write_text(scenario.replace('"MIX"', f'"{folder}/two.toml"'), encoding="utf-8")
    return str(path)


def test_a_stage_follows_its_stretch_of_the_series(tmp_path: Path) -> None:
    """The second stage goes on where the first ended: a minute from 6 to 12 per s is 9 on the average."""
    plan = load_plan(write(tmp_path, OPEN + stage("a", 60) + stage("b", 60)))
    assert [planned_sessions_per_s(plan, stage) for stage in plan.stages] == [3.0, 9.0]
    (piece,) = plan.stages[1].pieces
    assert (piece.start_s, piece.end_s, piece.from_per_s, piece.to_per_s) == (60, 120, 6, 12)


def test_a_stage_may_begin_anywhere_in_the_series(tmp_path: Path) -> None:
    plan = load_plan(write(tmp_path, OPEN + stage("a", 60, 'series_at = "60 s"')))
    assert plan.stages[0].sessions_per_s == 9.0
    assert plan.stages[0].pieces[0].start_s == 0.0


def test_scales_stretch_a_series_in_time_and_load(tmp_path: Path) -> None:
    path = write(tmp_path, OPEN + stage("a", 120).replace("level = 1.0", "level = 1.5"))
    plan = load_plan(path, time_scale=0.5, load_scale=2.0)
    (first, second) = plan.stages[0].pieces
    assert (second.start_s, second.end_s) == (30, 60)
    assert (first.to_per_s, second.to_per_s) == (18, 36)
    assert plan.places == int(2 * 36 * (90 * 0.5 + 4)) + 20  # sized for the highest moment


def test_a_plan_with_a_series_survives_its_manifest_with_all_rows(tmp_path: Path) -> None:
    plan = load_plan(write(tmp_path, OPEN + stage("a", 120)))
    again = Plan.model_validate(json.loads(plan.model_dump_json()))
    assert again == plan
    assert again.series is not None
    assert again.series.values == (0, 6, 12)


def test_another_series_is_another_load(tmp_path: Path) -> None:
    path = write(tmp_path, OPEN + stage("a", 120))
    before = load_plan(path).scenario_digest
    write(tmp_path, OPEN + stage("a", 120), series=SERIES.replace("12\n", "13\n"))
    assert load_plan(path).scenario_digest != before


@pytest.mark.parametrize(
    ("scenario", "expected"),
    [
        (OPEN + stage("a", 121), "stage a reaches 121 s into day.csv, which ends at 120 s; make the stage shorter"),
        (OPEN + stage("a", 60, "ramp = true"), "stages[0].ramp has no meaning with traffic.series"),
        (OPEN + stage("a", 60, 'series_at = "-1 s"'), "stages[0].series_at is -1 s; expected 0 or more"),
        (OPEN.replace("day.csv", "night.csv") + stage("a", 60), "night.csv: not found; expected a CSV file"),
        (OPEN.replace('"day.csv"', '"recorded_dya"') + stage("a", 60), 'did you mean "recorded_day"?'),
        (OPEN + 'sessions_per_s = "5 per s"\n' + stage("a", 60), "sessions_per_s and a series; expected one of them"),
        (OPEN + 'pacing = "5 s"\n' + stage("a", 60), "traffic.pacing has no meaning in the open model"),
        (CLOSED + 'series = "day.csv"\n' + stage("a", 60), "traffic.series has no meaning in the closed model"),
        (CLOSED + stage("a", 60, 'series_at = "5 s"'), "stages[0].series_at has no meaning without traffic.series"),
        (CLOSED + 'pacing = "0 s"\n' + stage("a", 60), "traffic.pacing is 0 s; expected more than 0"),
        (CLOSED + 'pacing = "10 s"\n' + stage("a", 60), "traffic.pacing is 10 s, but a session of the mix two thinks 15.0 s"),
    ],
)  # fmt: skip
def test_each_mistake_gets_its_line(tmp_path: Path, scenario: str, expected: str) -> None:
    with pytest.raises(ScenarioError) as caught:
        load_plan(write(tmp_path, scenario))
    assert any(expected in problem for problem in caught.value.problems), caught.value.problems


def test_a_stretch_without_arrivals_is_an_error(tmp_path: Path) -> None:
    path = write(tmp_path, OPEN + stage("a", 60), series="time,sessions\n0,0\n60,5\n")
    with pytest.raises(ScenarioError, match=r"stage a has no arrivals in day\.csv"):
        load_plan(path)


def test_a_closed_population_has_a_planned_rate(tmp_path: Path) -> None:
    """By hand: a session has 0.75 x 4 + 0.25 x 2 = 3.5 requests and 0.75 x 2 thoughts of 10 s; with the pause 25 s."""
    plan = load_plan(write(tmp_path, CLOSED + stage("a", 60)))
    assert planned_sessions_per_s(plan, plan.stages[0]) == pytest.approx(300 / 25)
    assert planned_requests_per_s(plan, plan.stages[0]) == pytest.approx(300 / 25 * 3.5)


def test_think_times_of_the_mix_shape_the_planned_rate(tmp_path: Path) -> None:
    """Log-normal with the median 5 s and sigma 0.5 has the mean 5 exp(1/8); the pause is fixed at 4 s."""
    scenario = CLOSED.replace('think = { kind = "uniform", min = "5 s", max = "15 s" }\n', "")
    plan = load_plan(write(tmp_path, scenario + stage("a", 60)))
    cycle_s = 0.75 * 2 * 5 * 2.718281828459045**0.125 + 4
    assert planned_sessions_per_s(plan, plan.stages[0]) == pytest.approx(300 / cycle_s)


def test_pacing_plans_the_rate_exactly(tmp_path: Path) -> None:
    plan = load_plan(write(tmp_path, CLOSED + 'pacing = "30 s"\n' + stage("a", 60)), time_scale=0.5)
    assert planned_sessions_per_s(plan, plan.stages[0]) == pytest.approx(300 / 15)


def test_without_measured_sessions_a_closed_population_has_no_planned_rate(tmp_path: Path) -> None:
    plan = load_plan(write(tmp_path, CLOSED + stage("a", 60), mix=MIX[: MIX.index("[sessions]")]))
    assert plan.session is None
    assert planned_requests_per_s(plan, plan.stages[0]) is None


def test_what_sessions_were_measured_to_be_does_not_change_the_digest(tmp_path: Path) -> None:
    path = write(tmp_path, CLOSED + stage("a", 60))
    before = load_plan(path).scenario_digest
    write(tmp_path, CLOSED + stage("a", 60), mix=MIX.replace("requests = 4.0", "requests = 4.1"))
    assert load_plan(path).scenario_digest == before


def test_the_shop_of_a_scenario_is_laid_over_the_targets_own() -> None:
    shop = load_plan("capacity_10k").target.sandbox
    assert shop is not None
    assert shop.fast
    assert shop.keep_alive == 75.0
    assert shop.clients == 20_000  # the profile's own


def test_a_target_without_a_sandbox_keeps_to_itself() -> None:
    assert load_plan("capacity_10k", "staging", load_scale=0.1).target.sandbox is None


def test_a_fresh_start_has_the_same_arrivals_and_other_wishes() -> None:
    plan = load_plan("weekly_regression")
    again = started_afresh(plan, 1)
    assert (again.seed, again.stages, again.scenario_digest) == (plan.seed, plan.stages, plan.scenario_digest)
    assert len({plan.session_seed, again.session_seed, started_afresh(plan, 2).session_seed}) == 3
    assert plan.session_seed == plan.seed
