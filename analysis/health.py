"""The generator's health over one stage: samples, loop lag, CPU."""

from collections import defaultdict
from collections.abc import Sequence

import numpy as np

from analysis.observed import Observed
from analysis.verdict import GeneratorCheck
from records.generator import GeneratorSample
from records.histogram import Histogram
from records.run import Run

# Each threshold with its reason; docs/validity.md says more.
MAX_LOOP_LAG_US_P99 = (
    20_000.0  # a request needs the loop some three times: 60 ms of a limit of 200 ms at the very worst
)
MAX_CPU_RATIO = 0.90  # of one core, mean of the stage: beyond it queues form inside the generator
MIN_TOLERATED_SHARE = 0.01  # of a stage's time or sessions: what p99 leaves out
HICCUP_S = 0.25  # of a stage may be lost to the machine however short it is: one pause of a shared one


def check(name: str, title: str, observed: float | None, limit: float, unit: str, because: str) -> GeneratorCheck:
    """Return a check; it is healthy where nothing speaks against it."""
    return GeneratorCheck(name, title, observed, limit, unit, not because, because)


def worst_of(values: Sequence[tuple[float, str]]) -> tuple[float, str]:
    """Return the highest value with where it was; 0 where there is none."""
    return max(values, default=(0.0, ""), key=lambda pair: pair[0])


def samples_in(run: Run, observed: Observed) -> list[GeneratorSample]:
    """Return the samples of a stage's seconds."""
    return [sample for sample in run.generator if observed.first <= sample.second < observed.end]


def tolerated_share(observed: Observed) -> float:
    """Return the share of a stage's time or sessions that a hiccup may spoil: 1 %, of a stage under 25 s a quarter of a second."""
    return min(1.0, max(MIN_TOLERATED_SHARE, HICCUP_S / max(1, observed.seconds)))


def tail_us(run: Run, observed: Observed, field: str) -> float:
    """Return the value in us that all but the tolerated share of a stage's samples keep under: p99, earlier in a short stage."""
    merged = Histogram.empty()
    for sample in samples_in(run, observed):
        merged.add_sparse(getattr(sample, field))
    return merged.quantile_us(1 - tolerated_share(observed)) or 0.0


def lag_us_p99(run: Run, observed: Observed) -> float:
    """Return the 99th percentile of the loop lag of all workers over the time of a stage in us (see `tolerated_share`)."""
    return tail_us(run, observed, "loop_lag_us")


def cpu_ratios(run: Run, observed: Observed) -> dict[str, float]:
    """Return the mean CPU of each worker over a stage, 1.0 is one core."""
    used: dict[str, list[float]] = defaultdict(list)
    for sample in samples_in(run, observed):
        used[sample.worker].append(sample.cpu_ratio)
    return {worker: float(np.mean(ratios)) for worker, ratios in sorted(used.items())}
