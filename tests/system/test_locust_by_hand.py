"""A locust file works with plain Locust, without anything of ours on the command line."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.system.conftest import SECRETS

pytestmark = pytest.mark.system


@pytest.mark.parametrize("name", ["booking", "payment", "calendar_sync", "staff", "monitor"])
def test_a_locust_file_works_alone(shop: str, name: str, tmp_path: Path) -> None:
    path = Path(__file__).parents[2] / "locustfiles" / f"{name}.py"
    words = [
        sys.executable,
        "-m",
        "locust",
        "-f",
        str(path),
        "-H",
        shop,
        "--headless",
        "-u",
        "8",
        "-r",
        "8",
        "-t",
        "4s",
        "--csv",
        "out",
    ]
    done = subprocess.run(
        words, capture_output=True, text=True, check=False, timeout=60, cwd=tmp_path, env={**os.environ, **SECRETS}
    )
    assert done.returncode == 0, done.stderr
    assert "Traceback" not in done.stderr
    said = done.stdout + done.stderr  # Locust prints its table to one, its log to the other
    assert "0(0.00%)" in said
