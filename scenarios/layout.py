"""The stages of a scenario laid out in seconds from the start of the run, scaled in time and load."""

import math

from scenarios.document import Strict
from scenarios.errors import ScenarioError
from scenarios.recorded import Piece, Recorded
from scenarios.scenario import Model, Scenario, Stage, StageKind
from scenarios.staircase import MIN_REST_S, REST

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
        return self.kind in {StageKind.STEADY, StageKind.STEP, StageKind.FAULT}


def lay_out(
    scenario: Scenario, series: Recorded | None, time_scale: float, load_scale: float
) -> tuple[PlannedStage, ...]:
    """Return the stages of a scenario; raise ScenarioError where one reaches beyond the series, or has nothing of it."""
    planned: list[PlannedStage] = []
    start_s, level_before, series_s = 0.0, 0.0, 0.0
    problems: list[str] = []
    for stage in scenario.all_stages:
        at_least_s = MIN_REST_S if scenario.staircase is not None and stage.name.startswith(REST) else MIN_STAGE_S
        length_s = scaled_s(stage.duration, time_scale, at_least_s)
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


def scaled_s(duration_s: float, time_scale: float, at_least_s: float = MIN_STAGE_S) -> float:
    """Return the whole seconds that a stage of so many takes in a scaled run."""
    return float(max(at_least_s, round(duration_s * time_scale)))


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


def highest_rate_per_s(stages: tuple[PlannedStage, ...]) -> float:
    """Return the highest planned sessions per s at any moment, 0 in the closed model."""
    return max((max(piece.from_per_s, piece.to_per_s) for stage in stages for piece in stage.pieces), default=0.0)
