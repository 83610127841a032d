"""The chronicle: all courses of a store with what changed in them, and what is written into `history.json`."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from analysis.trend.change import ChangePoint, SlowDrift, Status, Trace, look, trace
from analysis.trend.course import Course
from analysis.trend.family import believable
from analysis.trend.search import MIN_RUNS
from analysis.trend.surroundings import Move, moves
from records.acknowledgement import Acknowledgement

FORMAT_VERSION = 1
OPEN = (Status.CONFIRMED, Status.SUSPECTED)


@dataclass(frozen=True, slots=True)
class Told:
    """One course with its traces and what changed around the product. What may be believed is decided over all its series."""

    course: Course
    traces: tuple[Trace, ...]
    moves: tuple[Move, ...]

    @property
    def missing_runs(self) -> int:
        """Return how many more runs it takes until anything can be said, 0 where there are enough."""
        return max(0, MIN_RUNS - len(self.course.visits))

    @property
    def points(self) -> tuple[ChangePoint, ...]:
        """Return its change points, the newest run first, in a run in the order of operations and metrics."""
        found = [point for each in self.traces for point in each.points]
        return tuple(sorted(found, key=lambda point: -point.place))

    @property
    def drifts(self) -> tuple[SlowDrift, ...]:
        """Return its drifts in the order of operations and metrics."""
        return tuple(drift for each in self.traces for drift in each.drifts)


@dataclass(frozen=True, slots=True)
class Happening:
    """The open change points of one course that were first seen in the same run."""

    course: Course
    run_id: str
    points: tuple[ChangePoint, ...]

    @property
    def status(self) -> Status:
        """Return confirmed where any of them is."""
        confirmed = any(point.status is Status.CONFIRMED for point in self.points)
        return Status.CONFIRMED if confirmed else Status.SUSPECTED

    @property
    def is_worse(self) -> bool:
        """Return whether any series changed for the worse."""
        return any(point.is_worse for point in self.points)


def tell(courses: Sequence[Course], answers: Mapping[str, Sequence[Acknowledgement]]) -> tuple[Told, ...]:
    """Return the courses with what is found in them; `answers` by target."""
    return tuple(_told(course, answers.get(course.target, ())) for course in courses)


def _told(course: Course, answers: Sequence[Acknowledgement]) -> Told:
    looked = [look(course, series, answers) for series in course.series]
    believed_p = believable(p_value for each in looked for p_value in each.searched.p_values)
    return Told(course, tuple(trace(course, each, believed_p) for each in looked), moves(course.visits))


def happenings(told: Sequence[Told]) -> tuple[Happening, ...]:
    """Return the open change points by run: confirmed before suspected, of each the newest first."""
    found: list[Happening] = []
    for each in told:
        by_run: dict[str, list[ChangePoint]] = {}
        for point in each.points:
            if point.status in OPEN:
                by_run.setdefault(point.run_id, []).append(point)
        found += [Happening(each.course, run_id, tuple(points)) for run_id, points in by_run.items()]
    newest = sorted(found, key=lambda happening: happening.points[0].started_at, reverse=True)
    return tuple(sorted(newest, key=lambda happening: OPEN.index(happening.status)))


def as_document(told: Sequence[Told]) -> dict[str, Any]:
    """Return the content of `history.json`: values in us, per s and ratios."""
    return {"format_version": FORMAT_VERSION, "courses": [_course_document(each) for each in told]}


def _course_document(told: Told) -> dict[str, Any]:
    course = told.course
    run_ids = [visit.run_id for visit in course.visits]
    return {
        "target": course.target,
        "stage": course.stage,
        "scenarios": list(course.scenarios),
        "missing_runs": told.missing_runs,
        "runs": [
            {
                "run_id": visit.run_id,
                "scenario": visit.scenario,
                "started_at": visit.started_at,
                "commit": visit.commit,
                "target_build": visit.target_build,
                "accepted": visit.accepted,
            }
            for visit in course.visits
        ],
        "environment_changes": [{"run_id": move.run_id, "lines": list(move.lines)} for move in told.moves],
        "series": [
            {
                "operation": each.series.operation,
                "metric": each.series.metric.name,
                "unit": each.series.metric.unit,
                "values": [
                    {"run_id": run_ids[reading.place], "value": reading.value} for reading in each.series.readings
                ],
                "silent": each.silent,
                "change_points": [asdict(point) for point in each.points],
                "drifts": [asdict(drift) for drift in each.drifts],
            }
            for each in told.traces
        ],
    }
