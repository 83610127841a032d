"""Rules of when a climb has gone far enough."""

from dataclasses import replace

import pytest

from analysis.staircase import Step
from analysis.turn import last_wanted
from scenarios.library import load_plan

STEP = Step(
    stage="", level=1.0, offered_per_s=1.0, started_ratio=1.0, request_rate_per_s=5.0, response_us_p50=1e4, response_us_p95=5e4, count=100,
    error_ratio=0.0, little_ratio=1.0, uses=(), missed=(), good=True, because="",
)  # fmt: skip


@pytest.mark.parametrize(
    ("results", "expected"),
    [
        ("gggg", None),
        ("gggb", None),  # one more, to see whether it was only a hiccup
        ("gggbb", "step_5"),  # the baseline is the first letter, so that step_3 and step_4 were bad
        ("gggbg", None),
        ("gggbgbb", "step_7"),
        ("gggbv", "step_5"),
        ("gggvbb", "step_6"),
        ("", None),
    ],
)
def test_it_ends_two_steps_past_the_first_that_broke_for_good(results: str, expected: str | None) -> None:
    names = ["baseline", *(f"step_{number}" for number in range(1, 20))]
    good = {"g": True, "b": False, "v": None}
    steps = [
        replace(STEP, stage=name, level=float(place + 1), offered_per_s=float(place + 1), good=good[letter])
        for place, (name, letter) in enumerate(zip(names, results, strict=False))
    ]
    assert last_wanted(load_plan("exhaustion"), steps) == expected


def test_a_scenario_without_a_staircase_never_turns() -> None:
    assert last_wanted(load_plan("smoke"), [replace(STEP, stage="steady", good=False)]) is None
