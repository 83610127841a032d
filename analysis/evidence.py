"""Everything that a verdict stands on, gathered once: what `decision` weighs and `finding` explains."""

from dataclasses import dataclass

from analysis.observed import Observed
from analysis.refusal import Refusal
from analysis.staircase import Exhaustion
from analysis.verdict import (
    NO_RERUNS,
    BaselineUse,
    ComparisonResult,
    GeneratorCheck,
    InvariantResult,
    ObjectiveOutcome,
    ObjectiveResult,
    ProbeFigure,
    Reruns,
    ResilienceResult,
    StageSummary,
    Statement,
)
from analysis.verdict import Gate as ComparisonGate
from records.run import Run
from scenarios.objectives import Metric

AVAILABILITY = frozenset({Metric.ERROR_RATIO.value, Metric.UPTIME_RATIO.value, Metric.PAYMENT_SUCCESS_RATIO.value})
SESSION = frozenset({Metric.BOOKING_COMPLETION_RATIO.value, Metric.PAYMENT_SUCCESS_RATIO.value})


@dataclass(frozen=True, slots=True)
class Evidence:
    """`judged` are the judged stages; `waiting` the names of those in which the target kept the users waiting."""

    run: Run
    judged: tuple[Observed, ...]
    checks: tuple[GeneratorCheck, ...]
    objectives: tuple[ObjectiveResult, ...]
    comparisons: tuple[ComparisonResult, ...]
    use: BaselineUse
    invariants: tuple[InvariantResult, ...]
    refusals: tuple[Refusal, ...]
    waiting: tuple[str, ...]
    stages: tuple[StageSummary, ...]
    resilience: tuple[ResilienceResult, ...] = ()
    probes: tuple[ProbeFigure, ...] = ()
    exhaustion: Exhaustion | None = None
    runs: tuple[str, ...] = ()
    reruns: Reruns = NO_RERUNS

    @property
    def sick(self) -> tuple[GeneratorCheck, ...]:
        """Return the failed checks of the generator."""
        return tuple(check for check in self.checks if not check.healthy)

    @property
    def aborted(self) -> str:
        """Return which abort rule ended the run, when, and what was seen; "" where none did."""
        ended = self.run.manifest.ended
        return ended.detail if ended is not None and ended.reason == "aborted" else ""

    @property
    def broken(self) -> tuple[InvariantResult, ...]:
        """Return the broken invariants."""
        return tuple(row for row in self.invariants if row.outcome is ObjectiveOutcome.FAIL)

    @property
    def unseen(self) -> tuple[InvariantResult, ...]:
        """Return the invariants that reading the target back should have settled, and did not."""
        readback = self.run.readback
        if readback is not None and readback.end is not None and readback.end.complete:
            return ()
        return tuple(row for row in self.invariants if row.outcome is ObjectiveOutcome.NOT_MEASURED)

    @property
    def missed(self) -> tuple[ObjectiveResult, ...]:
        """Return the objectives that fail the run: not those on sessions where the target turned the sessions away."""
        return tuple(
            row
            for row in self.objectives
            if row.outcome is ObjectiveOutcome.FAIL and not (self.refusals and row.metric in SESSION)
        )

    @property
    def regressed(self) -> tuple[ComparisonResult, ...]:
        """Return the regressions that fail the run: not those of rates where the target turned requests away."""
        return tuple(
            row
            for row in self.comparisons
            if row.gate is ComparisonGate.FAIL
            and row.statement is Statement.REGRESSED
            and not (self.refusals and row.metric == "rate")
        )

    def order_of(self, stage: str | None) -> tuple[float, float]:
        """Return a stage's place: lower levels first, then earlier ones; what belongs to no stage last."""
        for planned in self.run.manifest.plan.stages:
            if planned.name == stage:
                return planned.level, planned.start_s
        return float("inf"), float("inf")
