"""From a first run, and the reruns that its alert asked for, to one verdict. See docs/verdict.md, "The weekly run in two stages".

One run alone alerts easily, and then it never decides: until three runs are there the verdict is inconclusive, and says why.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from analysis.comparison import Compared, compare
from analysis.decision import decide
from analysis.evidence import Evidence
from analysis.figures import counted, listed
from analysis.judge import conclude, gather, judged_stages, without_warm_up
from analysis.objective import in_words as objective_in_words
from analysis.rerun import RUNS_THAT_DECIDE
from analysis.same_day import against_the_old_build
from analysis.two_stage import RunUse, TwoStage
from analysis.validity import judge_generator
from analysis.verdict import NO_RERUNS, ComparisonResult, Gate, ObjectiveResult, Outcome, Reruns, Statement, Verdict
from records.baseline import Baseline
from records.run import Run


@dataclass(frozen=True, slots=True)
class Beside:
    """The runs beside a first run, of its own build and of the one before, in the order in which they were made.

    `ended` says how making them ended: `completed`, `interrupted`, `failed` (`detail`: why), None where it has no end.
    `lost` names runs whose folders are not there any more; `begun` tells whether anybody set out to make any.
    """

    alert: str
    begun: bool = False
    new: tuple[Run, ...] = ()
    old: tuple[Run, ...] = ()
    lost: tuple[str, ...] = ()
    ended: str | None = None
    detail: str = ""


def judge_in_two_stages(run: Run, baselines: Sequence[Baseline], beside: Beside | None = None) -> Verdict:
    """Return the verdict on a run, with its reruns where its scenario has them and it alerted; the same input gives the same bytes."""
    first = gather(run, baselines)
    alert = first.reruns.because if beside is None else beside.alert
    if not run.manifest.plan.comparison.reruns or not alert or fails_anyway(first):
        return conclude(first)
    made = beside or Beside(alert)
    compared = compare(run, without_warm_up(run, first.judged), baselines, made.new)
    uses = _uses(run, made, compared)
    missing = max(0, RUNS_THAT_DECIDE - compared.candidates)
    decide_on = _undecided if missing else _decided
    evidence, outcome, because, told = decide_on(first, compared, made, uses)
    return replace(
        conclude(evidence),
        outcome=outcome,
        because=because,
        reruns=Reruns(missing, alert),
        two_stage=TwoStage(alert, uses, compared.candidates, missing, told),
    )


Decision = tuple[Evidence, Outcome, tuple[str, ...], str]  # what it stands on, what it is and why, and in one sentence


def _undecided(first: Evidence, compared: Compared, made: Beside, uses: Sequence[RunUse]) -> Decision:
    """Return the first run's own verdict without a word on regressions, and why there is none."""
    missing = RUNS_THAT_DECIDE - compared.candidates
    told = (
        f"one run alone does not decide, {counted(missing, 'more run')} would; {_why_missing(made, uses)}; "
        f"the first run alerted because {made.alert}"
    )
    evidence = replace(first, comparisons=tuple(undecided(row) for row in first.comparisons))
    return evidence, *_with(decide(evidence), Outcome.INCONCLUSIVE, [told]), told


def _decided(first: Evidence, compared: Compared, made: Beside, uses: Sequence[RunUse]) -> Decision:
    """Return the verdict of the second stage."""
    reruns = [rerun for rerun in made.new if rerun.manifest.run_id in compared.runs]
    sound = {use.run_id for use in uses if use.counted}
    old = [rerun for rerun in made.old if rerun.manifest.run_id in sound]
    rows = against_the_old_build(
        (*compared.comparisons, *compared.anchored), [without_warm_up(one, judged_stages(one)) for one in old]
    )
    evidence = replace(first, comparisons=rows, use=compared.use, runs=compared.runs, reruns=NO_RERUNS)
    outcome, because = _with_reruns(decide(evidence), reruns)
    beside = f" and {counted(len(old), 'run')} of the build before" if old else ""
    told = (
        f"the first run alerted because {made.alert}; {counted(len(reruns), 'rerun')}{beside}; "
        f"decided on {counted(compared.candidates, 'run')}"
    )
    return evidence, outcome, (*because, told), told


def fails_anyway(evidence: Evidence) -> bool:
    """Tell whether a run fails, or says nothing at all, whatever its comparisons say: reruns would not change that."""
    outcome, _ = decide(replace(evidence, comparisons=()))
    return outcome in {Outcome.FAIL, Outcome.INVALID}


