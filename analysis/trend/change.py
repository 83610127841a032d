"""Change points: where a series changed its level, how sure that is, what lies behind it, and what somebody answered."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from analysis.figures import counted
from analysis.trend.course import Course, Series
from analysis.trend.search import MIN_RUNS, Drift, Searched, Step, search
from analysis.trend.surroundings import changed, code_range
from records.acknowledgement import Acknowledgement, Answer

CONFIRMING_RUNS = 3  # on the new side of a change
SAME_PLACE = 2  # runs by which a change may move from one look to the next and still be the same


class Status(StrEnum):
    """How a change point stands."""

    CONFIRMED = "confirmed"
    SUSPECTED = "suspected"
    ACKNOWLEDGED = "acknowledged"
    HIDDEN = "hidden"


@dataclass(frozen=True, slots=True)
class ChangePoint:
    """A change of level. `place` and `run_id` are of the first run after it; `before` and `after` in the metric's unit.

    `change_ratio` is None of a share of failed requests: from 0 there is no ratio. `p_value` is None where somebody answered:
    then it is a border that was not searched for. `surroundings`: what changed there beside the product.
    """

    id: str
    stage: str
    operation: str
    metric: str
    unit: str
    place: int
    run_id: str
    started_at: str
    before: float
    after: float
    change_ratio: float | None
    is_worse: bool
    runs: tuple[int, int]
    p_value: float | None
    status: Status
    because: str
    code: str | None
    surroundings: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class SlowDrift:
    """A slow drift between two runs; `before` and `after` are the ends of its line in the metric's unit."""

    operation: str
    metric: str
    unit: str
    places: tuple[int, int]
    run_ids: tuple[str, str]
    before: float
    after: float
    is_worse: bool
    p_value: float
    status: Status
    because: str


@dataclass(frozen=True, slots=True)
class Trace:
    """A series with what was found in it, oldest first. `silent`: why nothing is said of its newest runs."""

    series: Series
    points: tuple[ChangePoint, ...]
    drifts: tuple[SlowDrift, ...]
    silent: str | None


@dataclass(frozen=True, slots=True)
class Looked:
    """A series that was searched, before the page decides what may be believed. `earlier`: what the search finds without the last run."""

    series: Series
    answers: tuple[tuple[int, Acknowledgement], ...]
    searched: Searched
    earlier: tuple[Step, ...]


def identity(target: str, stage: str, operation: str, metric: str, run_id: str) -> str:
    """Return the id of a change point: 8 hexadecimal digits, the same as long as it is seen at the same run."""
    text = "\n".join((target, stage, operation, metric, run_id))
    return hashlib.sha256(text.encode()).hexdigest()[:8]


def look(course: Course, series: Series, answers: Sequence[Acknowledgement]) -> Looked:
    """Search one series; answered change points are borders already."""
    mine = [
        (_first_since(course, series, answer), answer)
        for answer in answers
        if (answer.stage, answer.operation, answer.metric) == (course.stage, series.operation, series.metric.name)
    ]
    inside = tuple((place, answer) for place, answer in mine if 0 < place < len(series.readings))
    known = [place for place, _ in inside]
    searched = search(series.metric, series.readings, known)
    earlier = search(series.metric, series.readings[:-1], known).steps if searched.steps else ()
    return Looked(series, inside, searched, earlier)


def trace(course: Course, looked: Looked, believed_p: float) -> Trace:
    """Return a series with its change points and drifts; what has a p value over `believed_p` is only suspected."""
    series, answered = looked.series, dict(looked.answers)
    steps = {step.place: step for step in looked.searched.steps}
    borders = sorted({0, *answered, *steps, len(series.readings)})
    points = []
    for stretch in zip(borders, borders[1:], borders[2:], strict=False):
        if stretch[1] in answered:
            points.append(_answered(course, series, stretch, answered[stretch[1]]))
        else:
            points.append(_found(course, looked, stretch, steps[stretch[1]], believed_p))
    drifts = [_drift(course, series, drift, believed_p) for drift in looked.searched.drifts]
    return Trace(series, tuple(points), tuple(drifts), _silent(series, looked.answers))


def _silent(series: Series, answers: Sequence[tuple[int, Acknowledgement]]) -> str | None:
    """Say why a series says nothing of its newest runs: fewer than 8 of them (since the last answered change)."""
    since = max((place for place, _ in answers), default=0)
    there = len(series.readings) - since
    if there >= MIN_RUNS:
        return None
    after = f" since {answers[-1][1].run_id}" if since else ""
    return f"{there} of {MIN_RUNS} runs{after}: {counted(MIN_RUNS - there, 'more run')} until it can speak"


