"""`rushhour stress`: the month. Peak, rush, exhaustion, failover, a lost database and recovery, one after the other, and one page for all of them."""

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from rich.console import Console

from analysis.month import Chapter, Missing, Month, as_document
from loadgen.errors import GeneratorError, TargetError
from records.errors import RunDataError
from records.folder import write_bytes, write_text, written_into
from reports.month import render_month
from reports.month_pdf import render_month_pdf
from reports.month_terminal import render_month_terminal
from rushhour.audit import read_target_back
from rushhour.run import RunRequest, carry_out, plan_of
from rushhour.verdicts import PDF, REPORT, judge_folder, write_reports, write_verdict
from scenarios.errors import ScenarioError
from scenarios.library import load_target

PAGE, DOCUMENT = REPORT, "stress.json"


@dataclass(frozen=True, slots=True)
class Act:
    """One scenario of the month, by how much `--scaled` shrinks its times, and what `--load-scale` shrinks of it: the load, the sandbox's pool."""

    scenario: str
    time_scale: float
    takes_load_scale: bool = True
    shrinks_pool: bool = False


ACTS = (
    Act("peak", 0.03),
    Act("rush", 0.2, takes_load_scale=False),  # a small load, and with less of it nobody meets anybody
    Act("exhaustion", 0.05, shrinks_pool=True),  # else a small load never comes near the limit of a large shop
    Act("failover", 0.06),
    Act("database_outage", 0.05),
    Act("recovery", 0.06),
)


@dataclass(frozen=True, slots=True)
class StressRequest:
    """What `rushhour stress` was asked for."""

    target: str
    url: str | None = None
    workers: int = 1
    scaled: bool = False
    load_scale: float = 1.0
    plants: tuple[str, ...] = ()
    production: bool = False
    production_faults: bool = False
    results: Path = Path("results")

    def act(self, act: Act) -> RunRequest:
        """Return what is asked of one scenario."""
        return RunRequest(
            scenario=act.scenario,
            target=self.target,
            url=self.url,
            workers=self.workers,
            time_scale=act.time_scale if self.scaled else 1.0,
            load_scale=self.load_scale if act.takes_load_scale else 1.0,
            plants=self.plants,
            pool=self._pool() if act.shrinks_pool else None,
            production=self.production,
            production_faults=self.production_faults,
            results=self.results,
        )

    def _pool(self) -> int | None:
        """Return the places that a small picture of the shop has; None where it is not small, or not ours to start."""
        sandbox = load_target(self.target).sandbox
        if not self.scaled or self.url is not None or self.load_scale >= 1 or sandbox is None or sandbox.pool is None:
            return None
        return max(1, round(sandbox.pool * self.load_scale))


def stress(request: StressRequest, store: Path, console: Console) -> tuple[Month, Path]:
    """Carry out the month and return it with the folder of its page; raise ScenarioError where it cannot be as it was asked for.

    A scenario that cannot be carried out is missing, and the others go on. Whoever stops a run stops the month with it.
    """
    for act in ACTS:  # every problem of every file and option, before hours of load
        plan_of(request.act(act))
    began = datetime.now(UTC)
    chapters: list[Chapter] = []
    missing: list[Missing] = []
    for number, act in enumerate(ACTS, start=1):
        console.print(f"\n[bold]{number} of {len(ACTS)}: {act.scenario}[/bold]", highlight=False)
        try:
            chapter = _played(request.act(act), store, console)
        except (TargetError, GeneratorError, RunDataError, ScenarioError) as error:
            if isinstance(error, ScenarioError) and number == 1:
                raise  # what was asked for cannot be: the others would say the same
            console.print(f"{act.scenario} was not carried out: {error}", highlight=False)
            missing.append(Missing(act.scenario, str(error)))
            continue
        chapters.append(chapter)
        if _stopped(chapter):
            missing += [Missing(left.scenario, "the month was stopped before it") for left in ACTS[number:]]
            break
    month = Month(tuple(chapters), tuple(missing))
    return month, write_month(month, request.results, began)


def _played(request: RunRequest, store: Path, console: Console) -> Chapter:
    judged = judge_folder(carry_out(request, console, read_target_back), store)
    write_verdict(judged)
    report = write_reports(judged)
    outcome = judged.verdict.outcome.value
    console.print(f"{outcome}: {judged.verdict.because[0]} ({report})", highlight=False, soft_wrap=True)
    return Chapter(judged.run, judged.verdict)


def _stopped(chapter: Chapter) -> bool:
    ended = chapter.run.manifest.ended
    return ended is not None and ended.reason == "interrupted"


def write_month(month: Month, results: Path, began: datetime) -> Path:
    """Write page, PDF and document of a month into a folder of its own beside the runs, and return that."""
    folder = results / f"stress-{began:%Y%m%dT%H%M%SZ}"
    made_at = began.isoformat(timespec="seconds")
    with written_into(folder):
        write_text(folder / PAGE, render_month(month, links(month, folder), made_at))
        write_bytes(folder / PDF, render_month_pdf(month, made_at))
        write_text(folder / DOCUMENT, json.dumps(as_document(month, made_at), indent=2, ensure_ascii=False) + "\n")
    return folder


def links(month: Month, folder: Path) -> Mapping[str, str]:
    """Return where the report of each run is, seen from a folder, by run id."""
    return {
        chapter.run.manifest.run_id: Path(os.path.relpath(chapter.run.folder / REPORT, folder)).as_posix()
        for chapter in month.chapters
    }


def show(month: Month, folder: Path, console: Console) -> None:
    """Print what the month comes to."""
    console.print(render_month_terminal(month, folder / PAGE))
