"""What the locust files keep of earlier sessions belongs to one shop; each test here has another."""

from collections.abc import Iterator

import pytest

from locustfiles.journeys.recent_payments import RECENT
from locustfiles.journeys.unpaid import UNPAID


@pytest.fixture(autouse=True)
def _nobody_was_here_before() -> Iterator[None]:
    RECENT.clear()
    UNPAID.clear()
    yield
    RECENT.clear()
    UNPAID.clear()
