"""Whether the measurement is to be trusted: the run's end, its records, and the generator's health in the judged stages.

A failed check makes the run invalid: the generator was sick, or the load was not the planned one. What the target did to
the generator (arrivals that found everybody waiting for answers) is no sickness: see `analysis.waiting`.
"""

from collections import Counter
from collections.abc import Iterable, Sequence

from analysis.completeness import completeness
from analysis.figures import counted, listed, milliseconds, percent
from analysis.health import (
    MAX_CPU_RATIO,
    MAX_LOOP_LAG_US_P99,
    check,
    cpu_ratios,
    lag_us_p99,
    samples_in,
    worst_of,
)
from analysis.imported import imported_checks
from analysis.injected import faults_injected
from analysis.observed import Observed
from analysis.offered import offered_load
from analysis.verdict import GeneratorCheck
from records.run import Run
from records.window import GENERATOR_KIND

# Each threshold with its reason; docs/validity.md says more.
MAX_DESCRIPTOR_RATIO = 0.95  # of the limit: the next connections would fail on our side
MAX_RESOURCE_ERRORS = 0  # a request that our own machine could not make says nothing of the target
MAX_WITHOUT_ACCOUNT_RATIO = 0.01  # of the sessions; more is another mix than the planned one
MAX_USER_ERRORS = 0  # an exception in a journey is a defect of ours


def judge_generator(run: Run, stages: Sequence[Observed]) -> tuple[GeneratorCheck, ...]:
    """Return all checks in a fixed order; `stages` are the judged ones."""
    if run.manifest.imported is not None:
        return imported_checks(run, stages)
    return (
        *completeness(run, stages),
        *faults_injected(run),
        *offered_load(run, stages),
        _loop_lag(run, stages),
        _cpu(run, stages),
        _descriptors(run, stages),
        _resources(run),
        _accounts(run),
        _user_errors(run),
    )


def is_valid(checks: Iterable[GeneratorCheck]) -> bool:
    """Tell whether all checks are healthy."""
    return all(row.healthy for row in checks)


# The machine.


def _loop_lag(run: Run, stages: Sequence[Observed]) -> GeneratorCheck:
    worst, where = worst_of([(lag_us_p99(run, observed), observed.stage.name) for observed in stages])
    because = (
        f"the generator's own loop was {milliseconds(worst)} late (p99) in stage {where}, so that latencies look longer than they are: use more workers, or a machine with less beside it"
        if worst > MAX_LOOP_LAG_US_P99
        else ""
    )
    return check("loop_lag", "Loop lag p99", worst, MAX_LOOP_LAG_US_P99, "us", because)


def _cpu(run: Run, stages: Sequence[Observed]) -> GeneratorCheck:
    worst, where = worst_of(
        [
            (ratio, f"{worker} in stage {observed.stage.name}")
            for observed in stages
            for worker, ratio in cpu_ratios(run, observed).items()
        ]
    )
    because = f"{where} used {percent(worst)} of a core: use more workers" if worst > MAX_CPU_RATIO else ""
    return check("cpu", "CPU of the busiest worker, share of a core", worst, MAX_CPU_RATIO, "ratio", because)


def _descriptors(run: Run, stages: Sequence[Observed]) -> GeneratorCheck:
    worst, where = worst_of(
        [
            (sample.descriptors / sample.descriptor_limit, sample.worker)
            for observed in stages
            for sample in samples_in(run, observed)
            if sample.descriptor_limit > 0
        ]
    )
    because = (
        f"{where} had {percent(worst)} of its open files in use: raise the limit (ulimit -n), or use more workers"
        if worst > MAX_DESCRIPTOR_RATIO
        else ""
    )
    return check("descriptors", "Open descriptors of the limit", worst, MAX_DESCRIPTOR_RATIO, "ratio", because)


def _resources(run: Run) -> GeneratorCheck:
    """Check that no request of the run failed because this machine had no port, descriptor or memory left for it."""
    texts: Counter[str] = Counter()
    for error in run.series.errors:
        if error.kind == GENERATOR_KIND:
            texts[error.text] += error.count
    failed = texts.total()
    told = listed([f"{text} ({count:,})" for text, count in texts.most_common()])
    because = (
        f"{counted(failed, 'request')} failed on the generator itself: {told}: raise that limit, or use more machines"
        if failed > MAX_RESOURCE_ERRORS
        else ""
    )
    return check(
        "resources", "Requests failed for want of our own resources", float(failed), float(MAX_RESOURCE_ERRORS), "count", because
    )  # fmt: skip


# Our own defects.


def _accounts(run: Run) -> GeneratorCheck:
    started = sum(sample.started for sample in run.generator)
    without = _total(run, "accounts_used_up")
    ratio = without / started if started else float(without > 0)
    because = (
        f"{counted(without, 'session')} found no account left ({percent(ratio)}), so that the mix is not the planned one: give the target profile more accounts"
        if ratio > MAX_WITHOUT_ACCOUNT_RATIO
        else ""
    )
    return check("accounts", "Sessions without an account", ratio, MAX_WITHOUT_ACCOUNT_RATIO, "ratio", because)


def _user_errors(run: Run) -> GeneratorCheck:
    errors = _total(run, "user_errors")
    because = (
        f"{counted(errors, 'session')} broke by an exception in a journey: see the log of the run, and mend the journey"
        if errors > MAX_USER_ERRORS
        else ""
    )
    return check(
        "user_errors", "Sessions broken by our own defects", float(errors), float(MAX_USER_ERRORS), "count", because
    )


def _total(run: Run, field: str) -> int:
    """Return a count that samples carry as a total so far: each worker's last, added up."""
    last: dict[str, int] = {}
    for sample in run.generator:
        last[sample.worker] = max(last.get(sample.worker, 0), int(getattr(sample, field)))
    return sum(last.values())
