"""One side of a comparison of any two: some runs, each as a summary with what is known of how it was made."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from analysis.interval import overdispersion
from analysis.key import FIELD_WORD
from analysis.observed import attempts_by_second, failed_by_second, observe
from analysis.summary import summarised
from records.baseline import Baseline, BaselineStage
from records.histogram import Histogram
from records.run import Run
from records.window import FAILED, PAYMENT_FLOW, SERVED, Outcome

ALL = "all operations"
NOT_KEPT = "not kept"  # of an accepted run, whose summary holds less than a manifest
FACTS = ("build of the target", "planted defects", "how it ended", "commit of the suite", "versions", "workers")


@dataclass(frozen=True, slots=True)
class Measured:
    """One run. `facts` by what they are; `phi` by stage and operation: how errors cluster, absent where that was not kept."""

    summary: Baseline
    facts: Mapping[str, str]
    phi: Mapping[tuple[str, str], float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Side:
    """Runs that are taken together, such as those of one build."""

    label: str
    runs: tuple[Measured, ...]

    def stages(self, name: str) -> list[BaselineStage]:
        """Return the stage of this name of each run that has it."""
        return [stage for run in self.runs for stage in run.summary.stages if stage.name == name]


def measured_run(run: Run) -> Measured:
    """Return a run from its folder."""
    manifest, ended = run.manifest, run.manifest.ended
    facts = {
        "build of the target": manifest.target_build or "not told",
        "planted defects": ", ".join(manifest.plants) or "none",
        "how it ended": "has no end" if ended is None else ended.reason,
        "commit of the suite": manifest.commit or "not known",
        "versions": ", ".join(f"{name} {version}" for name, version in sorted(manifest.versions.items())),
        "workers": str(manifest.workers),
    }
    return Measured(summarised(run), facts, _phi(run))


def measured_baseline(baseline: Baseline) -> Measured:
    """Return an accepted run."""
    facts = dict.fromkeys(FACTS, NOT_KEPT)
    facts["build of the target"] = baseline.target_build or "not told"
    facts["planted defects"] = "none"  # with any it would not have been accepted
    facts["how it ended"] = "completed"
    facts["commit of the suite"] = baseline.commit or "not known"
    return Measured(baseline, facts)


def facts_of(measured: Measured, stage: BaselineStage) -> dict[str, str]:
    """Return everything that may differ between two runs of a stage, by what it is."""
    key = stage.key
    found = {"scenario": measured.summary.scenario}
    found |= {word: str(getattr(key, name)) for name, word in FIELD_WORD.items()}
    found |= {
        f"environment: {name}": str(getattr(key.fingerprint, name)) for name in type(key.fingerprint).model_fields
    }
    return found | dict(measured.facts)


def operations_of(stages: Sequence[BaselineStage]) -> set[str]:
    """Return the operations that any of some stages has."""
    return {name for stage in stages for name in stage.operations}


def histogram_of(stage: BaselineStage, operation: str) -> Histogram:
    """Return the response histogram of an operation, or of all single requests together."""
    names = [name for name in stage.operations if name != PAYMENT_FLOW] if operation == ALL else [operation]
    total = Histogram.empty()
    for name in names:
        if name in stage.operations:
            total.add_sparse(stage.operations[name].response_us)
    return total


def counts_of(stage: BaselineStage, operation: str) -> tuple[int, int, int]:
    """Return how many requests of an operation were served, how many failed, and how many were attempted."""
    names = [name for name in stage.operations if name != PAYMENT_FLOW] if operation == ALL else [operation]
    served = failed = attempts = 0
    for name in names:
        outcomes = stage.operations[name].outcomes if name in stage.operations else {}
        served += sum(outcomes.get(outcome.value, 0) for outcome in SERVED)
        failed += sum(outcomes.get(outcome.value, 0) for outcome in FAILED)
        attempts += sum(outcomes.values()) - outcomes.get(Outcome.ABORTED.value, 0)
    return served, failed, attempts


def _phi(run: Run) -> dict[tuple[str, str], float]:
    """Return the over-dispersion of errors by stage and operation (McCullagh and Nelder, see `analysis.interval`)."""
    found = {}
    for stage in run.manifest.plan.stages:
        if stage.is_measured:
            observed = observe(run, stage)
            for name, members in [(ALL, None), *((name, [name]) for name in observed.names)]:
                by_second = observed.outcomes_by_second(members)
                found[stage.name, name] = overdispersion(failed_by_second(by_second), attempts_by_second(by_second))
    return found
