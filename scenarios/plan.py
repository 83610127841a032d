"""The plan of one run: a scenario, its mix, objectives and target, scaled and laid out in seconds from the start.

A plan is a value: it is written whole into the run's manifest and everything afterwards reads it there.
"""

import hashlib
import json
from typing import Annotated

from pydantic import Field

from scenarios.abort import AbortRule
from scenarios.audit import ScenarioAudit
from scenarios.document import Strict
from scenarios.errors import ScenarioError, nearest_hint
from scenarios.injection import PlannedFault, lay_out_faults
from scenarios.layout import PlannedStage, highest_rate_per_s, lay_out
from scenarios.mix import Mix, Persona, Step
from scenarios.objectives import Metric, ObjectiveSet
from scenarios.recorded import Recorded
from scenarios.scenario import Arrivals, Comparison, Model, Scenario
from scenarios.session import PlannedSession, mean_session
from scenarios.staircase import Staircase
from scenarios.target import Target


class Plan(Strict):
    """Everything a run needs to know. `time_scale` multiplies all times (stages and thinking), `load_scale` all loads."""

    scenario: str
    title: str
    description: str
    scenario_digest: str
    model: Model
    arrivals: Arrivals
    seed: int
    time_scale: Annotated[float, Field(gt=0)]
    load_scale: Annotated[float, Field(gt=0)]
    start_within_s: float
    places: int
    stages: tuple[PlannedStage, ...]
    mix: Mix
    objectives: ObjectiveSet
    comparison: Comparison
    target: Target
    pacing_s: float | None = None
    session: PlannedSession | None = None
    series: Recorded | None = None
    audit: ScenarioAudit = ScenarioAudit()
    abort: tuple[AbortRule, ...] = ()
    faults: tuple[PlannedFault, ...] = ()
    staircase: Staircase | None = None

    @property
    def duration_s(self) -> float:
        """Return the planned length in seconds."""
        return self.stages[-1].end_s

    def stage_at(self, second: float) -> PlannedStage | None:
        """Return the stage at `second` from the start, None outside the plan."""
        for stage in self.stages:
            if stage.start_s <= second < stage.end_s:
                return stage
        return None


def make_plan(
    scenario: Scenario,
    mix: Mix,
    objectives: ObjectiveSet,
    target: Target,
    *,
    series: Recorded | None = None,
    time_scale: float = 1.0,
    load_scale: float = 1.0,
) -> Plan:
    """Return the plan; raise ScenarioError where scales are out of range or the target does not allow the load.

    `series` are the recorded arrivals that the scenario names.
    """
    problems = [
        f"--{name} is {value:g}; expected more than 0 and at most {most:g}"
        for name, value, most in (("time-scale", time_scale, 10.0), ("load-scale", load_scale, 100.0))
        if not 0 < value <= most
    ]
    if problems:
        raise ScenarioError(problems)
    assert (series is None) == (scenario.traffic.series is None), "the caller has read what the scenario names"
    stages = lay_out(scenario, series, time_scale, load_scale)
    target = _with_shop(scenario, target, time_scale)
    places = _places(scenario, stages, time_scale)
    faults, problems = lay_out_faults(scenario.faults, stages, time_scale)
    problems = [f"scenario {scenario.name}: {line}" for line in problems] + _over_limits(
        scenario, stages, places, target
    )
    if problems:
        raise ScenarioError(problems)
    mix = _with_think(scenario, _chosen_personas(scenario, mix))
    objectives = _judged_only(scenario, objectives)
    session = _session(scenario, mix, time_scale)
    return Plan(
        scenario=scenario.name,
        title=scenario.title,
        description=scenario.description,
        scenario_digest=_digest(scenario, mix, series),
        model=scenario.model,
        arrivals=scenario.traffic.arrivals,
        seed=scenario.seed,
        time_scale=float(time_scale),
        load_scale=float(load_scale),
        start_within_s=max(1.0, scenario.traffic.start_within * time_scale),
        places=places,
        stages=stages,
        mix=mix,
        objectives=objectives,
        comparison=scenario.comparison,
        target=target,
        pacing_s=None if scenario.traffic.pacing is None else scenario.traffic.pacing * time_scale,
        session=session,
        series=series,
        audit=scenario.audit.scaled(time_scale),
        abort=tuple(rule.scaled(time_scale) for rule in scenario.abort),
        faults=faults,
        staircase=scenario.staircase,
    )


