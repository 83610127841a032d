"""A mistake is told at once: what judges and draws is not imported before it is needed."""

import subprocess
import sys

import pytest

pytestmark = pytest.mark.integration
HEAVY = ("scipy", "pyarrow", "bokeh", "matplotlib", "statsmodels", "typst")


def imported_with(statement: str) -> list[str]:
    """Return which of the heavy packages a fresh interpreter has after a statement."""
    told = f"{statement}; import sys; print(*[name for name in {HEAVY!r} if name in sys.modules])"
    return subprocess.run([sys.executable, "-c", told], capture_output=True, text=True, check=True).stdout.split()


def test_the_command_line_alone_imports_nothing_that_judges_or_draws() -> None:
    assert imported_with("import rushhour.__main__") == []


def test_what_judges_does_import_it() -> None:
    assert "scipy" in imported_with("import rushhour.accepted")
