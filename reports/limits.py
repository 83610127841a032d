"""Which latency limit an operation has: read from the objectives of the run's plan."""

from records.run import Run
from scenarios.objectives import Metric, Objective, Scope


def latency_limit_us(run: Run, operation: str | None, metric: Metric = Metric.RESPONSE_P95) -> float | None:
    """Return the limit in us of an operation's percentile, its own before the general one; None where there is none.

    `operation` None: all operations together.
    """
    objectives = [objective for objective in run.manifest.plan.objectives.objective if objective.metric is metric]
    return next((objective.limit * 1e6 for objective in objectives if _applies_alone(objective, operation)), None) or (
        next((objective.limit * 1e6 for objective in objectives if _applies_generally(objective, operation)), None)
    )


def _applies_alone(objective: Objective, operation: str | None) -> bool:
    return operation is not None and operation in objective.operations


def _applies_generally(objective: Objective, operation: str | None) -> bool:
    if objective.operations:
        return False
    return objective.scope is (Scope.TOGETHER if operation is None else Scope.EACH)
