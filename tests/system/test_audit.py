"""Real runs whose target is read back: correct, with a planted defect, and gone before anybody could look."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from records.run import read_run
from tests.shop import SECRETS
from tests.system.conftest import Rushhour, command, only_run, verdict_of

pytestmark = pytest.mark.system
SHORT = ("--time-scale", "0.1", "--load-scale", "12")


def invariants(folder: Path) -> dict[str, dict[str, Any]]:
    """Return the invariants of a folder's verdict by name."""
    return {row["name"]: row for row in verdict_of(folder)["invariants"]}


def test_a_correct_shop_is_read_back_whole_and_accused_of_nothing(rushhour: Rushhour, tmp_path: Path) -> None:
    done = rushhour("run", "smoke", "--target", "sandbox", *SHORT, "--results", tmp_path)
    assert "read back from sandbox: " in done.stdout, done.stdout + done.stderr
    folder = only_run(tmp_path)
    readback = read_run(folder).readback
    assert readback is not None
    assert readback.end is not None
    assert (readback.end.complete, readback.end.because) == (True, "")
    found = invariants(folder)
    assert not [name for name, row in found.items() if row["outcome"] == "fail"]
    for name in ("no_double_booking", "bookings_kept", "no_ownerless_booking", "money_matches", "calendar_matches"):
        assert found[name]["outcome"] == "pass", found[name]
        assert found[name]["checked"] > 20


def test_a_double_booking_fails_the_run_and_both_bookings_are_shown_and_errors_beside_it_are_named(
    rushhour: Rushhour, tmp_path: Path
) -> None:
    plants = ("--plant", "double-booking", "--plant", "errors")
    done = rushhour("run", "smoke", "--target", "sandbox", *SHORT, *plants, "--results", tmp_path)
    assert done.returncode == 1
    folder = only_run(tmp_path)
    failed = {row["name"] for row in verdict_of(folder)["objectives"] if row["outcome"] == "fail"}
    assert "error_ratio" in failed
    row = invariants(folder)["no_double_booking"]
    assert row["outcome"] == "fail"
    requests = [item for item in row["witness"] if "sent_s" in item]
    assert len({item["appointment_id"] for item in requests}) == 2
    assert len({item["barber_id"] for item in requests}) == 1
    assert {item["id"] for item in row["witness"] if "row" in item} == {item["appointment_id"] for item in requests}
    for place in (done.stdout, (folder / "report.html").read_text(), (folder / "junit.xml").read_text()):
        assert all(f"appointment {item['appointment_id']}" in place for item in requests)
    before = (folder / "verdict.json").read_bytes()
    assert rushhour("judge", folder).returncode == done.returncode
    assert (folder / "verdict.json").read_bytes() == before


@pytest.fixture
def doomed() -> Iterator["subprocess.Popen[str]"]:
    """A sandbox that a test may kill; its address is its first line."""
    process = subprocess.Popen(
        [sys.executable, "-m", "sandbox", "--port", "0", "--fast", "--clients", "2000"],
        stdout=subprocess.PIPE, text=True, env={**os.environ, **SECRETS},
    )  # fmt: skip
    yield process
    process.kill()
    process.wait(timeout=10)
    assert process.stdout is not None
    process.stdout.close()


def test_a_target_that_is_gone_at_the_end_is_not_measured(doomed: "subprocess.Popen[str]", tmp_path: Path) -> None:
    assert doomed.stdout is not None
    address = json.loads(doomed.stdout.readline())["listening"]
    run = subprocess.Popen(
        command("run", "smoke", "--target", "sandbox", "--url", address, *SHORT, "--results", tmp_path),
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, env={**os.environ, **SECRETS},
    )  # fmt: skip
    assert run.stdout is not None
    said = ""
    for line in run.stdout:
        said += line
        if "draining" in line or "steady" in line:
            doomed.kill()
    run.wait(timeout=60)
    run.stdout.close()
    assert "read back from sandbox, but not all of it" in said, said
    found = invariants(only_run(tmp_path))
    assert {row["outcome"] for row in found.values()} == {"not_measured"}
    assert "POST /auth/login" in found["bookings_kept"]["because"]
