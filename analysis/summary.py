"""A run as a baseline: what later runs are compared with."""

from analysis.bootstrap import quantile_variances
from analysis.case import ALL
from analysis.errors import error_dispersion
from analysis.figures import listed
from analysis.key import stage_key
from analysis.measure import LATENCIES, QUANTILES
from analysis.observed import Observed, observe
from analysis.reach import demand_s, reached
from analysis.validity import judge_generator
from analysis.warm_up import settled
from records.baseline import Baseline, BaselineOperation, BaselineStage
from records.errors import RunDataError
from records.run import Run


def accept(run: Run, reason: str = "") -> Baseline:
    """Return the summary of a run's measured stages; raise RunDataError where it must not be a baseline.

    Refused: a run that did not complete, an invalid one, and one with planted defects.
    """
    plan, ended = run.manifest.plan, run.manifest.ended
    if ended is None or ended.reason != "completed":
        how = "has no end (killed, or still under way)" if ended is None else f"was {ended.reason}"
        raise RunDataError(f"{run.folder}: the run {how}; expected a completed one, it cannot be a baseline")
    stages = [observe(run, stage) for stage in plan.stages if stage.is_measured]
    judged = [observed for observed in stages if observed.stage.is_judged]
    sick = [check.because for check in judge_generator(run, judged) if not check.healthy]
    if sick:
        raise RunDataError(
            f"{run.folder}: the measurement is invalid ({listed(sick, 2)}); expected a valid one, it cannot be a baseline"
        )
    if run.manifest.plants:
        raise RunDataError(
            f"{run.folder}: the target had planted defects ({', '.join(run.manifest.plants)}); expected the target as it is, it cannot be a baseline"
        )
    return summarised(run, reason)


def summarised(run: Run, reason: str = "") -> Baseline:
    """Return the summary of a run's measured stages, whatever the run is worth."""
    plan = run.manifest.plan
    stages = [observe(run, stage) for stage in plan.stages if stage.is_measured]
    return Baseline(
        run_id=run.manifest.run_id,
        scenario=plan.scenario,
        target=plan.target.name,
        started_at=run.manifest.started_at,
        commit=run.manifest.commit,
        target_build=run.manifest.target_build,
        reason=reason,
        stages=tuple(_stage(run, settled(observed, plan.time_scale)) for observed in stages),
    )


def _stage(run: Run, observed: Observed) -> BaselineStage:
    """Return one stage. Its length is that of its whole seconds: what rates are divided by."""
    used = [name for index, name in enumerate(observed.names) if observed.outcomes[:, index].any()]
    return BaselineStage(
        name=observed.stage.name,
        key=stage_key(run.manifest, observed.stage),
        duration_s=float(observed.seconds),
        operations={name: _operation(run, observed, name) for name in sorted(used)},
        reached=reached(run, observed),
        demand_s=demand_s(run, observed)[0],
        error_dispersion=round(error_dispersion(observed, ALL), 6),
    )


def _operation(run: Run, observed: Observed, name: str) -> BaselineOperation:
    variances = quantile_variances(observed, name, QUANTILES, run.manifest.plan.time_scale)
    outcomes = observed.outcome_counts([name])
    return BaselineOperation(
        response_us=observed.histogram([name]).sparse(),
        service_us=run.service(observed.first, observed.end, [name]).sparse(),
        outcomes={outcome.value: count for outcome, count in outcomes.items() if count},
        within_run_variance={
            measure.name: round(variance, 12) for measure, variance in zip(LATENCIES, variances, strict=True)
        },
        error_dispersion=round(error_dispersion(observed, name), 6),
    )
