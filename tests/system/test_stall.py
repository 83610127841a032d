"""A stall of the target shows in `response_us`, and nothing shows without one."""

from pathlib import Path

import pytest

from benchmarks.stall_server import Manner
from benchmarks.stall_truth import run_ours, serving

RATE_PER_S, SECONDS = 50.0, 4.0
STALLING = Manner(service_s=0.02, stall_s=1.0, every_s=4.0)  # a quarter of the time, whenever the run begins
STEADY = Manner(service_s=0.02, stall_s=1.0, every_s=1000.0)


@pytest.mark.system
@pytest.mark.parametrize(("manner", "share_over_200_ms"), [(STALLING, 0.20), (STEADY, 0.0)])
def test_only_a_stall_makes_those_wait_who_came_in_it(manner: Manner, share_over_200_ms: float, tmp_path: Path) -> None:
    """Uniform within a stall of 1 s, so that 0.8 of the 1 s in 4 s wait for more than 200 ms: 20 %."""
    with serving(manner) as server:
        run = run_ours(server.url, RATE_PER_S, SECONDS, tmp_path)
    seen = run.response(0, SECONDS).share_above(200_000)
    assert seen == pytest.approx(share_over_200_ms, abs=0.1)
