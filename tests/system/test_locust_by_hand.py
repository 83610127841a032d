"""A locust file works with plain Locust, without anything of ours on the command line."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.shop import SECRETS

pytestmark = pytest.mark.system


def test_every_locust_file_works_alone(shop: str, tmp_path: Path) -> None:
    """Side by side, as five people would start them."""
    folder = Path(__file__).parents[2] / "locustfiles"
    options = ["-H", shop, "--headless", "-u", "8", "-r", "8", "-t", "4s"]
    started = {
        name: subprocess.Popen(
            [sys.executable, "-m", "locust", "-f", str(folder / f"{name}.py"), *options],
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, cwd=tmp_path, env={**os.environ, **SECRETS},
        )
        for name in ("booking", "payment", "calendar_sync", "staff", "monitor")
    }  # fmt: skip
    for name, process in started.items():
        said, _ = process.communicate(timeout=60)
        assert process.returncode == 0, f"{name}: {said}"
        assert "Traceback" not in said, f"{name}: {said}"
        assert "0(0.00%)" in said, f"{name}: {said}"
