"""The plan of one run: a scenario, its mix, objectives and target, scaled and laid out in seconds from the start.

A plan is a value: it is written whole into the run's manifest and everything afterwards reads it there.
"""

import hashlib
import json
import math
from typing import Annotated

from pydantic import Field

from scenarios.document import Strict
from scenarios.errors import ScenarioError
from scenarios.mix import Mix, Persona, Step
from scenarios.objectives import ObjectiveSet
from scenarios.recorded import Piece, Recorded
from scenarios.scenario import Arrivals, Comparison, Model, Scenario, Stage, StageKind
from scenarios.session import PlannedSession, mean_session
from scenarios.target import Target

MIN_STAGE_S = 1  # stages are whole seconds, as the recorder's windows are: no window belongs to two


class PlannedStage(Strict):
    """A stage in seconds from the start of the run.

    `level` is times current traffic. `sessions_per_s` (open) and `users` (closed) are what is offered at its end;
    `from_level` is the level at its beginning (differs from `level` in a ramp). Where arrivals are recorded, `recorded` has
    their rates and `sessions_per_s` is the mean.
    """

    name: str
    kind: StageKind
    level: float
    from_level: float
    start_s: float
    end_s: float
    sessions_per_s: float | None
    users: int
    recorded: tuple[Piece, ...] = ()

    @property
    def pieces(self) -> tuple[Piece, ...]:
        """Return the stretches in which the planned rate goes in a straight line; none in the closed model."""
        if self.recorded or self.sessions_per_s is None:
            return self.recorded
        first = self.sessions_per_s * self.from_level / self.level
        return (Piece(start_s=self.start_s, end_s=self.end_s, from_per_s=first, to_per_s=self.sessions_per_s),)

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
    pacing_s: float | None = None
    session: PlannedSession | None = None
    series: Recorded | None = None

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
    stages = _lay_out(scenario, series, time_scale, load_scale)
    target = _with_shop(scenario, target)
    places = _places(scenario, stages, time_scale)
    problems = _over_limits(scenario, stages, places, target)
    if problems:
        raise ScenarioError(problems)
    mix = _with_think(scenario, _chosen_personas(scenario, mix))
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
    )


def _with_think(scenario: Scenario, mix: Mix) -> Mix:
    """Return the mix with the scenario's own think time before every step, where it has one."""
    if scenario.think is None:
        return mix
    return mix.model_copy(update={"think": dict.fromkeys((step.value for step in Step), scenario.think)})


def _with_shop(scenario: Scenario, target: Target) -> Target:
    """Return the target with the scenario's options for the embedded sandbox; another target keeps its own."""
    if target.sandbox is None:
        return target
    options = scenario.sandbox.model_dump(exclude_none=True)
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


def _lay_out(
    scenario: Scenario, series: Recorded | None, time_scale: float, load_scale: float
) -> tuple[PlannedStage, ...]:
    planned: list[PlannedStage] = []
    start_s, level_before, series_s = 0.0, 0.0, 0.0
    problems: list[str] = []
    for stage in scenario.stages:
        length_s = float(max(MIN_STAGE_S, round(stage.duration * time_scale)))
        laid_out = PlannedStage(
            name=stage.name,
            kind=stage.kind,
            level=stage.level,
            from_level=level_before if stage.ramp else stage.level,
            start_s=start_s,
            end_s=start_s + length_s,
            sessions_per_s=_rate(scenario, stage, load_scale),
            users=_users(scenario, stage, load_scale),
        )
        if series is not None:
            begin_s = series_s if stage.series_at is None else stage.series_at
            series_s = begin_s + stage.duration
            problems += _beyond(scenario, stage, series, series_s)
            laid_out = _follow(laid_out, series.pieces(begin_s, series_s), begin_s, stage.duration, load_scale)
            if not laid_out.sessions_per_s and not problems:
                problems.append(
                    f"scenario {scenario.name}: stage {stage.name} has no arrivals in {series.file}; leave it out"
                )
        planned.append(laid_out)
        start_s, level_before = start_s + length_s, stage.level
    if problems:
        raise ScenarioError(problems)
    return tuple(planned)


def _beyond(scenario: Scenario, stage: Stage, series: Recorded, until_s: float) -> list[str]:
    if until_s <= series.end_s:
        return []
    line = (
        f"scenario {scenario.name}: stage {stage.name} reaches {until_s:g} s into {series.file}, which ends at "
        f"{series.end_s:g} s; make the stage shorter, or let it begin earlier (series_at)"
    )
    return [line]


def _follow(
    stage: PlannedStage, pieces: tuple[Piece, ...], begin_s: float, duration_s: float, load_scale: float
) -> PlannedStage:
    """Return a stage that follows a stretch of the series, scaled in time and by its level."""
    stretch, factor = stage.duration_s / duration_s, stage.level * load_scale
    scaled = tuple(
        Piece(
            start_s=stage.start_s + (piece.start_s - begin_s) * stretch,
            end_s=stage.start_s + (piece.end_s - begin_s) * stretch,
            from_per_s=piece.from_per_s * factor,
            to_per_s=piece.to_per_s * factor,
        )
        for piece in pieces
    )
    mean_per_s = math.fsum(piece.sessions for piece in scaled) / stage.duration_s
    return stage.model_copy(update={"recorded": scaled, "sessions_per_s": mean_per_s})


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
    rate = _highest_rate_per_s(stages)
    return int(2 * rate * (scenario.traffic.session_length * time_scale + 4.0)) + 20


def _highest_rate_per_s(stages: tuple[PlannedStage, ...]) -> float:
    return max((max(piece.from_per_s, piece.to_per_s) for stage in stages for piece in stage.pieces), default=0.0)


def _over_limits(scenario: Scenario, stages: tuple[PlannedStage, ...], places: int, target: Target) -> list[str]:
    problems = []
    rate = _highest_rate_per_s(stages)
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
        "stages": [stage.model_dump(mode="json") for stage in scenario.stages],
        "mix": mix.model_dump(mode="json", exclude={"title", "name", "sessions"}),
        "seed": scenario.seed,
    }
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
