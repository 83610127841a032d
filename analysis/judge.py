"""From a run and the accepted runs to the verdict. The same input gives the same bytes."""

from collections.abc import Sequence

from analysis.audit.judge import judge_audit
from analysis.comparison import ANCHOR, LAST, compare
from analysis.decision import decide
from analysis.evidence import Evidence
from analysis.exhaustion import exhaust
from analysis.finding import findings
from analysis.funnel import funnel
from analysis.imported import as_far_as_known, compared_as_far_as_known, invariants_of
from analysis.objective import judge_objectives
from analysis.observed import Observed, observe
from analysis.probed import probed
from analysis.refusal import refusals_of
from analysis.rerun import reruns_wanted
from analysis.resilience import AuditCounts, resilience, summaries
from analysis.resilience_objective import judge_resilience
from analysis.stage import summarise
from analysis.steady import steadiness
from analysis.validity import judge_generator
from analysis.verdict import InvariantResult, ObjectiveOutcome, Resilience, Verdict
from analysis.waiting import target_kept_everybody_waiting
from analysis.warm_up import settled
from records.baseline import Baseline
from records.run import Run


def judge(run: Run, baselines: Sequence[Baseline], others: Sequence[Run] = ()) -> Verdict:
    """Return the verdict on a run, held against its objectives and the accepted runs with the same key.

    `others` are reruns of the same build: the comparisons stand on all of them, everything else on `run` alone.
    """
    return conclude(gather(run, baselines, others))


def conclude(evidence: Evidence) -> Verdict:
    """Return the verdict that the evidence comes to."""
    outcome, because = decide(evidence)
    run = evidence.run
    plan = run.manifest.plan
    return Verdict(
        run_id=run.manifest.run_id,
        scenario=plan.scenario,
        target=plan.target.name,
        outcome=outcome,
        because=because,
        objectives=evidence.objectives,
        comparisons=tuple(row for row in evidence.comparisons if row.against == LAST),
        anchored=tuple(row for row in evidence.comparisons if row.against == ANCHOR),
        runs=evidence.runs,
        reruns=evidence.reruns,
        invariants=evidence.invariants,
        generator=evidence.checks,
        findings=findings(evidence),
        stages=evidence.stages,
        funnel=funnel(run),
        baseline=evidence.use,
        resilience=Resilience(evidence.resilience, summaries(evidence.resilience)),
        probes=evidence.probes,
        exhaustion=evidence.exhaustion,
        steadiness=tuple(steadiness(observed, plan.time_scale) for observed in evidence.judged),
    )


def gather(run: Run, baselines: Sequence[Baseline], others: Sequence[Run] = ()) -> Evidence:
    """Return everything that the verdict stands on."""
    stages = tuple(observe(run, stage) for stage in run.manifest.plan.stages)
    judged = tuple(observed for observed in stages if observed.stage.is_judged)
    imported = run.manifest.imported
    objectives = tuple(as_far_as_known(imported, row) for row in judge_objectives(run, judged))
    invariants = tuple(invariants_of(imported, row) for row in judge_audit(run))
    injections = resilience(run, _audited(invariants))
    compared = compare(run, without_warm_up(run, judged), baselines, others)
    return Evidence(
        run=run,
        judged=judged,
        checks=judge_generator(run, judged),
        objectives=(*objectives, *judge_resilience(run.manifest.plan, injections)),
        comparisons=tuple(
            compared_as_far_as_known(imported, row) for row in (*compared.comparisons, *compared.anchored)
        ),
        use=compared.use,
        runs=compared.runs,
        reruns=reruns_wanted(compared),
        invariants=invariants,
        refusals=refusals_of(judged),
        waiting=tuple(observed.stage.name for observed in judged if target_kept_everybody_waiting(run, observed)),
        stages=summarise(run, stages, objectives),
        resilience=injections,
        probes=probed(run, stages),
        exhaustion=exhaust(run, stages),
    )


def judged_stages(run: Run) -> tuple[Observed, ...]:
    """Return what the stages saw that objectives apply to."""
    return tuple(observe(run, stage) for stage in run.manifest.plan.stages if stage.is_judged)


def without_warm_up(run: Run, stages: Sequence[Observed]) -> list[Observed]:
    """Return stages of a run as comparisons look at them."""
    return [settled(observed, run.manifest.plan.time_scale) for observed in stages]


def _audited(invariants: Sequence[InvariantResult]) -> AuditCounts:
    """Return what the audit found of writes that were acknowledged and lost, and of those that happened twice."""
    found = {row.name: row.violations for row in invariants if row.outcome is not ObjectiveOutcome.NOT_MEASURED}
    twice = [found[name] for name in ("no_double_booking", "no_double_charge") if name in found]
    return AuditCounts(acknowledged_lost=found.get("bookings_kept"), duplicates=sum(twice) if twice else None)
