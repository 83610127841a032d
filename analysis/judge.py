"""From a run and the accepted runs to the verdict. The same input gives the same bytes."""

from collections.abc import Sequence

from analysis.audit.judge import judge_audit
from analysis.comparison import compare
from analysis.decision import decide
from analysis.evidence import Evidence
from analysis.exhaustion import exhaust
from analysis.finding import findings
from analysis.funnel import funnel
from analysis.imported import as_far_as_known, compared_as_far_as_known, invariants_of
from analysis.objective import judge_objectives
from analysis.observed import observe
from analysis.probed import probed
from analysis.refusal import refusals_of
from analysis.resilience import AuditCounts, resilience, summaries
from analysis.resilience_objective import judge_resilience
from analysis.stage import summarise
from analysis.validity import judge_generator
from analysis.verdict import InvariantResult, ObjectiveOutcome, Resilience, Verdict
from analysis.waiting import target_kept_everybody_waiting
from records.baseline import Baseline
from records.run import Run


def judge(run: Run, baselines: Sequence[Baseline]) -> Verdict:
    """Return the verdict on a run, held against its objectives and the accepted runs with the same key."""
    evidence = gather(run, baselines)
    outcome, because = decide(evidence)
    plan = run.manifest.plan
    return Verdict(
        run_id=run.manifest.run_id,
        scenario=plan.scenario,
        target=plan.target.name,
        outcome=outcome,
        because=because,
        objectives=evidence.objectives,
        comparisons=evidence.comparisons,
        invariants=evidence.invariants,
        generator=evidence.checks,
        findings=findings(evidence),
        stages=evidence.stages,
        funnel=funnel(run),
        baseline=evidence.use,
        resilience=Resilience(evidence.resilience, summaries(evidence.resilience)),
        probes=evidence.probes,
        exhaustion=evidence.exhaustion,
    )


def gather(run: Run, baselines: Sequence[Baseline]) -> Evidence:
    """Return everything that the verdict stands on."""
    stages = tuple(observe(run, stage) for stage in run.manifest.plan.stages)
    judged = tuple(observed for observed in stages if observed.stage.is_judged)
    imported = run.manifest.imported
    objectives = tuple(as_far_as_known(imported, row) for row in judge_objectives(run, judged))
    invariants = tuple(invariants_of(imported, row) for row in judge_audit(run))
    injections = resilience(run, _audited(invariants))
    compared = compare(run, judged, baselines)
    return Evidence(
        run=run,
        judged=judged,
        checks=judge_generator(run, judged),
        objectives=(*objectives, *judge_resilience(run.manifest.plan, injections)),
        comparisons=tuple(compared_as_far_as_known(imported, row) for row in compared.comparisons),
        use=compared.use,
        invariants=invariants,
        refusals=refusals_of(judged),
        waiting=tuple(observed.stage.name for observed in judged if target_kept_everybody_waiting(run, observed)),
        stages=summarise(run, stages, objectives),
        resilience=injections,
        probes=probed(run, stages),
        exhaustion=exhaust(run, stages),
    )


def _audited(invariants: Sequence[InvariantResult]) -> AuditCounts:
    """Return what the audit found of writes that were acknowledged and lost, and of those that happened twice."""
    found = {row.name: row.violations for row in invariants if row.outcome is not ObjectiveOutcome.NOT_MEASURED}
    twice = [found[name] for name in ("no_double_booking", "no_double_charge") if name in found]
    return AuditCounts(acknowledged_lost=found.get("bookings_kept"), duplicates=sum(twice) if twice else None)
