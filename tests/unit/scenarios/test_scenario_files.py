import json
from pathlib import Path

import pytest

from scenarios.document import parse_document
from scenarios.errors import ScenarioError
from scenarios.library import load_mix, load_plan, load_target, scenario_names
from scenarios.mix import Mix
from scenarios.objectives import ObjectiveSet
from scenarios.plan import Plan
from scenarios.scenario import Scenario
from scenarios.target import Target

GOOD = """
format_version = 1
name = "trial"
title = "A trial"
model = "open"
mix = "everyday"
objectives = "bookedbarber"
seed = 7
[traffic]
sessions_per_s = "10 per s"
[[stages]]
name = "steady"
kind = "steady"
level = 1.0
duration = "10 s"
"""


def problems_of(text: str, model: type = Scenario) -> list[str]:
    with pytest.raises(ScenarioError) as caught:
        parse_document(text, "trial.toml", model)
    return list(caught.value.problems)


def test_a_good_file_is_accepted() -> None:
    assert parse_document(GOOD, "trial.toml", Scenario).stages[0].duration == 10.0


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (("seed = 7", "seed = 7\nsed = 8"), 'trial.toml: sed is not a known key; did you mean "seed"?'),
        (('duration = "10 s"', 'duratoin = "10 s"'), 'stages[0].duratoin is not a known key; did you mean "duration"?'),
        (('duration = "10 s"', 'duration = "-5 s"'), "stages[0].duration is -5 s; expected more than 0"),
        (('duration = "10 s"', 'duration = "0 s"'), "stages[0].duration is 0 s; expected more than 0"),
        (('duration = "10 s"', "duration = 10"), "stages[0].duration is 10, a number without a unit"),
        (('duration = "10 s"', 'duration = "10 %"'), 'stages[0].duration is "10 %"'),
        (("level = 1.0", "level = 0"), "stages[0].level is 0"),
        (('kind = "steady"', 'kind = "stedy"'), "stages[0].kind is 'stedy'"),
        (('kind = "steady"', 'kind = "warm_up"'), "none is steady"),
        (('sessions_per_s = "10 per s"', 'sessions_per_s = "10 s"'), "traffic.sessions_per_s"),
        (('sessions_per_s = "10 per s"', ""), "traffic.sessions_per_s is missing"),
        (('model = "open"', 'model = "closed"'), "traffic.users is missing"),
        (('title = "A trial"', ""), "title is missing"),
        (("format_version = 1", "format_version = 2"), "format_version is 2"),
        (("[traffic]", "[traffic"), "not valid TOML"),
    ],
)
def test_each_mistake_gets_its_line(change: tuple[str, str], expected: str) -> None:
    text = GOOD.replace(*change)
    assert text != GOOD
    assert any(expected in problem for problem in problems_of(text))


def test_all_problems_of_a_file_are_reported_at_once() -> None:
    text = GOOD.replace('duration = "10 s"', 'duration = "-5 s"').replace('title = "A trial"', 'titel = "A trial"')
    assert len(problems_of(text)) == 3  # unknown key, missing title, negative duration


def test_stage_names_are_unique() -> None:
    stage = GOOD[GOOD.index("[[stages]]") :]
    assert "appears twice" in problems_of(GOOD + stage)[0]


MIX = (Path(__file__).parents[3] / "scenarios" / "mixes" / "everyday.toml").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (('monitor = "5 %"', 'monitor = "6 %"'), "sum to 101 %; expected 100 %"),
        (('monitor = "5 %"', 'monitro = "5 %"'), 'personas.monitro is not a known persona; did you mean "monitor"?'),
        (('pay = { median = "15 s" }', ""), "no entry for pay"),
        (('pay = { median = "15 s" }', 'pay = { median = "0 s" }'), "think.pay.median is 0 s"),
        (('cancels = "5 %"', 'cancels = "500 %"'), "branches.cancels"),
    ],
)
def test_each_mistake_in_a_mix_gets_its_line(change: tuple[str, str], expected: str) -> None:
    text = MIX.replace(*change)
    assert text != MIX
    assert any(expected in problem for problem in problems_of(text, Mix))


def test_an_empty_mix_is_an_error() -> None:
    head, _, tail = MIX.partition("[personas]")
    think = tail[tail.index("[think]") :]
    assert "personas is empty" in problems_of(head + "[personas]\n" + think, Mix)[0]


