"""One example a session: reports are pure, so every test may read it."""

import pytest

from tests.unit.reports.build_example import SLOTS, Example, example

EVIL = "<script>alert(1)</script> \"&'{{ 7*7 }} </script> a|b`c\n\x1b[2J[bold]$\\frac{$\x00"


@pytest.fixture(scope="session")
def made() -> Example:
    """Return the failing weekly regression."""
    return example()


@pytest.fixture(scope="session")
def hostile() -> Example:
    """Return a short run whose slots operation has a name that tries to be markup, mathematics and terminal control."""
    return example(names={SLOTS: EVIL}, time_scale=0.02)
