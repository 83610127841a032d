from dataclasses import replace
from pathlib import Path

import pytest
from rich.console import Console

from records.manifest import Rerun
from rushhour.load import load_command
from rushhour.run import RunRequest, again, carry_out, plan_of, plants_of
from rushhour.stress import StressRequest, stress
from scenarios.errors import ScenarioError
from scenarios.library import load_plan


def test_plants_may_be_repeated_or_listed() -> None:
    assert plants_of(["slow-slots", "errors, stalls"]) == ("slow-slots", "errors", "stalls")
    assert plants_of(None) == ()


def test_the_command_to_run_again_asks_for_the_same() -> None:
    request = RunRequest("smoke", workers=2, time_scale=0.1, plants=("errors",))
    assert " ".join(again(request)) == "rushhour run smoke --target sandbox --workers 2 --time-scale 0.1 --plant errors"


def test_the_command_to_run_again_says_where_the_build_before_is_and_a_rerun_asks_for_itself_alone() -> None:
    request = RunRequest("weekly_regression", baseline_target="staging")
    assert " ".join(again(request)) == "rushhour run weekly_regression --target sandbox --baseline-target staging"
    rerun = replace(request, baseline_target=None, rerun=Rerun(of="first", turn=1, build="new"))
    assert " ".join(again(rerun)) == "rushhour run weekly_regression --target sandbox --no-reruns"


def test_another_mix_takes_the_place_of_the_scenarios_and_is_in_the_plan_and_in_the_command_that_makes_it_again() -> (
    None
):
    request = RunRequest("exhaustion", mix="monitors")
    plan, own = plan_of(request), plan_of(RunRequest("exhaustion"))
    assert (plan.mix.name, own.mix.name) == ("monitors", "everyday")
    assert plan.scenario_digest != own.scenario_digest  # no baseline of the one serves the other
    assert " ".join(again(request)) == "rushhour run exhaustion --target sandbox --mix monitors"
    with pytest.raises(ScenarioError, match='mix "monitor" is not known; did you mean "monitors"'):
        plan_of(replace(request, mix="monitor"))


def test_the_load_command_is_locusts_own() -> None:
    command = load_command(load_plan("smoke"), Path("results/x"), workers=1, web=False)
    assert command[1:3] == ["-m", "locust"]
    assert command[command.index("--run-folder") + 1] == "results/x"
    assert "--headless" in command


def test_a_master_listens_on_loopback_below_the_ephemeral_range() -> None:
    command = load_command(load_plan("smoke"), Path("results/x"), workers=3, web=False)
    assert command[command.index("--master-bind-host") + 1] == "127.0.0.1"
    assert int(command[command.index("--master-bind-port") + 1]) < 32768
    assert command[command.index("--expect-workers") + 1] == "3"


def test_the_web_page_listens_on_loopback() -> None:
    command = load_command(load_plan("smoke"), Path("results/x"), workers=1, web=True)
    assert command[command.index("--web-host") + 1] == "127.0.0.1"


@pytest.mark.parametrize(
    ("scenario", "url", "accounts"),
    [("capacity_10k", None, 300), ("smoke", None, 100), ("capacity_10k", "http://127.0.0.1:8000", 100)],
)
def test_each_barber_of_a_sandbox_that_we_start_has_an_account(scenario: str, url: str | None, accounts: int) -> None:
    """Who serves at another address is not known: there the profile's own accounts are all there are."""
    plan = plan_of(RunRequest(scenario, url=url))
    assert plan.target.staff is not None
    assert plan.target.staff.count == accounts


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"workers": 0}, "--workers is 0; expected 1 to 64"),
        (
            {"plants": ("errors",), "url": "http://127.0.0.1:1"},
            "--plant needs a sandbox that this command starts itself",
        ),
        ({"target": "nowhere"}, 'target "nowhere" is not known'),
    ],
)
def test_a_month_with_a_wrong_option_is_refused_before_its_first_run(
    tmp_path: Path, options: dict[str, object], said: str
) -> None:
    request = StressRequest(**{"target": "sandbox", "results": tmp_path / "results", **options})  # type: ignore[arg-type]
    with pytest.raises(ScenarioError, match=said):
        stress(request, tmp_path, Console(quiet=True))
    assert not (tmp_path / "results").exists()


@pytest.mark.parametrize(
    ("request_", "why"),
    [
        (RunRequest("smoke", baseline_target="sandbox"), "the scenario smoke has none"),
        (RunRequest("weekly_regression", baseline_target="sandbox", reruns=False), "--no-reruns wants none"),
        (RunRequest("weekly_regression", baseline_target="sandbx"), 'did you mean "sandbox"'),
    ],
)
def test_a_build_before_that_nobody_would_run_or_know_is_refused_before_anything_starts(
    request_: RunRequest, why: str
) -> None:
    with pytest.raises(ScenarioError) as raised:
        carry_out(request_, Console(quiet=True))
    (line,) = raised.value.problems
    assert why in line


def test_a_rerun_is_judged_alone_by_its_plan() -> None:
    rerun = RunRequest("weekly_regression", rerun=Rerun(of="first", turn=1, build="new"))
    assert plan_of(rerun).comparison.reruns == 0
    assert plan_of(RunRequest("weekly_regression")).comparison.reruns == 2
    assert plan_of(RunRequest("weekly_regression", reruns=False)).comparison.reruns == 0


def test_another_target_than_the_embedded_sandbox_meets_other_people_in_a_rerun() -> None:
    embedded = plan_of(RunRequest("weekly_regression", fresh=2))
    assert (embedded.fresh, embedded.session_seed) == (0, embedded.seed)
    elsewhere = plan_of(RunRequest("weekly_regression", url="http://127.0.0.1:9", fresh=2))
    assert elsewhere.fresh == 2
    assert elsewhere.session_seed != elsewhere.seed
