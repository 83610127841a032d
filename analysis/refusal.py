"""Requests that the target refused to serve for a reason of its own: a rate limiter, or an API of another shape.

Over 1 % of them the journeys did not do what customers do, so that what was measured is not the product.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from analysis.figures import counted, percent
from analysis.observed import Observed
from records.window import Outcome

MAX_REFUSED_RATIO = 0.01  # a customer in a hundred sent away changes the mix, and flatters the latencies of the rest


@dataclass(frozen=True, slots=True)
class Refusal:
    """One kind of refusal over the judged stages, and the operation that it struck most."""

    kind: Outcome
    count: int
    attempts: int
    operation: str
    operation_count: int
    operation_attempts: int

    @property
    def ratio(self) -> float:
        """Return the share of all attempts."""
        return self.count / self.attempts

    def in_words(self) -> str:
        """Return what happened, as one sentence part."""
        share = f"{percent(self.ratio)} of {counted(self.attempts, 'request')}"
        worst = f"most in {self.operation} ({self.operation_count:,} of {self.operation_attempts:,})"
        if self.kind is Outcome.RATE_LIMITED:
            return f"the target's rate limiter refused {share} (429), {worst}"
        return f"the target refused {share} as wrong (4xx), {worst}"


def refusals_of(stages: Sequence[Observed]) -> tuple[Refusal, ...]:
    """Return the kinds of refusal that are over 1 % of the attempts of the judged stages, the rate limiter first."""
    found = (_refusal(kind, stages) for kind in (Outcome.RATE_LIMITED, Outcome.CLIENT_ERROR))
    return tuple(refusal for refusal in found if refusal is not None and refusal.ratio > MAX_REFUSED_RATIO)


def _refusal(kind: Outcome, stages: Sequence[Observed]) -> Refusal | None:
    struck: dict[str, tuple[int, int]] = {}
    for observed in stages:
        for operation in observed.operations:
            counts = observed.outcome_counts([operation])
            before = struck.get(operation, (0, 0))
            tried = sum(counts.values()) - counts[Outcome.ABORTED]
            struck[operation] = (before[0] + counts[kind], before[1] + tried)
    count, attempts = sum(pair[0] for pair in struck.values()), sum(pair[1] for pair in struck.values())
    if count == 0:
        return None
    worst = max(sorted(struck), key=lambda name: struck[name][0])
    return Refusal(kind, count, attempts, worst, *struck[worst])
