"""A climb whose records do not tell what was served is no capacity."""

from dataclasses import replace

import pytest

from analysis.quarter.climbed import climbed
from records.errors import RunDataError
from tests.unit.analysis.quarter.build_quarter import pool


def test_steps_that_held_without_a_request_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """Records that end half way: sessions began, nothing is seen of them, and no objective was missed."""
    climb = pool()
    first, *others = climb.found.steps
    steps = (first, *(replace(step, good=True, request_rate_per_s=0.0) for step in others))
    monkeypatch.setattr("analysis.quarter.climbed.exhaust", lambda *_: replace(climb.found, steps=steps))
    with pytest.raises(RunDataError, match=f"no request is recorded of {others[0].stage}"):
        climbed(climb.run)
