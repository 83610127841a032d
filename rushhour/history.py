"""`rushhour history`: how each operation moved through all runs, where it changed, and what somebody says of that."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console

from analysis.summary import accept
from analysis.trend.change import ChangePoint, Status
from analysis.trend.chronicle import Told, as_document, tell
from analysis.trend.course import Course, courses
from records.acknowledgement import (
    MAX_REASON_CHARACTERS,
    Acknowledgement,
    Answer,
    read_acknowledgements,
    with_answers,
    write_acknowledgements,
)
from records.baseline import Baseline, read_baseline
from records.errors import RunDataError
from records.folder import write_text, written_into
from records.run import read_run
from reports import wording
from reports.history import render_history
from reports.history_terminal import render_history_terminal
from rushhour.baseline import stored
from rushhour.results import run_folders
from rushhour.verdicts import REPORT
from scenarios.errors import nearest_hint

FOLDER, DOCUMENT = "history", "history.json"
MOST_FOLDERS = 260  # of results that are read with `--all`: each takes a second or so; the newest are taken


@dataclass(frozen=True, slots=True)
class HistoryRequest:
    """What `rushhour history` was asked for."""

    store: Path
    results: Path
    scenario: str | None = None
    target: str | None = None
    everything: bool = False


@dataclass(frozen=True, slots=True)
class Skipped:
    """A run among the results that is not in the history, and why."""

    run_id: str
    because: str


def show(request: HistoryRequest, console: Console) -> Path:
    """Write page and document, print the table, and return the page's path; raise RunDataError where there is no run."""
    told, skipped = gather(request)
    page = write_history(told, request.results)
    console.print(render_history_terminal(told, page))
    if skipped:
        console.print(
            f"left out of {request.results}: {wording.counted(len(skipped), 'run')}, such as {skipped[0].run_id} ({skipped[0].because})",
            highlight=False,
            markup=False,
            soft_wrap=True,
        )
    return page


def gather(request: HistoryRequest) -> tuple[tuple[Told, ...], list[Skipped]]:
    """Return the courses asked for with what is found in them, and which runs under results could not be taken."""
    accepted = [read_baseline(path) for path in stored(request.store)]
    others, skipped = _recorded(request.results, accepted) if request.everything else ([], [])
    every = courses(accepted, others)
    if not every:
        raise RunDataError(
            f"{request.store}: no accepted runs there yet; expected some, accept one with: rushhour baseline accept RUN"
        )
    wanted = [course for course in every if _is_wanted(course, request)]
    if not wanted:
        raise RunDataError(_nothing(request, every))
    answers = {target: read_acknowledgements(request.store, target) for target in {course.target for course in wanted}}
    return tell(wanted, answers), skipped


def answer(request: HistoryRequest, names: Sequence[str], answered: Answer, reason: str, console: Console) -> None:
    """Write an answer to change points, named by id or by run (all that were first seen in it); RunDataError where unknown."""
    told = " ".join(reason.split())
    if not told:
        raise RunDataError("--reason is empty; expected why, in a few words: it stands in the history from now on")
    if len(told) > MAX_REASON_CHARACTERS:
        raise RunDataError(f"--reason has {len(told)} characters; expected at most {MAX_REASON_CHARACTERS}, shorten it")
    found, _ = gather(request)
    named = [pair for name in names for pair in _named(name, found)]
    for target in sorted({target for target, _ in named}):
        points = {point.id: point for there, point in named if there == target}
        new = [_acknowledgement(point, answered, told) for point in points.values()]
        path = write_acknowledgements(
            request.store, target, with_answers(read_acknowledgements(request.store, target), new)
        )
        for point in points.values():
            console.print(
                wording.plain(
                    f"{answered.value} {point.id}: {point.operation} {point.metric} since {point.run_id}", 400
                ),
                highlight=False,
                markup=False,
                soft_wrap=True,
            )
        console.print(f"written to {path}; keep it in git with the accepted runs", highlight=False, soft_wrap=True)


def write_history(told: Sequence[Told], results: Path) -> Path:
    """Write `report.html` and `history.json` into a folder of their own beside the runs; return the page's path."""
    folder = results / FOLDER
    with written_into(folder):
        write_text(folder / REPORT, render_history(told))
        write_text(folder / DOCUMENT, json.dumps(as_document(told), indent=1, ensure_ascii=False) + "\n")
    return folder / REPORT


def _recorded(results: Path, accepted: Iterable[Baseline]) -> tuple[list[Baseline], list[Skipped]]:
    """Return the valid runs under results that are not accepted yet, and the others with why they are none."""
    known = {baseline.run_id for baseline in accepted}
    folders = [folder for folder in run_folders(results) if folder.name not in known]
    newest = sorted(folders, key=lambda folder: folder.stat().st_mtime)[-MOST_FOLDERS:]
    found, skipped = [], []
    for folder in newest:
        try:
            found.append(accept(read_run(folder)))
        except RunDataError as error:
            skipped.append(Skipped(folder.name, str(error)))
    skipped += [
        Skipped(folder.name, f"older than the newest {MOST_FOLDERS}") for folder in folders if folder not in newest
    ]
    return found, skipped


def _is_wanted(course: Course, request: HistoryRequest) -> bool:
    of_target = request.target is None or course.target == request.target
    return of_target and (request.scenario is None or request.scenario in course.scenarios)


def _nothing(request: HistoryRequest, every: Sequence[Course]) -> str:
    asked = [
        f'{word} "{name}"'
        for word, name in (("scenario", request.scenario), ("target", request.target))
        if name is not None
    ]
    there = sorted({f"{scenario} on {course.target}" for course in every for scenario in course.scenarios})
    return f"{request.store}: no runs of {' on '.join(asked)}; expected one of: {', '.join(there)}"


def _named(name: str, told: Sequence[Told]) -> list[tuple[str, ChangePoint]]:
    """Return the change points of a name with their targets: one by its id, or the open ones first seen in a run."""
    every = [(each.course.target, point) for each in told for point in each.points]
    found = [
        (target, point)
        for target, point in every
        if point.id == name or (point.run_id == name and point.status in {Status.CONFIRMED, Status.SUSPECTED})
    ]
    if not found:
        known = sorted({point.id for _, point in every} | {point.run_id for _, point in every})
        hint = nearest_hint(name, known[:20]) if known else "; no change point was found"
        raise RunDataError(
            f'change point "{name}" is unknown{hint}; expected the id or the run of one, list them with: rushhour history'
        )
    return found


def _acknowledgement(point: ChangePoint, answered: Answer, reason: str) -> Acknowledgement:
    return Acknowledgement(
        id=point.id,
        answer=answered,
        started_at=point.started_at,
        run_id=point.run_id,
        stage=point.stage,
        operation=point.operation,
        metric=point.metric,
        reason=reason,
    )
