"""A target that is not ours to start: its own profile, clients registered through the API, staff from a file."""

from pathlib import Path

import pytest

from records.run import read_run
from tests.shop import SECRETS
from tests.system.conftest import Rushhour, only_run, verdict_of

pytestmark = pytest.mark.system
PROFILE = """
format_version = 1
name = "next_door"
title = "A shop next door"
kind = "staging"
url = "{url}"

[limits]
sessions_per_s = "50 per s"
users = 2000

[clients]
source = "register"
email = "{prefix}+client{{n:04d}}@shop.example"
count = 300
password_env = "NEXT_DOOR_PASSWORD"

[staff]
source = "file"
file = "{staff}"

[addresses]
header = "X-Forwarded-For"

[webhook]
secret_env = "SANDBOX_STRIPE_WEBHOOK_SECRET"
"""
ENVIRONMENT = {**SECRETS, "NEXT_DOOR_PASSWORD": "Chair-and-mirror-7"}


@pytest.fixture
def profile(shop: str, tmp_path: Path) -> Path:
    staff = tmp_path / "staff.csv"
    staff.write_text(
        "email,password\n" + "".join(f"barber{n:03d}@sandbox.example,sandbox\n" for n in range(1, 9)), encoding="utf-8"
    )
    path = tmp_path / "next_door.toml"
    path.write_text(PROFILE.format(url=shop, staff=staff, prefix=tmp_path.name.replace("_", "-")), encoding="utf-8")
    return path


@pytest.mark.quiet
def test_clients_register_before_second_0_and_then_come(rushhour: Rushhour, profile: Path, tmp_path: Path) -> None:
    results = tmp_path / "results"
    checked = rushhour("check", profile, env=ENVIRONMENT)  # registers the few that it needs; the run finds them known
    assert checked.returncode == 0, checked.stdout
    scales = ("--time-scale", "0.05", "--load-scale", "4")
    done = rushhour("run", "smoke", "--target", profile, *scales, "--results", results, env=ENVIRONMENT)
    assert done.returncode == 0, done.stdout + done.stderr
    folder = only_run(results)
    run = read_run(folder)
    assert run.manifest.plan.target.name == "next_door"
    assert {entry.client for entry in run.ledger if "+client" in entry.client}
    assert verdict_of(folder)["target"] == "next_door"


def test_accounts_the_target_refuses_are_told_in_one_line(rushhour: Rushhour, profile: Path, tmp_path: Path) -> None:
    profile.write_text(profile.read_text(encoding="utf-8").replace("@shop.example", ""), encoding="utf-8")
    done = rushhour("run", "smoke", "--target", profile, "--results", tmp_path / "results", env=ENVIRONMENT)
    assert done.returncode == 2, done.stdout + done.stderr
    assert "client accounts cannot be registered" in done.stderr
    assert "422" in done.stderr
    assert "Traceback" not in done.stderr
