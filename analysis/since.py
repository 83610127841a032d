"""Accepted runs since the last acknowledged change: what was measured before it says nothing of what came after.

A change of one operation's latency takes that operation's latencies out of the runs before it; any other change (of all operations,
of a rate, of errors) takes out the whole stage.
"""

from collections.abc import Iterable, Sequence

from analysis.case import ALL
from records.acknowledgement import Acknowledgement, Answer
from records.baseline import Baseline, BaselineStage

LATENCY = "response_"  # how the names of latency metrics begin


def since_changes(baselines: Iterable[Baseline], answers: Sequence[Acknowledgement]) -> tuple[Baseline, ...]:
    """Return accepted runs without what lies before an acknowledged change of their target; `outdated` says what and why."""
    return tuple(_since(baseline, answers) for baseline in baselines)


def _since(baseline: Baseline, answers: Sequence[Acknowledgement]) -> Baseline:
    moment = baseline.started_at, baseline.run_id
    later = [
        answer
        for answer in answers
        if answer.answer is Answer.ACKNOWLEDGED and moment < (answer.started_at, answer.run_id)
    ]
    if not later:
        return baseline
    stages, reasons = [], []
    for stage in baseline.stages:
        mine = [answer for answer in later if answer.stage == stage.name]
        whole = [answer for answer in mine if _takes_all(answer)]
        if whole:
            reasons.append(f"stage {stage.name} lies before the change acknowledged at {_told(whole)}")
            continue
        stale = [answer for answer in mine if answer.operation in stage.operations]
        stages.append(_without(stage, {answer.operation for answer in stale}))
        reasons += [
            f"latencies of {name} in stage {stage.name} lie before the change acknowledged at {_told(answer for answer in stale if answer.operation == name)}"
            for name in sorted({answer.operation for answer in stale})
        ]
    return baseline.model_copy(update={"stages": tuple(stages), "outdated": tuple(reasons)})


def _takes_all(answer: Acknowledgement) -> bool:
    return answer.operation == ALL or not answer.metric.startswith(LATENCY)


def _without(stage: BaselineStage, names: set[str]) -> BaselineStage:
    """Return a stage in which some operations have no latencies; their counts stay, for the rate of all."""
    empty = {
        name: stage.operations[name].model_copy(update={"response_us": [], "service_us": []}) for name in sorted(names)
    }
    return stage.model_copy(update={"operations": {**stage.operations, **empty}})


def _told(answers: Iterable[Acknowledgement]) -> str:
    last = max(answers, key=lambda answer: (answer.started_at, answer.run_id))
    return f"{last.run_id} ({last.reason})"