def _with_think(scenario: Scenario, mix: Mix) -> Mix:
    """Return the mix with the scenario's own think time before every step, where it has one."""
    if scenario.think is None:
        return mix
    return mix.model_copy(update={"think": dict.fromkeys((step.value for step in Step), scenario.think)})


def _judged_only(scenario: Scenario, objectives: ObjectiveSet) -> ObjectiveSet:
    """Return the objectives with those that have no meaning for the scenario listed as not measured, and why."""
    names = [row.name for row in objectives.objective]
    unknown = [name for name in scenario.not_judged if name not in names]
    if unknown:
        raise ScenarioError(
            [
                f"scenario {scenario.name}: not_judged.{name} is not an objective of {objectives.name}{nearest_hint(name, names)}"
                for name in unknown
            ]
        )
    rows = tuple(
        row.model_copy(
            update={
                "metric": Metric.PROBE,
                "signal": None,
                "quantile": None,
                "why_not_measured": scenario.not_judged[row.name],
            }
        )
        if row.name in scenario.not_judged
        else row
        for row in objectives.objective
    )
    return objectives.model_copy(update={"objective": rows})


def _with_shop(scenario: Scenario, target: Target, time_scale: float) -> Target:
    """Return the target with the scenario's options for the embedded sandbox; another target keeps its own.

    How long a dead instance stays away is part of what is played, and is scaled with it.
    """
    if target.sandbox is None:
        return target
    options = scenario.sandbox.model_dump(exclude_none=True)
    if "restart_after" in options:
        options["restart_after"] *= time_scale
    return target.model_copy(update={"sandbox": target.sandbox.model_copy(update=options)})


def _session(scenario: Scenario, mix: Mix, time_scale: float) -> PlannedSession | None:
    """Return the mean session of the plan and where its numbers come from; None where the mix has not been measured."""
    measured = mean_session(mix.personas, mix.sessions, mix.think)
    if measured is None:
        return None
    requests, think_s = measured
    how = f"{requests:.2f} requests a session, as measured for the mix {mix.name}"
    if scenario.model is Model.OPEN:
        return PlannedSession(requests=requests, cycle_s=None, how=how)
    if scenario.traffic.pacing is not None:
        _check_pacing(scenario, mix, think_s)
        cycle_s = scenario.traffic.pacing * time_scale
        return PlannedSession(
            requests=requests, cycle_s=cycle_s, how=f"{how}; each user begins one every {cycle_s:g} s"
        )
    cycle_s = (think_s + mix.think[Step.LOOK.value].mean_s()) * time_scale
    how = f"{how}; {cycle_s:.1f} s of thinking from one start of a user's session to the next"
    return PlannedSession(requests=requests, cycle_s=cycle_s, how=how)


def _check_pacing(scenario: Scenario, mix: Mix, think_s: float) -> None:
    pacing_s = scenario.traffic.pacing
    if pacing_s is not None and think_s >= pacing_s:
        line = (
            f"scenario {scenario.name}: traffic.pacing is {pacing_s:g} s, but a session of the mix {mix.name} thinks "
            f"{think_s:.1f} s on the average; expected more than that, or shorter think times"
        )
        raise ScenarioError([line])


def planned_sessions_per_s(plan: Plan, stage: PlannedStage) -> float | None:
    """Return the sessions per s that a stage plans at its end (recorded arrivals: on the average).

    Closed: users over the mean cycle; None where the mix's sessions have not been measured.
    """
    if plan.model is Model.OPEN:
        return stage.sessions_per_s
    if plan.session is None or not plan.session.cycle_s:
        return None
    return stage.users / plan.session.cycle_s


