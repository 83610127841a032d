"""The preflight and the locust files against a real sandbox process."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from locustfiles.session_size import measure
from scenarios.library import load_mix, load_target

pytestmark = pytest.mark.integration
ROOT = Path(__file__).parents[3]
ENVIRON = {
    **os.environ,
    "SANDBOX_PASSWORD": "Sandbox-Pass-1!",
    "SANDBOX_STRIPE_WEBHOOK_SECRET": "whsec_integration",
}
LOCUST_FILES = ("booking", "payment", "calendar_sync", "staff", "monitor", "everyone")


@pytest.fixture(scope="module")
def sandbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A fresh sandbox, and its address."""
    folder = tmp_path_factory.mktemp("sandbox")
    command = [sys.executable, "-m", "sandbox", "--port", "0", "--fast"]
    with subprocess.Popen(command, cwd=folder, env=ENVIRON, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            yield json.loads(process.stdout.readline())["listening"]
        finally:
            process.terminate()
            process.wait(10)


def preflight(url: str, folder: Path, **environ: str) -> tuple[int, list[dict[str, Any]]]:
    done = subprocess.run(
        [sys.executable, "-m", "locustfiles.preflight", "--target", "sandbox", "--url", url],
        cwd=folder,
        env={**ENVIRON, **environ},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.stderr == ""
    return done.returncode, [json.loads(line) for line in done.stdout.splitlines()]


def test_everything_works_on_the_sandbox(sandbox: str, tmp_path: Path) -> None:
    code, findings = preflight(sandbox, tmp_path)
    assert [finding for finding in findings if not finding["works"]] == []
    assert code == 0
    assert len(findings) > 30


def test_a_wrong_password_is_said(sandbox: str, tmp_path: Path) -> None:
    code, findings = preflight(sandbox, tmp_path, SANDBOX_PASSWORD="not it")
    assert code == 1
    sign_in = next(finding for finding in findings if (finding["flow"], finding["step"]) == ("client", "sign in"))
    assert (sign_in["works"], sign_in["status"]) == (False, 401)
    assert "wrong credentials" in sign_in["why"]


def test_a_missing_webhook_secret_is_said(sandbox: str, tmp_path: Path) -> None:
    code, findings = preflight(sandbox, tmp_path, SANDBOX_STRIPE_WEBHOOK_SECRET="")
    assert code == 1
    assert [finding["flow"] for finding in findings if not finding["works"]] == ["webhook"]


def test_a_target_that_is_not_there_is_said(tmp_path: Path) -> None:
    code, findings = preflight("http://127.0.0.1:9", tmp_path)
    assert code == 1
    assert [(finding["step"], finding["works"]) for finding in findings] == [("reachable", False)]


def test_no_session_fails_on_a_sound_shop(sandbox: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("SANDBOX_PASSWORD", "SANDBOX_STRIPE_WEBHOOK_SECRET"):
        monkeypatch.setenv(name, ENVIRON[name])
    target = load_target("sandbox").model_copy(update={"url": sandbox})
    sizes = measure(target, load_mix("everyday"), sessions=300)
    assert [why for size in sizes.values() for why in size.failed] == []


@pytest.mark.parametrize("name", LOCUST_FILES)
def test_each_locust_file_can_be_used_alone_from_anywhere(name: str, tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "locust", "-f", str(ROOT / "locustfiles" / f"{name}.py"), "--list"],
        cwd=tmp_path,
        env=ENVIRON,
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    assert len(done.stdout.splitlines()) > 1
    assert "ShopUser" not in done.stdout