def sickness(run: Run) -> str:
    """Return why a run's measurement is not to be trusted, "" where it is."""
    return listed([check.because for check in judge_generator(run, judged_stages(run)) if not check.healthy], 1)


def undecided(row: ComparisonResult) -> ComparisonResult:
    """Return a row of one run that alerted: what would be a regression of a decided run is not told yet."""
    if row.gate is not Gate.FAIL and row.statement is not Statement.REGRESSED:
        return row
    gate = Gate.INCONCLUSIVE if row.gate is Gate.FAIL else row.gate
    because = "beyond what runs of the same code show, but one run alone does not decide"
    return replace(row, statement=Statement.CANNOT_TELL, gate=gate, because=because)


def _uses(run: Run, made: Beside, compared: Compared) -> tuple[RunUse, ...]:
    """Return the first run, and each run beside it with why it does not count."""
    left_out = dict(line.split(": ", 1) for line in compared.use.left_out if ": " in line)
    found = [RunUse(run.manifest.run_id, "new", counted=True, because="")]
    for rerun in made.new:
        run_id = rerun.manifest.run_id
        counts = run_id in compared.runs
        found.append(RunUse(run_id, "new", counts, "" if counts else left_out.get(run_id, "it was not compared")))
    for rerun in made.old:
        sick = sickness(rerun)
        found.append(RunUse(rerun.manifest.run_id, "old", not sick, sick))
    return tuple(found)


def _why_missing(made: Beside, uses: Sequence[RunUse]) -> str:
    reruns = [use for use in uses[1:] if use.build == "new"]
    there = f"{sum(use.counted for use in reruns)} of {RUNS_THAT_DECIDE - 1} reruns count"
    why = [f"{use.run_id}: {use.because}" for use in reruns if not use.counted]
    why += [f"{run_id}: its folder is not there" for run_id in made.lost]
    match made.ended:
        case None:
            begun = "its reruns have no end (killed, or still under way)" if made.begun else "no rerun was made"
        case "interrupted":
            begun = "its reruns were stopped by hand"
        case "failed":
            begun = f"its reruns could not all be made ({made.detail})"
        case _:
            begun = "its reruns were made"
    return f"{begun}: {there}" + (f" ({listed(why, 2)})" if why else "")


# What the reruns say beside the comparisons.


def _with_reruns(decided: tuple[Outcome, tuple[str, ...]], reruns: Sequence[Run]) -> tuple[Outcome, tuple[str, ...]]:
    """Return the outcome with what the reruns broke or missed.

    A broken invariant is a fact in whichever run it is seen. An objective that the first run held and most reruns missed is
    missed; one that a single rerun missed is open.
    """
    found = [gather(rerun, ()) for rerun in reruns]
    broken = [
        f"Broken in the rerun {evidence.run.manifest.run_id}: {row.title[0].lower()}{row.title[1:]}: {row.because}"
        for evidence in found
        for row in evidence.broken
    ]
    missed: dict[tuple[str, str | None, str | None], list[ObjectiveResult]] = {}
    for row in (row for evidence in found for row in evidence.missed):
        missed.setdefault((row.name, row.stage, row.operation), []).append(row)
    often = [f"{objective_in_words(rows[0])}, missed in {counted(len(rows), 'rerun')}"
             for rows in missed.values() if 2 * len(rows) > len(found)]  # fmt: skip
    once = [f"{objective_in_words(rows[0])}, missed in one run of {len(found) + 1}"
            for rows in missed.values() if 2 * len(rows) <= len(found)]  # fmt: skip
    if broken or often:
        return _with(decided, Outcome.FAIL, [*broken, *often])
    return _with(decided, Outcome.INCONCLUSIVE, once) if once else decided


def _with(
    decided: tuple[Outcome, tuple[str, ...]], outcome: Outcome, causes: Sequence[str]
) -> tuple[Outcome, tuple[str, ...]]:
    """Return a decision with further causes of an outcome, before its own; of two outcomes the graver one stays with its causes."""
    before, because = decided
    if before is outcome:
        return outcome, (*causes, *because)
    graver = [Outcome.PASS, Outcome.INCONCLUSIVE, Outcome.FAIL, Outcome.INVALID]
    return (before, because) if graver.index(before) > graver.index(outcome) else (outcome, tuple(causes))
