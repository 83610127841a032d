"""What a climb shows: how far everything held, what broke first, whether that stands, whether the target came back by itself."""

from collections.abc import Sequence

from analysis.cause import Cause, cause_of
from analysis.evidence import Evidence
from analysis.figures import milliseconds, number, percent
from analysis.staircase import Confirmation, Recovery
from analysis.verdict import Priority, StageSummary
from scenarios.scenario import StageKind
from scenarios.staircase import BISECT, CONFIRM

MIN_WATCHED_S = 60.0  # what was queued in an overload takes its time to drain; sooner nobody would call it stuck

Told = tuple[Priority, str, str, Cause]  # priority, symptom, evidence, likely cause


def climb_findings(evidence: Evidence) -> list[Told]:
    """Return what there is to say of a run with steps, nothing of one without."""
    return [*_metastable(evidence), *_unconfirmed(evidence), *_steps(evidence)]


def _steps(evidence: Evidence) -> list[Told]:
    """Return how far the objectives held."""
    climb = sorted(_measured(evidence), key=lambda stage: (stage.level, stage.start_s))
    if not any(stage.kind == StageKind.STEP.value for stage in climb):
        return []
    broken = next((stage for stage in climb if stage.objectives_held is not True), None)
    before = climb if broken is None else climb[: climb.index(broken)]
    rates = _rates(climb, len(before))
    if not before:
        symptom = f"No level held all objectives; level {number(climb[0].level)}: {climb[0].because}"
        return [(Priority.MEDIUM, symptom, rates, cause_of("load"))]
    last = before[-1]
    reached = f"All objectives held up to level {number(last.level)} ({number(last.request_rate_per_s)} requests per s)"
    if broken is None:
        symptom = f"{reached}, the highest step: no breaking point in range"
        return [(Priority.LOW, symptom, rates, cause_of("no_breaking_point"))]
    if broken.objectives_held is None:
        symptom = f"{reached}; level {number(broken.level)} cannot be told: {broken.because}"
        return [(Priority.LOW, symptom, rates, cause_of("void_step"))]
    symptom = f"{reached}; first to break at level {number(broken.level)}: {broken.because}"
    return [(Priority.LOW, symptom, f"{_knee(evidence)}{rates}", _used_up(evidence))]


def _rates(climb: Sequence[StageSummary], held: int) -> str:
    """Return what the steps that tell the most came to: the ends of the climb, and those before and behind the break; the first `held` held."""
    shown = [stage for index, stage in enumerate(climb) if index in {0, held - 1, held, len(climb) - 1}]
    told = "; ".join(_step(stage) for stage in shown)
    return told if len(shown) == len(climb) else f"{told}; {len(climb)} levels in all"


def _measured(evidence: Evidence) -> list[StageSummary]:
    """Return the levels that were tried: not the confirmation, nor steps in the middle that were void and made again."""
    return [
        stage
        for stage in evidence.stages
        if stage.kind in {StageKind.STEADY.value, StageKind.STEP.value}
        and stage.name != CONFIRM
        and not (stage.name.startswith(BISECT) and stage.objectives_held is None)
    ]


def _knee(evidence: Evidence) -> str:
    """Return the breaking point as the beginning of a sentence, "" where there is none."""
    found = evidence.exhaustion
    if found is None or found.breaking_per_s is None or found.bracket is None:
        return ""
    low, high = (number(end) for end in found.bracket)
    stands = "" if found.confirmation is None else f", {in_words(found.confirmation)}"
    return f"it breaks at {number(found.breaking_per_s)} sessions per s (between {low} and {high}; {found.because}{stands}); "


def _used_up(evidence: Evidence) -> Cause:
    """Return what was used up as the likely cause, where the probes saw it."""
    found = evidence.exhaustion
    if found is None or found.bottleneck is None:
        return cause_of("load")
    return Cause(
        f"the {found.bottleneck} was used up: {found.bottleneck_because}",
        "give the target more of it, or make requests need less of it, then climb again: the breaking point should move with it",
        "more of it, and the same breaking point",
    )


def in_words(found: Confirmation) -> str:
    """Return whether a breaking point stands as a sentence part."""
    if found.step is None or found.share is None:
        return f"not confirmed: {found.because}"
    held = f"{percent(found.share)} of it for {number(found.hold_s)} s"
    match found.confirmed:
        case True:
            return f"confirmed: {held} held"
        case False:
            return f"not confirmed: {held} did not hold, {found.because}"
        case None:
            return f"not confirmed: whether {held} held cannot be told, {found.because}"


def _unconfirmed(evidence: Evidence) -> list[Told]:
    """Return a finding where the hold a little below the breaking point broke."""
    found = None if evidence.exhaustion is None else evidence.exhaustion.confirmation
    if found is None or found.step is None or found.confirmed is not False:
        return []
    symptom = f"The breaking point is {in_words(found)}"
    told = f"{number(found.step.offered_per_s)} sessions per s offered, {number(found.step.request_rate_per_s)} requests per s"
    return [(Priority.MEDIUM, symptom, told, cause_of("unconfirmed"))]


def _metastable(evidence: Evidence) -> list[Told]:
    """Return a finding where the target did not recover with the load still on."""
    found = evidence.exhaustion
    ways_back = () if found is None else (found.overload, found.recovery)
    return [_stuck(back) for back in ways_back if back is not None and _is_stuck(back)][:1]


def _is_stuck(back: Recovery) -> bool:
    return back.recovered_s is None and back.watched_s >= MIN_WATCHED_S


def _stuck(back: Recovery) -> Told:
    symptom = f"After it broke the target did not recover by itself: {back.because}"
    told = f"at level {number(back.level)}, which it carried before the climb"
    return Priority.HIGH, symptom, told, cause_of("metastable")


def _step(stage: StageSummary) -> str:
    word = {True: "held", False: "missed", None: "cannot tell"}[stage.objectives_held]
    p95 = "" if stage.response_us_p95 is None else f", p95 {milliseconds(stage.response_us_p95)}"
    return f"level {number(stage.level)}: {number(stage.request_rate_per_s)} per s{p95}, {word}"
