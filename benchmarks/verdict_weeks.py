"""Simulated weeks for the quality of verdicts: accepted runs and candidates of a shop whose truth is known.

A run has an effect of its own on all operations (the machine that day) and one on each; inside it the level wanders
(AR(1), 0.9 a second) and requests are log-normal: 30,000 of each operation in 600 s. What is inside a run is simulated once, request
by request, for a pool of runs that weeks draw from: it adds to the effects in the logarithm and does not depend on them.
"""

import math
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray
from scipy.signal import lfilter

from analysis.bootstrap import quantile_variances
from analysis.case import Case
from analysis.measure import LATENCIES, QUANTILES
from analysis.observed import Observed
from records.histogram import bucket_indices
from records.series import OUTCOMES, Cells
from scenarios.layout import PlannedStage
from scenarios.library import load_plan

OPERATIONS, SECONDS, PER_SECOND = 20, 600, 50
SIGMA = 0.5  # of ln(latency) of one request
LEVEL_SD, LEVEL_RHO = 0.05, 0.9  # of the level of all operations, a second
POOL = 60  # runs simulated request by request
MEDIAN_US = np.geomspace(80_000.0, 400_000.0, OPERATIONS)  # so slow that 2, 5 and 10 ms never hide a change in %
BASELINES, CANDIDATES = 10, 3
CONTROL = "GET /control"
Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Noise:
    """Standard deviations between runs: of all operations together, and of each by itself. `tails`: Student's t with so many degrees of freedom instead of a normal distribution; `uneven`: the own noise of operations differs by this deviation of its logarithm."""

    common: float
    private: float
    tails: float | None = None
    uneven: float = 0.0


@dataclass(frozen=True, slots=True)
class Truth:
    """What is planted, as ratios: in one operation, in all, per run as drift, in one bad run of the baseline or the candidates."""

    one: float = 0.0
    all: float = 0.0
    drift: float = 0.0
    bad_baseline: float = 0.0
    bad_candidate: float = 0.0


@dataclass(frozen=True, slots=True)
class Week:
    """ln of the percentiles in us: shape (13 runs, operations, 3). The first operation is the one that something is planted in."""

    logs: Floats
    within: Floats
    control: Floats | None

    def cases(self, candidates: int) -> list[Case]:
        """Return the cases of the week with so many candidates, as `analysis.case` makes them of runs."""
        values = np.exp(self.logs)
        runs = tuple(f"accepted{number:02d}" for number in range(BASELINES))
        found = [
            self._case(f"GET /operation/{place:02d}", values[:, place], measure, runs, candidates)
            for place in range(values.shape[1])
            for measure in range(3)
        ]
        if self.control is not None:
            control = np.exp(self.control)
            found += [
                replace(self._case(CONTROL, control, measure, runs, candidates), gated=False) for measure in range(3)
            ]
        return found

    def _case(self, operation: str, values: Floats, measure: int, runs: tuple[str, ...], candidates: int) -> Case:
        return Case(
            stage="baseline",
            operation=operation,
            measure=LATENCIES[measure],
            now=tuple(values[BASELINES : BASELINES + candidates, measure].tolist()),
            values=tuple(values[:BASELINES, measure].tolist()),
            run_ids=runs,
            count=SECONDS * PER_SECOND * candidates,
            within=float(self.within[measure]),
            tolerated=(0.15, 0.20, 0.25)[measure],
        )


@dataclass(slots=True)
class Shop:
    """A shop with its pool of runs; `raw` keeps some runs' requests (ln, shape (runs, requests)) for tests on raw samples."""

    rng: np.random.Generator
    inside: Floats = field(init=False)
    within: Floats = field(init=False)
    raw: Floats = field(init=False)

    def __post_init__(self) -> None:
        self.inside = np.empty((POOL, OPERATIONS, 3))
        raw, variances = [], []
        for run in range(POOL):
            level = _level(self.rng)
            for operation in range(OPERATIONS):
                logs = np.repeat(level, PER_SECOND) + SIGMA * self.rng.standard_normal(SECONDS * PER_SECOND)
                self.inside[run, operation] = quantiles(logs)
                if operation == 0:
                    raw.append(logs)
                    variances.append(_within(logs))
        self.raw = np.array(raw)
        self.within = np.mean(variances, axis=0)

    def week(self, noise: Noise, truth: Truth = Truth(), *, control: bool = False) -> Week:  # frozen
        """Return one week: ten accepted runs, then three candidates."""
        runs = BASELINES + CANDIDATES
        common = noise.common * self._drawn(noise, (runs,))
        common += math.log1p(truth.drift) * np.minimum(np.arange(runs), BASELINES)
        common[BASELINES:] += math.log1p(truth.all)
        common[self.rng.integers(BASELINES)] += math.log1p(truth.bad_baseline)
        common[BASELINES + self.rng.integers(CANDIDATES)] += math.log1p(truth.bad_candidate)
        scale = np.exp(noise.uneven * self.rng.standard_normal(OPERATIONS + 1) - noise.uneven**2)
        private = noise.private * scale * self._drawn(noise, (runs, OPERATIONS + 1))
        private[BASELINES:, 0] += math.log1p(truth.one)
        drawn = self.rng.integers(POOL, size=runs)
        turned = (np.arange(OPERATIONS) + self.rng.integers(OPERATIONS, size=(runs, 1))) % OPERATIONS
        inside = self.inside[drawn[:, None], turned]
        logs = np.log(MEDIAN_US)[None, :, None] + (common[:, None] + private[:, :-1])[:, :, None] + inside
        beside = None
        if control:
            environment = common - np.where(np.arange(runs) >= BASELINES, math.log1p(truth.all), 0.0)
            beside = math.log(80_000.0) + (environment + private[:, -1])[:, None] + self.inside[drawn, turned[:, 0]]
        return Week(logs, self.within, beside)

    def _drawn(self, noise: Noise, shape: tuple[int, ...]) -> Floats:
        if noise.tails is None:
            return self.rng.standard_normal(shape)
        return self.rng.standard_t(noise.tails, shape) / math.sqrt(noise.tails / (noise.tails - 2))


def quantiles(logs: Floats) -> Floats:
    """Return the percentiles that are compared, of ln(latency): the values of rank ceil(q n)."""
    ranks = [math.ceil(quantile * logs.size) - 1 for quantile in QUANTILES]
    found: Floats = np.partition(logs, ranks)[ranks]
    return found


def _level(rng: np.random.Generator) -> Floats:
    shocks = rng.standard_normal(SECONDS + 100) * LEVEL_SD * math.sqrt(1 - LEVEL_RHO**2)
    level: Floats = lfilter([1.0], [1.0, -LEVEL_RHO], shocks)[100:]  # the first 100 s wash out its beginning
    return level


def _within(logs: Floats) -> Floats:
    """Return the variances inside a run by the suite's own block bootstrap."""
    cells = bucket_indices(100_000.0 * np.exp(logs))
    second = np.repeat(np.arange(SECONDS), PER_SECOND)
    nothing = np.zeros(second.size, dtype=np.int64)
    response = Cells(second, nothing, cells, np.ones(second.size, dtype=np.int64))
    empty = np.zeros((0, 0), dtype=np.int64)
    observed = Observed(
        _stage(), 0, SECONDS, (CONTROL,), response, empty, np.zeros((0, 1, len(OUTCOMES)), dtype=np.int64), response
    )
    return np.array(quantile_variances(observed, CONTROL, QUANTILES, 1.0))


def _stage() -> PlannedStage:
    return next(stage for stage in load_plan("baseline", "sandbox").stages if stage.is_judged)
