"""Rules of the funnel's steps and of the CPU that a request costs."""

from dataclasses import replace

import pytest

from analysis.observed import observe
from analysis.reach import demand_s, reached
from analysis.summary import accept
from records.journey import Milestone
from records.probe import ProbeSample, collect_probes
from records.run import Run
from scenarios.mix import Persona
from tests.unit.analysis.build_run import SLOTS, Requests, build_run, milestones, plan_of

PLAN = plan_of("baseline")
STAGE = next(stage for stage in PLAN.stages if stage.is_judged)


def run_of(probed: bool = True) -> Run:
    counts = {Milestone.SESSION_STARTED: 10, Milestone.SESSION_ENDED: 10, Milestone.BEGUN: 10, Milestone.BOOKED: 7}
    run = build_run(
        Requests().add(SLOTS, list(range(29)) * 20),
        PLAN,
        journeys=[
            *milestones(range(29), Persona.NEW_CUSTOMER.value, counts),
            *milestones(range(29), Persona.BARBER.value, counts),
        ],
    )
    samples = [
        ProbeSample(second, "process", metric, value, unit)
        for second in range(31)
        for metric, value, unit in (("up", 1.0, "count"), ("cpu_seconds", 0.5 * second, "s"), ("cores", 4.0, "count"))
    ]
    return replace(run, probes=collect_probes(samples)) if probed else run


def test_the_demand_is_the_share_of_all_cores_over_requests_per_second() -> None:
    found, because = demand_s(run_of(), observe(run_of(), STAGE))
    assert found == pytest.approx(0.5 / 4 / 20)  # half a core of four, 20 requests per s
    assert because == ""


def test_without_a_probe_of_the_cpu_the_demand_is_not_measured_and_says_why() -> None:
    run = run_of(probed=False)
    found, because = demand_s(run, observe(run, STAGE))
    assert found is None
    assert because.startswith("not measured: the probe process saw nothing")


def test_the_funnel_counts_booking_sessions_of_the_stage_alone() -> None:
    run = run_of()
    seconds = observe(run, STAGE).seconds
    found = reached(run, observe(run, STAGE))
    assert (found["begun"], found["booked"], found["paid"]) == (10 * seconds, 7 * seconds, 0)


def test_an_accepted_run_keeps_both() -> None:
    stage = accept(run_of()).stages[0]
    assert stage.demand_s == pytest.approx(0.5 / 4 / 20)
    assert stage.reached["booked"] > 0
    assert stage.error_dispersion == 1.0
