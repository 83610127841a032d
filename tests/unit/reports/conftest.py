"""One example a session: reports are pure, so every test may read it."""

import pytest

from tests.unit.reports.build_example import Example, example


@pytest.fixture(scope="session")
def made() -> Example:
    """Return the failing weekly regression."""
    return example()
