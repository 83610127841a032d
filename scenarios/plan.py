"""The plan of one run: a scenario, its mix, objectives and target, scaled and laid out in seconds from the start.

A plan is a value: it is written whole into the run's manifest and everything afterwards reads it there.
"""

import hashlib
import json
from typing import Annotated

from pydantic import Field

from scenarios.document import Strict
from scenarios.errors import ScenarioError
from scenarios.mix import Mix, Persona
from scenarios.objectives import ObjectiveSet
from scenarios.scenario import Arrivals, Comparison, Model, Scenario, Stage, StageKind
from scenarios.target import Target

MIN_STAGE_S = 1  # stages are whole seconds, as the recorder's windows are: no window belongs to two


class PlannedStage(Strict):
    """A stage in seconds from the start of the run.

    `level` is times current traffic. `sessions_per_s` (open) and `users` (closed) are what is offered at its end;
    `from_level` is the level at its beginning (differs from `level` in a ramp).
    """

    name: str
    kind: StageKind
    level: float
    from_level: float
    start_s: float
    end_s: float
    sessions_per_s: float | None
    users: int

    @property
    def duration_s(self) -> float:
        """Return the length in seconds."""
        return self.end_s - self.start_s

    @property
    def is_judged(self) -> bool:
        """Tell whether objectives apply."""
        return self.kind is StageKind.STEADY

    @property
    def is_measured(self) -> bool:
        """Tell whether the stage is steady enough to show figures of."""
        return self.kind in {StageKind.STEADY, StageKind.STEP}


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
    time_scale: float = 1.0,
    load_scale: float = 1.0,
) -> Plan:
    """Return the plan; raise ScenarioError where scales are out of range or the target does not allow the load."""
    problems = [
        f"--{name} is {value:g}; expected more than 0 and at most {most:g}"
        for name, value, most in (("time-scale", time_scale, 10.0), ("load-scale", load_scale, 100.0))
        if not 0 < value <= most
    ]
    if problems:
        raise ScenarioError(problems)
    stages = _lay_out(scenario, time_scale, load_scale)
    places = _places(scenario, stages, time_scale)
    problems = _over_limits(scenario, stages, places, target)
    if problems:
        raise ScenarioError(problems)
    personas = _chosen_personas(scenario, mix)
    return Plan(
        scenario=scenario.name,
        title=scenario.title,
        description=scenario.description,
        scenario_digest=_digest(scenario, personas),
        model=scenario.model,
        arrivals=scenario.traffic.arrivals,
        seed=scenario.seed,
        time_scale=float(time_scale),
        load_scale=float(load_scale),
        start_within_s=max(1.0, scenario.traffic.start_within * time_scale),
        places=places,
        stages=stages,
        mix=personas,
        objectives=objectives,
        comparison=scenario.comparison,
        target=target,
    )


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


def _lay_out(scenario: Scenario, time_scale: float, load_scale: float) -> tuple[PlannedStage, ...]:
    planned: list[PlannedStage] = []
    start_s, level_before = 0.0, 0.0
    for stage in scenario.stages:
        length_s = float(max(MIN_STAGE_S, round(stage.duration * time_scale)))
        planned.append(
            PlannedStage(
                name=stage.name,
                kind=stage.kind,
                level=stage.level,
                from_level=level_before if stage.ramp else stage.level,
                start_s=start_s,
                end_s=start_s + length_s,
                sessions_per_s=_rate(scenario, stage, load_scale),
                users=_users(scenario, stage, load_scale),
            )
        )
        start_s, level_before = start_s + length_s, stage.level
    return tuple(planned)


def _rate(scenario: Scenario, stage: Stage, load_scale: float) -> float | None:
    rate = scenario.traffic.sessions_per_s
    return None if scenario.model is Model.CLOSED or rate is None else rate * stage.level * load_scale


def _users(scenario: Scenario, stage: Stage, load_scale: float) -> int:
    users = scenario.traffic.users
    return 0 if scenario.model is Model.OPEN or users is None else max(1, round(users * stage.level * load_scale))


def _places(scenario: Scenario, stages: tuple[PlannedStage, ...], time_scale: float) -> int:
    """Return how many users there are: the largest closed population, or free places for the open model.

    Open: twice the expected number of sessions under way at the highest rate (Little's law, N = rate x length), and 20 more.
    The request part of a session does not shrink with `time_scale`; 4 s stand for it.
    """
    if scenario.model is Model.CLOSED:
        return max(stage.users for stage in stages)
    rate = max(stage.sessions_per_s or 0.0 for stage in stages)
    return int(2 * rate * (scenario.traffic.session_length * time_scale + 4.0)) + 20


def _over_limits(scenario: Scenario, stages: tuple[PlannedStage, ...], places: int, target: Target) -> list[str]:
    problems = []
    rate = max(stage.sessions_per_s or 0.0 for stage in stages)
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


def _digest(scenario: Scenario, mix: Mix) -> str:
    """Return a digest of everything that shapes the load: model, traffic, stages, seed and mix, but no titles."""
    shape = {
        "model": scenario.model,
        "traffic": scenario.traffic.model_dump(mode="json"),
        "stages": [stage.model_dump(mode="json") for stage in scenario.stages],
        "mix": mix.model_dump(mode="json", exclude={"title", "name"}),
        "seed": scenario.seed,
    }
    return hashlib.sha256(json.dumps(shape, sort_keys=True).encode()).hexdigest()[:16]


def persona_shares(plan: Plan) -> dict[Persona, float]:
    """Return the shares of sessions by persona, in the fixed order of `Persona`."""
    return {persona: plan.mix.personas[persona.value] for persona in Persona if persona.value in plan.mix.personas}


def persona_users(plan: Plan) -> dict[Persona, int]:
    """Return how many Locust users there are of each persona: by share, largest remainders first, so that they sum to the plan's.

    In the open model a user is a free place that takes whoever comes; there the split says nothing.
    """
    shares = persona_shares(plan)
    exact = {persona: share * plan.places for persona, share in shares.items()}
    users = {persona: int(number) for persona, number in exact.items()}
    by_remainder = sorted(exact, key=lambda persona: users[persona] - exact[persona])
    for persona in by_remainder[: plan.places - sum(users.values())]:
        users[persona] += 1
    return users
