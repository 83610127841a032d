"""The generator's health over one stage: samples, loop lag, CPU."""

from collections import defaultdict
from collections.abc import Sequence

import numpy as np

from analysis.observed import Observed
from records.generator import GeneratorSample
from records.histogram import Histogram
from records.run import Run

MAX_LOOP_LAG_US_P99 = 50_000.0  # every latency is measured by this loop: one in a hundred may be wrong by this
MAX_CPU_RATIO = 0.90  # of one core, mean of the stage: beyond it queues form inside the generator


def samples_in(run: Run, observed: Observed) -> list[GeneratorSample]:
    """Return the samples of a stage's seconds."""
    return [sample for sample in run.generator if observed.first <= sample.second < observed.end]


def merged(samples: Sequence[GeneratorSample], field: str) -> Histogram:
    """Return a histogram that samples carry, added up."""
    merged = Histogram.empty()
    for sample in samples:
        merged.add_sparse(getattr(sample, field))
    return merged


def lag_us_p99(run: Run, observed: Observed) -> float:
    """Return the 99th percentile of the loop lag of all workers over a whole stage in us: single hiccups do not count."""
    return merged(samples_in(run, observed), "loop_lag_us").quantile_us(0.99) or 0.0


def cpu_ratios(run: Run, observed: Observed) -> dict[str, float]:
    """Return the mean CPU of each worker over a stage, 1.0 is one core."""
    used: dict[str, list[float]] = defaultdict(list)
    for sample in samples_in(run, observed):
        used[sample.worker].append(sample.cpu_ratio)
    return {worker: float(np.mean(ratios)) for worker, ratios in sorted(used.items())}
