"""`rushhour import`: files of another tool become a run folder that is judged, reported and compared as our own, as far as they tell."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from rich.console import Console

from records.environment import versions
from records.errors import RunDataError
from records.imported import Gap, Missing
from records.imports.form import UNIT_WORDS, Options, Unit
from records.imports.reading import Reading, read_files
from records.imports.writing import write_import
from records.manifest import Ended, Fingerprint, Manifest
from records.series import Series
from reports.imported import import_table, missing_lines
from scenarios.errors import ScenarioError, nearest_hint
from scenarios.imported import imported_plan, seconds_of, unknown_target
from scenarios.library import load_objectives, load_target
from scenarios.plan import Plan

NOT_TOLD = Fingerprint(machine="not told", cpu="not told", cores=0, system="not told", python="not told")
COLUMNS = ("latency", "time", "operation", "status")


@dataclass(frozen=True, slots=True)
class ImportRequest:
    """What `rushhour import` was asked for. `options` is what the user says of the files; None where nothing was said."""

    files: tuple[Path, ...]
    name: str | None
    target: str | None
    objectives: str
    options: Options
    warm_up_s: float
    started_at: datetime | None
    build: str | None
    intended_start: bool
    results: Path
    command: tuple[str, ...]


def import_files(request: ImportRequest, console: Console) -> Path:
    """Write the run folder, show what was read and what is missing, and return the folder.

    Raise RunDataError where a file cannot be used, ScenarioError where an option cannot.
    """
    objectives = load_objectives(request.objectives)
    target = load_target(request.target) if request.target else unknown_target()
    reading = read_files(
        request.files, request.options, objectives.latency_limits_us, intended_start=request.intended_start
    )
    series = reading.tally.series()
    length_s = int(series.outcomes.second.max()) + 1
    tool = reading.imported.tool
    plan = imported_plan(
        request.name or f"imported_{tool.name.lower()}",
        f"Imported from {reading.imported.origin}",
        objectives,
        target,
        length_s=length_s,
        warm_up_s=request.warm_up_s,
        users=reading.users or 0,
    )
    manifest = _manifest(request, reading, plan, length_s)
    folder = write_import(request.results, manifest, reading.tally, series)
    _show(folder, manifest, series, console)
    return folder


def options_of(unit: str | None, length: str | None, columns: Sequence[str]) -> Options:
    """Return what the user says of a file; raise ScenarioError with all that cannot be understood."""
    problems: list[str] = []
    named: dict[str, str] = {}
    for text in columns:
        what, equals, name = text.partition("=")
        if not equals or what not in COLUMNS or not name:
            problems.append(f'--column is "{text}"; expected {" or ".join(f"{word}=NAME" for word in COLUMNS)}')
        named[what] = name
    if unit is not None and unit not in UNIT_WORDS:
        problems.append(f'--unit is "{unit}"; expected ns, us, ms or s{nearest_hint(unit, UNIT_WORDS)}')
    length_s = None if length is None else seconds_of("--length", length)
    if length_s is not None and length_s < 1:
        problems.append(f"--length is {length_s:g} s; expected 1 s or more")
    if problems:
        raise ScenarioError(problems)
    return Options(unit=None if unit is None else Unit(UNIT_WORDS[unit]), length_s=length_s, columns=named)


def moment_of(text: str) -> datetime:
    """Return a moment of --started; raise ScenarioError where it is none."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise ScenarioError([f'--started is "{text}"; expected ISO 8601, such as 2026-11-23T06:00:00Z']) from error
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


def _manifest(request: ImportRequest, reading: Reading, plan: Plan, length_s: int) -> Manifest:
    started = request.started_at or datetime.fromtimestamp(reading.tally.first_second, UTC)
    missing = reading.imported.missing
    if request.started_at is not None:
        missing = tuple(row for row in missing if row.what is not Gap.STARTED_AT)
    if request.warm_up_s == 0:
        told = "where the warm-up ended: all of it counts as steady (cut it off with --warm-up)"
        missing = (*missing, Missing(what=Gap.WARM_UP, because=told))
    count = reading.tally.count
    return Manifest(
        run_id=f"{plan.scenario}-{started:%Y%m%dT%H%M%SZ}-{reading.imported.digest[:6]}",
        scenario_text="",
        plan=plan,
        started_at=started.isoformat(),
        workers=0,
        versions={"rushhour": versions()["rushhour"]},
        commit=None,
        target_build=request.build,
        fingerprint=NOT_TOLD,
        command=request.command,
        load_command=(),
        ended=Ended(reason="completed", at_s=float(length_s), requests_counted=count, requests_recorded=count),
        imported=reading.imported.model_copy(update={"missing": missing}),
    )


def _show(folder: Path, manifest: Manifest, series: Series, console: Console) -> None:
    assert manifest.imported is not None
    console.print(import_table(manifest, series))
    console.print(missing_lines(manifest.imported))
    console.print(f"run folder: {folder}", highlight=False, soft_wrap=True)


def existing(files: Sequence[Path]) -> tuple[Path, ...]:
    """Return the files of the paths, those of a folder by name; raise RunDataError where a path is none or a folder is empty."""
    found: list[Path] = []
    for path in files:
        if path.is_dir():
            inside = sorted(entry for entry in path.iterdir() if entry.is_file() and not entry.name.startswith("."))
            if not inside:
                raise RunDataError(f"{path}: is an empty folder; expected the files of one run")
            found += inside
        elif not path.exists():
            raise RunDataError(f"{path}: not found; expected a file of a load testing tool")
        else:
            found.append(path)
    return tuple(found)