def planned_requests_per_s(plan: Plan, stage: PlannedStage) -> float | None:
    """Return the requests per s that a stage plans, as `planned_sessions_per_s`; None where that or the mix is not known."""
    sessions_per_s = planned_sessions_per_s(plan, stage)
    return None if sessions_per_s is None or plan.session is None else sessions_per_s * plan.session.requests


def _chosen_personas(scenario: Scenario, mix: Mix) -> Mix:
    """Return the mix with only the scenario's personas, their shares summing to 1 again."""
    if not scenario.personas:
        return mix
    unknown = [name for name in scenario.personas if name not in mix.personas]
    if unknown:
        raise ScenarioError(
            [
                f"scenario {scenario.name}: personas: {', '.join(unknown)} not in the mix {mix.name}; known: {', '.join(sorted(mix.personas))}"
            ]
        )
    total = sum(mix.personas[name] for name in scenario.personas)
    return mix.model_copy(update={"personas": {name: mix.personas[name] / total for name in scenario.personas}})


def _places(scenario: Scenario, stages: tuple[PlannedStage, ...], time_scale: float) -> int:
    """Return how many users there are: the largest closed population, or free places for the open model.

    Open: twice the expected number of sessions under way at the highest rate (Little's law, N = rate x length), and 20 more.
    The request part of a session does not shrink with `time_scale`; 4 s stand for it.
    """
    if scenario.model is Model.CLOSED:
        return max(stage.users for stage in stages)
    rate = highest_rate_per_s(stages)
    return int(2 * rate * (scenario.traffic.session_length * time_scale + 4.0)) + 20


def _over_limits(scenario: Scenario, stages: tuple[PlannedStage, ...], places: int, target: Target) -> list[str]:
    problems = []
    rate = highest_rate_per_s(stages)
    if rate > target.limits.sessions_per_s:
        problems.append(
            f"scenario {scenario.name} offers {rate:g} sessions per s; the target profile {target.name} allows "
            f"{target.limits.sessions_per_s:g} (limits.sessions_per_s); use --load-scale or another target"
        )
    users = places if scenario.model is Model.CLOSED else 0
    if users > target.limits.users:
        problems.append(
            f"scenario {scenario.name} needs {users:,} users; the target profile {target.name} allows "
            f"{target.limits.users:,} (limits.users); use --load-scale or another target"
        )
    return problems


def _digest(scenario: Scenario, mix: Mix, series: Recorded | None) -> str:
    """Return a digest of everything that shapes the load: model, traffic, series, stages, seed and mix, but no titles."""
    shape = {
        "model": scenario.model,
        "traffic": scenario.traffic.model_dump(mode="json", exclude={"series"}),
        "series": None if series is None else series.model_dump(mode="json", exclude={"file"}),
        "stages": [stage.model_dump(mode="json") for stage in scenario.all_stages],
        "mix": mix.model_dump(mode="json", exclude={"title", "name", "sessions", "provoke"}),
        "seed": scenario.seed,
    }
    if mix.provoke.is_any:  # the digests of all others are as they were before there was any
        shape["provoke"] = mix.provoke.model_dump(mode="json")
    if scenario.faults:
        shape["faults"] = [fault.model_dump(mode="json") for fault in scenario.faults]
    return hashlib.sha256(json.dumps(shape, sort_keys=True).encode()).hexdigest()[:16]


def persona_shares(plan: Plan) -> dict[Persona, float]:
    """Return the shares of sessions by persona, in the fixed order of `Persona`."""
    return {persona: plan.mix.personas[persona.value] for persona in Persona if persona.value in plan.mix.personas}


def persona_users(plan: Plan) -> dict[Persona, int]:
    """Return how many Locust users there are of each persona: by share, largest remainders first, so that they sum to the plan's.

    A user is a place that takes whoever comes; the split only says which of Locust's classes the places are of.
    """
    shares = persona_shares(plan)
    exact = {persona: share * plan.places for persona, share in shares.items()}
    users = {persona: int(number) for persona, number in exact.items()}
    by_remainder = sorted(exact, key=lambda persona: users[persona] - exact[persona])
    for persona in by_remainder[: plan.places - sum(users.values())]:
        users[persona] += 1
    return users