def _first_since(course: Course, series: Series, answer: Acknowledgement) -> int:
    """Return the place of the first reading at or after the answered run; the run itself may have been dropped since."""
    moment = (answer.started_at, answer.run_id)
    return next(
        (
            index
            for index, reading in enumerate(series.readings)
            if (course.visits[reading.place].started_at, course.visits[reading.place].run_id) >= moment
        ),
        len(series.readings),
    )


def _found(course: Course, looked: Looked, stretch: tuple[int, int, int], step: Step, believed_p: float) -> ChangePoint:
    status, because = _standing(looked, stretch, step.p_value, believed_p)
    return _point(course, looked.series, stretch, None, step.p_value, status, because)


def _answered(course: Course, series: Series, stretch: tuple[int, int, int], answer: Acknowledgement) -> ChangePoint:
    status = Status.ACKNOWLEDGED if answer.answer is Answer.ACKNOWLEDGED else Status.HIDDEN
    return _point(course, series, stretch, answer.id, None, status, answer.reason)


def _point(
    course: Course,
    series: Series,
    stretch: tuple[int, int, int],
    known_id: str | None,
    p_value: float | None,
    status: Status,
    because: str,
) -> ChangePoint:
    start, place, end = stretch
    metric, readings = series.metric, series.readings
    before, after = metric.centre(readings[start:place]), metric.centre(readings[place:end])
    last, first = course.visits[readings[place - 1].place], course.visits[readings[place].place]
    return ChangePoint(
        id=known_id or identity(course.target, course.stage, series.operation, metric.name, first.run_id),
        stage=course.stage,
        operation=series.operation,
        metric=metric.name,
        unit=metric.unit,
        place=readings[place].place,
        run_id=first.run_id,
        started_at=first.started_at,
        before=before,
        after=after,
        change_ratio=metric.change_ratio(before, after),
        is_worse=(after - before) * metric.worse > 0,
        runs=(place - start, end - place),
        p_value=p_value,
        status=status,
        because=because,
        code=code_range(last, first),
        surroundings=changed(last, first),
    )


def _standing(looked: Looked, stretch: tuple[int, int, int], p_value: float, believed_p: float) -> tuple[Status, str]:
    """Return whether a change is confirmed, and why (not).

    It takes three runs on its new side; that it was found before the last of them, which may be a bad one; and that it is no
    chance find of a whole page.
    """
    series, (start, place, end) = looked.series, stretch
    before, after = series.metric.centre(series.readings[start:place]), series.metric.centre(series.readings[place:end])
    middle = (before * after) ** 0.5 if series.metric.is_logarithmic else (before + after) / 2
    there = sum((reading.value > middle) == (after > before) for reading in series.readings[place:end])
    if there < CONFIRMING_RUNS:
        return Status.SUSPECTED, f"{counted(there, 'run')} on its new side; {CONFIRMING_RUNS} confirm it"
    if not any(abs(step.place - place) <= SAME_PLACE for step in looked.earlier):
        return Status.SUSPECTED, "found with the last run only; the next one tells"
    if p_value > believed_p:
        return Status.SUSPECTED, "stands out of this series, not yet of so many series together"
    return Status.CONFIRMED, f"{counted(there, 'run')} on its new side"


def _drift(course: Course, series: Series, drift: Drift, believed_p: float) -> SlowDrift:
    metric = series.metric
    first, last = series.readings[drift.start].place, series.readings[drift.end - 1].place
    before, after = metric.value(drift.slope.first), metric.value(drift.slope.last)
    believed = drift.slope.p_value <= believed_p
    runs = counted(drift.end - drift.start, "run")
    return SlowDrift(
        operation=series.operation,
        metric=metric.name,
        unit=metric.unit,
        places=(first, last),
        run_ids=(course.visits[first].run_id, course.visits[last].run_id),
        before=before,
        after=after,
        is_worse=(after - before) * metric.worse > 0,
        p_value=drift.slope.p_value,
        status=Status.CONFIRMED if believed else Status.SUSPECTED,
        because=f"a line through {runs} tells it better than a step"
        + ("" if believed else "; it stands out of this series, not yet of so many series together"),
    )