def test_a_probe_objective_says_why_it_is_not_measured() -> None:
    text = (
        'format_version = 1\nname = "o"\ntitle = "o"\n[[objective]]\nname = "x"\ntitle = "x"\nmetric = "probe"\n'
        'limit = "50 ms"\nunit = "s"\n'
    )
    assert "why_not_measured" in problems_of(text, ObjectiveSet)[0]


def test_a_target_needs_a_whole_url() -> None:
    text = 'format_version = 1\nname = "t"\ntitle = "t"\nkind = "staging"\nurl = "shop.example"\n'
    assert any("expected http://host" in problem for problem in problems_of(text, Target))


@pytest.mark.parametrize("name", scenario_names())
def test_every_shipped_scenario_makes_a_plan_that_survives_its_manifest(name: str) -> None:
    plan = load_plan(name)
    assert Plan.model_validate(json.loads(plan.model_dump_json())) == plan


def test_an_unknown_scenario_names_the_nearest() -> None:
    with pytest.raises(ScenarioError, match='did you mean "weekly_regression"'):
        load_plan("weekly_regresion")


def test_an_unknown_target_names_the_known_ones() -> None:
    with pytest.raises(ScenarioError, match='target "moon" is not known'):
        load_target("moon")


def test_more_load_than_the_target_allows_is_refused() -> None:
    with pytest.raises(ScenarioError, match=r"offers 108 sessions per s; the target profile staging allows 50"):
        load_plan("peak", "staging")


@pytest.mark.parametrize("scales", [{"time_scale": 0.0}, {"load_scale": -1.0}, {"time_scale": 11.0}])
def test_scales_out_of_range_are_refused(scales: dict[str, float]) -> None:
    with pytest.raises(ScenarioError, match="expected more than 0"):
        load_plan("smoke", **scales)  # type: ignore[arg-type]  # one of two keywords


def test_every_objective_of_the_product_is_listed() -> None:
    """The rows of the product's own procedures; those that nothing measures yet say why."""
    objectives = {objective.name: objective for objective in load_plan("smoke").objectives.objective}
    assert {
        "api_p95", "booking_p95", "payment_p95", "calendar_p95", "sign_in_p95", "payment_end_to_end", "error_ratio", "uptime",
        "database_query_p95", "page_load", "concurrent_users", "request_rate", "database_connections", "cache_hit_ratio",
        "cdn_hit_ratio", "cpu", "memory", "booking_completion", "payment_success", "email_delivery", "sms_delivery",
        "calendar_up", "stripe_up",
    } <= set(objectives)  # fmt: skip


def test_titles_do_not_change_the_digest_but_the_load_does(tmp_path: Path) -> None:
    base = load_plan(_written(tmp_path / "a.toml", GOOD)).scenario_digest
    titled = load_plan(_written(tmp_path / "b.toml", GOOD.replace("A trial", "Another name"))).scenario_digest
    louder = load_plan(_written(tmp_path / "c.toml", GOOD.replace("10 per s", "11 per s"))).scenario_digest
    assert base == titled
    assert base != louder


def test_shares_of_the_mix_follow_the_workload() -> None:
    personas = load_mix("everyday").personas
    assert personas["new_customer"] == pytest.approx(0.25)
    assert personas["returning_customer"] == pytest.approx(0.40)
    assert personas["barber"] + personas["calendar_sync"] + personas["stripe_webhook"] == pytest.approx(0.20)
    assert personas["payer"] == pytest.approx(0.10)
    assert personas["monitor"] == pytest.approx(0.05)


def _written(path: Path, text: str) -> str:
    path.write_text(text, encoding="utf-8")
    return str(path)


def test_stopping_at_a_violation_needs_somebody_who_looks() -> None:
    audit = "[audit]\nstop_on_violation = true\n"
    assert parse_document(GOOD + audit, "trial.toml", Scenario).audit.stop_on_violation
    for without in ("sample_barbers = 0\n", "enabled = false\n"):
        assert problems_of(GOOD + audit + without) == [
            "trial.toml: audit stop_on_violation needs the sample during the run; expected enabled = true and sample_barbers of 1 or more"
        ]


@pytest.mark.parametrize(("time_scale", "every_s"), [(1.0, 30.0), (0.2, 6.0), (0.01, 2.0)])
def test_the_sample_is_scaled_with_the_run_down_to_what_a_look_takes(time_scale: float, every_s: float) -> None:
    assert load_plan("smoke", time_scale=time_scale).audit.sample_every == pytest.approx(every_s)
