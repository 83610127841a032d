"""The second stage of a run: where the first one alerts, fresh runs are made beside it, and all are judged together."""

import random
import zlib
from dataclasses import replace
from pathlib import Path

from rich.console import Console

from analysis.two_stage_judge import sickness
from loadgen.errors import GeneratorError, TargetError
from records.errors import RunDataError
from records.manifest import Rerun
from records.manifest_file import read_manifest
from records.reruns import RERUNS, Build, Reruns, Turn, write_reruns
from records.run import read_run
from rushhour.run import Audit, RunRequest, carry_out
from rushhour.verdicts import Judged, judge_folder, write_verdict

TRIES = 2  # of each rerun: one that is invalid says nothing and is made again, once


def go_on(request: RunRequest, folder: Path, store: Path, console: Console, audit: Audit) -> Judged:
    """Return the judged run of `folder`, once the reruns that its alert asks for are made; the first verdict is written before them.

    However the reruns end, the first run stays judged: inconclusive, and why. Raise RunDataError where a folder is damaged.
    """
    judged = judge_folder(folder, store)
    two_stage = judged.verdict.two_stage
    if two_stage is None or not two_stage.missing or (folder / RERUNS).exists():
        return judged
    write_verdict(judged)
    length_s = judged.run.manifest.plan.duration_s
    console.print(
        f"\n[bold]The first run alerts[/bold]: {two_stage.alert}. Making {two_stage.missing} fresh reruns of {length_s:,.0f} s each.",
        highlight=False,
    )
    make_reruns(request, folder, two_stage.alert, two_stage.missing, console, audit)
    return judge_folder(folder, store)


def make_reruns(request: RunRequest, folder: Path, alert: str, count: int, console: Console, audit: Audit) -> Reruns:
    """Make `count` reruns, and as many of the build before where it is known, in random order; each on a fresh target.

    `reruns.json` in the first run's folder says at any moment what was made.
    """
    seed = zlib.crc32(folder.name.encode())  # another order for each run, the same when it is asked for again
    builds: list[Build] = ["new"] * count
    builds += ["old"] * count if request.baseline_target is not None else []
    random.Random(seed).shuffle(builds)
    reruns = Reruns(because=alert, seed=seed, turns=tuple(Turn(build=build) for build in builds))
    write_reruns(folder, reruns)
    starts = 0
    for place, build in enumerate(builds):
        which = "" if build == "new" else ", of the build before"
        console.print(f"\n[bold]Rerun {place + 1} of {len(builds)}[/bold]{which}", highlight=False)
        for _ in range(TRIES):
            starts += 1
            asked = _request(request, Rerun(of=folder.name, turn=place + 1, build=build), starts)
            try:
                made = carry_out(asked, console, audit)
            except (TargetError, GeneratorError, RunDataError) as error:
                return _ended(folder, reruns, "failed", str(error))
            reruns = _with_run(reruns, place, made.name)
            write_reruns(folder, reruns)
            ended = read_manifest(made).ended
            if ended is not None and ended.reason == "interrupted":
                return _ended(folder, reruns, "interrupted", ended.detail)
            sick = sickness(read_run(made))
            if not sick:
                break
            console.print(f"invalid, so it says nothing: {sick}", highlight=False, soft_wrap=True)
    return _ended(folder, reruns, "completed", "")


def _request(request: RunRequest, rerun: Rerun, starts: int) -> RunRequest:
    base = request.of_old_build() if rerun.build == "old" else request
    assert base is not None, "there is a turn of the old build only where it is known"
    return replace(base, baseline_target=None, rerun=rerun, fresh=starts)


def _with_run(reruns: Reruns, place: int, run_id: str) -> Reruns:
    turn = reruns.turns[place]
    turn = turn.model_copy(update={"run_ids": (*turn.run_ids, run_id)})
    return reruns.model_copy(update={"turns": (*reruns.turns[:place], turn, *reruns.turns[place + 1 :])})


def _ended(folder: Path, reruns: Reruns, how: str, detail: str) -> Reruns:
    done = reruns.model_copy(update={"ended": how, "detail": detail})
    write_reruns(folder, done)
    return done
