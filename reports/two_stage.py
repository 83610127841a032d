"""The two stages of a run as they are shown: why the first run alerted, which runs stand beside it, and on how many it was decided."""

from dataclasses import dataclass

from analysis.verdict import Verdict
from reports import wording

HEAD = ("Run", "Build", "Counts", "Why not")
BUILD_WORD = {"new": "this build", "old": "the build before"}


@dataclass(frozen=True, slots=True)
class RunRow:
    """One run of the decision as shown."""

    run_id: str
    build: str
    css: str
    counts: str
    because: str


def told(verdict: Verdict) -> str:
    """Return the two stages in one sentence, "" of a run that had only one."""
    return "" if verdict.two_stage is None else wording.sentence(wording.plain(verdict.two_stage.told, 800))


def in_short(verdict: Verdict) -> str:
    """Return the same with on how many runs first, for a line that may be cut; "" of a run that had only one stage."""
    found = verdict.two_stage
    if found is None:
        return ""
    decided = "not decided" if found.missing else f"decided on {wording.counted(found.decided_on, 'run')}"
    return wording.sentence(wording.plain(f"{decided}; the first one alerted because {found.alert}", 800))


def run_rows(verdict: Verdict) -> list[RunRow]:
    """Return the first run and those beside it, in the order of the verdict; none where there was one stage only."""
    runs = () if verdict.two_stage is None else verdict.two_stage.runs
    return [
        RunRow(
            run_id=wording.plain(use.run_id),
            build=f"{BUILD_WORD[use.build]}{'' if place else ', the first run'}",
            css="pass" if use.counted else "unknown",
            counts="✓ counts" if use.counted else "– does not count",
            because=wording.sentence(wording.plain(use.because, 300)),
        )
        for place, use in enumerate(runs)
    ]
