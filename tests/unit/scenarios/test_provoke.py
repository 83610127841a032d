import hashlib
import json
from pathlib import Path

import pytest

from scenarios.document import parse_document
from scenarios.errors import ScenarioError
from scenarios.library import load_mix, load_plan, scenario_names
from scenarios.mix import Mix
from scenarios.objectives import Metric
from scenarios.plan import make_plan
from scenarios.provoke import Provocation, Provoke
from scenarios.scenario import Scenario
from tests.unit.scenarios.test_scenario_files import GOOD

MIX = (Path(__file__).parents[3] / "scenarios" / "mixes" / "everyday.toml").read_text(encoding="utf-8")


def problems_of(table: str) -> tuple[str, ...]:
    with pytest.raises(ScenarioError) as caught:
        parse_document(f"{MIX}\n[provoke]\n{table}\n", "mix.toml", Mix)
    return caught.value.problems


def test_a_mix_that_says_nothing_provokes_nothing() -> None:
    provoke = parse_document(MIX, "mix.toml", Mix).provoke
    assert not provoke.is_any
    assert [provoke.ratio(kind) for kind in Provocation] == [0.0] * len(Provocation)


def test_every_kind_has_its_key() -> None:
    assert [kind.value for kind in Provocation] == list(Provoke.model_fields)


@pytest.mark.parametrize(
    ("table", "expected"),
    [
        ('duble_click = "5 %"', 'provoke.duble_click is not a known key; did you mean "double_click"?'),
        ('retry = "101 %"', 'provoke.retry is "101 %"; expected between 0 % and 100 %'),
        ("retry = 1", "provoke.retry is 1, a number without a unit"),
        (
            'concurrent_payment = "60 %"\nretry = "50 %"',
            "provoke has concurrent_payment, double_click, retry of 110 % together; they are shares of the same payments",
        ),
        (
            'concurrent_refund = "60 %"\nretry = "50 %"',
            "provoke has concurrent_refund, retry of 110 % together; they are shares of the same refunds",
        ),
    ],
)
def test_each_mistake_gets_its_line(table: str, expected: str) -> None:
    (problem,) = problems_of(table)
    assert expected in problem
    assert problem.startswith("mix.toml: ")
    assert "\n" not in problem


def test_shares_that_make_a_whole_are_allowed() -> None:
    assert Provoke(concurrent_payment=0.5, double_click=0.2, retry=0.3).is_any


def digest_before_there_was_the_table(scenario: Scenario, mix: Mix) -> str:
    shape = {
        "model": scenario.model,
        "traffic": scenario.traffic.model_dump(mode="json", exclude={"series"}),
        "series": None,
        "stages": [stage.model_dump(mode="json") for stage in scenario.stages],
        "mix": mix.model_dump(mode="json", include={"format_version", "personas", "think", "branches", "popularity"}),
        "seed": scenario.seed,
    }
    return hashlib.sha256(json.dumps(shape, sort_keys=True).encode()).hexdigest()[:16]


def test_a_mix_without_the_table_keeps_the_digest_that_its_accepted_baselines_have() -> None:
    scenario = parse_document(GOOD, "trial.toml", Scenario)
    plan = load_plan("smoke")
    made = make_plan(scenario, plan.mix, plan.objectives, plan.target)
    assert made.scenario_digest == digest_before_there_was_the_table(scenario, plan.mix)


def test_another_share_is_another_load() -> None:
    scenario = parse_document(GOOD, "trial.toml", Scenario)
    plan = load_plan("rush")
    digests = {
        make_plan(
            scenario, plan.mix.model_copy(update={"provoke": provoke}), plan.objectives, plan.target
        ).scenario_digest
        for provoke in (Provoke(), Provoke(retry=0.1), Provoke(retry=0.2))
    }
    assert len(digests) == 3


def test_only_the_rush_provokes() -> None:
    provoking = {name for name in scenario_names() if load_plan(name).mix.provoke.is_any}
    assert provoking == {"rush"}
    assert all(load_mix("rush").provoke.ratio(kind) > 0 for kind in Provocation)


def test_an_objective_without_meaning_for_a_scenario_is_not_measured_and_says_why() -> None:
    text = GOOD + '[not_judged]\nbooking_completion = "most must lose"\n'
    scenario = parse_document(text, "trial.toml", Scenario)
    shipped = load_plan("smoke")
    plan = make_plan(scenario, shipped.mix, shipped.objectives, shipped.target)
    rows = {row.name: row for row in plan.objectives.objective}
    assert list(rows) == [row.name for row in shipped.objectives.objective]
    assert rows["booking_completion"].metric is Metric.PROBE
    assert rows["booking_completion"].why_not_measured == "most must lose"
    assert rows["payment_success"] == next(row for row in shipped.objectives.objective if row.name == "payment_success")


def test_an_objective_of_a_probe_without_meaning_has_no_signal_to_be_measured_by() -> None:
    scenario = parse_document(GOOD + '[not_judged]\ncache_hit_ratio = "out of date at once"\n', "trial.toml", Scenario)
    shipped = load_plan("smoke")
    rows = make_plan(scenario, shipped.mix, shipped.objectives, shipped.target).objectives.objective
    (row,) = [row for row in rows if row.name == "cache_hit_ratio"]
    assert (row.signal, row.quantile, row.why_not_measured) == (None, None, "out of date at once")


def test_an_unknown_objective_that_is_not_judged_gets_its_line() -> None:
    text = GOOD + '[not_judged]\nbooking_compltion = "most must lose"\n'
    scenario = parse_document(text, "trial.toml", Scenario)
    plan = load_plan("smoke")
    with pytest.raises(ScenarioError, match=r'not_judged\.booking_compltion .*did you mean "booking_completion"'):
        make_plan(scenario, plan.mix, plan.objectives, plan.target)
