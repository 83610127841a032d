from pathlib import Path

import pytest
from rich.console import Console

from rushhour.load import load_command
from rushhour.run import RunRequest, again, plan_of, plants_of
from rushhour.stress import StressRequest, stress
from scenarios.errors import ScenarioError
from scenarios.library import load_plan


def test_plants_may_be_repeated_or_listed() -> None:
    assert plants_of(["slow-slots", "errors, stalls"]) == ("slow-slots", "errors", "stalls")
    assert plants_of(None) == ()


def test_the_command_to_run_again_asks_for_the_same() -> None:
    request = RunRequest("smoke", workers=2, time_scale=0.1, plants=("errors",))
    assert " ".join(again(request)) == "rushhour run smoke --target sandbox --workers 2 --time-scale 0.1 --plant errors"


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
