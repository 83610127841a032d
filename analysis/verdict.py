"""The verdict: the one value that everything shown and every exit code comes from.

`as_document` gives the content of `verdict.json`; the same run folder and baselines give the same bytes.
"""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any

from analysis.staircase import Exhaustion
from analysis.two_stage import TwoStage

FORMAT_VERSION = 1


class Outcome(StrEnum):
    """What a run says about the release."""

    PASS = "pass"
    FAIL = "fail"
    INCONCLUSIVE = "inconclusive"
    INVALID = "invalid"


EXIT_CODE = {Outcome.PASS: 0, Outcome.FAIL: 1, Outcome.INCONCLUSIVE: 3, Outcome.INVALID: 4}


class ObjectiveOutcome(StrEnum):
    """`marginal`: the limit lies inside the interval of what was observed."""

    PASS = "pass"
    FAIL = "fail"
    MARGINAL = "marginal"
    NOT_MEASURED = "not_measured"


class Statement(StrEnum):
    """What a comparison states."""

    REGRESSED = "regressed"
    IMPROVED = "improved"
    NO_CHANGE = "no_change"
    CANNOT_TELL = "cannot_tell"


class Gate(StrEnum):
    """Whether a comparison lets the release pass. `not_gated`: listed, does not block (why is in `because`)."""

    PASS = "pass"
    FAIL = "fail"
    INCONCLUSIVE = "inconclusive"
    NOT_GATED = "not_gated"


class Healing(StrEnum):
    """What became of a fault. `void`: the time before it missed the objectives; `unharmed`: nobody felt it."""

    VOID = "void"
    UNHARMED = "unharmed"
    RECOVERED = "recovered"
    NOT_RECOVERED = "not_recovered"
    CANNOT_TELL = "cannot_tell"


class Priority(StrEnum):
    """How urgent a finding is."""

    CRITICAL = "critical"
    HIGH = "high"
    MEDIUM = "medium"
    LOW = "low"


RESPOND_WITHIN_S = {Priority.CRITICAL: 900, Priority.HIGH: 3600, Priority.MEDIUM: 14400, Priority.LOW: 86400}
RESOLVE_WITHIN_S = {Priority.CRITICAL: 7200, Priority.HIGH: 28800, Priority.MEDIUM: 86400, Priority.LOW: 604800}


@dataclass(frozen=True, slots=True)
class ObjectiveResult:
    """One objective on one stage and, with scope `each`, one operation (`operation` None: all together).

    `limit`, `target`, `observed` and `interval` are in `unit` (`s`, `ratio`, `per_s`, `count`); `interval` is the 90 %
    interval of what was observed. `count` is how many requests, seconds or sessions it stands on.
    """

    name: str
    title: str
    stage: str | None
    operation: str | None
    metric: str
    unit: str
    higher_is_better: bool
    limit: float
    target: float | None
    observed: float | None
    interval: tuple[float, float] | None
    count: int
    required: bool
    outcome: ObjectiveOutcome
    because: str


@dataclass(frozen=True, slots=True)
class ComparisonResult:
    """One operation and metric of one stage against the baseline. Ratios: 0.05 is 5 % more.

    `metric` is `response_p50|response_p95|response_p99` (us; of "all operations" what they moved together), `rate` (per s),
    `error_ratio`, `share_of_previous` (a step of the funnel) or `demand` (s: the share of all cores over requests per s).
    `interval` is the `level` interval of `change_ratio`. `worse_is` tells in which direction the metric gets worse. `runs` counts
    baseline and candidate runs, `count` the candidates' requests (of a share: sessions). `against` says which accepted runs:
    `last` or `anchor`. `more_runs` of this build would decide what cannot be told, None where nothing is open or none would.
    """

    stage: str
    operation: str
    metric: str
    worse_is: str
    baseline: float | None
    observed: float | None
    change_ratio: float | None
    interval: tuple[float, float] | None
    level: float
    tolerated_ratio: float
    runs: tuple[int, int]
    count: int
    history: tuple[float, ...]
    smallest_detectable_ratio: float | None
    statement: Statement
    gate: Gate
    because: str
    against: str = "last"
    more_runs: int | None = None


@dataclass(frozen=True, slots=True)
class Reruns:
    """How many more runs of the same build should be judged with this one, and because of what; 0 and "" for none."""

    count: int
    because: str


NO_RERUNS = Reruns(0, "")


@dataclass(frozen=True, slots=True)
class InvariantResult:
    """One invariant: how many things were checked, how many violate it, and the smallest witnesses (ledger entries)."""

    name: str
    title: str
    checked: int
    violations: int
    witness: tuple[dict[str, Any], ...]
    outcome: ObjectiveOutcome
    because: str


@dataclass(frozen=True, slots=True)
class GeneratorCheck:
    """One check of the generator's health; a failed one makes the run invalid."""

    name: str
    title: str
    observed: float | None
    limit: float
    unit: str
    healthy: bool
    because: str


@dataclass(frozen=True, slots=True)
class Finding:
    """What somebody should do something about. Deadlines in s from the verdict."""

    priority: Priority
    symptom: str
    evidence: str
    cause: str
    next_step: str
    refuted_by: str
    respond_within_s: int
    resolve_within_s: int


@dataclass(frozen=True, slots=True)
class StageSummary:
    """One stage in figures. Rates are requests per s, planned sessions per s; latencies in us with their count: `response_us` from the intended start, `service_us` from the send."""

    name: str
    kind: str
    level: float
    start_s: float
    end_s: float
    planned_sessions_per_s: float | None
    started_sessions_per_s: float | None
    request_rate_per_s: float
    users: int
    response_us_p50: float | None
    response_us_p95: float | None
    response_us_p99: float | None
    service_us_p50: float | None
    service_us_p95: float | None
    service_us_p99: float | None
    count: int
    error_ratio: float | None
    objectives_held: bool | None
    because: str


@dataclass(frozen=True, slots=True)
class Steadiness:
    """How one judged stage settled. Comparisons look at `compared_s` of it, after `running_s` of the run and `cut_s` of the stage.

    `steady` None: it was too short to tell. `because` says what was cut, and what moved.
    """

    stage: str
    running_s: float
    cut_s: float
    compared_s: float
    steady: bool | None
    because: str


@dataclass(frozen=True, slots=True)
class FunnelStep:
    """One step of the funnel over the judged stages: sessions that reached it, share of the step before."""

    milestone: str
    count: int
    share_of_previous: float | None
    share_of_first: float | None


@dataclass(frozen=True, slots=True)
class ProbeFigure:
    """One signal of the target over one stage, in `unit`; `value` None: `because` says why. `count`: the events or seconds it stands on."""

    probe: str
    signal: str
    title: str
    unit: str
    stage: str
    value: float | None
    count: int
    because: str


@dataclass(frozen=True, slots=True)
class BaselineUse:
    """Which accepted runs a verdict was compared with, and why others were not; `anchor`: those of the last release or quarter."""

    run_ids: tuple[str, ...]
    left_out: tuple[str, ...]
    missing: str | None
    anchor: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ResilienceResult:
    """One injection as reads or writes felt it. Times ending in `_s` count from its beginning, `healing_s` from its end.

    `start_s`, `end_s` are from the run's start, as measured; `window_s` is the length of the window that had to meet the
    objectives, `followed_s` how long it was followed. None: not known, not felt, or (writes lost, duplicates) not audited.
    """

    fault: str
    number: int
    side: str
    start_s: float
    end_s: float | None
    healing: Healing
    because: str
    window_s: int
    followed_s: float
    onset_s: float | None
    detect_s: float | None
    detected_by: str
    first_success_s: float | None
    recovery_s: float | None
    healing_s: float | None
    stable_s: float | None
    requests_lost: int | None
    acknowledged_lost: int | None
    duplicates: int | None
    area_lost_s: float | None
    budget_burnt_ratio: float | None
    flaps: int | None
    metastable: bool | None


@dataclass(frozen=True, slots=True)
class ResilienceSummary:
    """All injections of one fault, by side: median and worst. None: that one did not recover as far as it was followed."""

    fault: str
    side: str
    injections: int
    recovered: int
    recovery_s_median: float | None
    recovery_s_worst: float | None
    requests_lost_median: int
    requests_lost_worst: int


@dataclass(frozen=True, slots=True)
class Resilience:
    """What the injected faults did: each by itself, and those that were repeated together."""

    injections: tuple[ResilienceResult, ...] = ()
    summaries: tuple[ResilienceSummary, ...] = ()


@dataclass(frozen=True, slots=True)
class Verdict:
    """The whole verdict. `because` begins with the first cause.

    `comparisons` are with the last accepted runs, `anchored` the same with the anchor; `runs` are all runs judged together, the
    first one first.
    """

    run_id: str
    scenario: str
    target: str
    outcome: Outcome
    because: tuple[str, ...]
    objectives: tuple[ObjectiveResult, ...]
    comparisons: tuple[ComparisonResult, ...]
    invariants: tuple[InvariantResult, ...]
    generator: tuple[GeneratorCheck, ...]
    findings: tuple[Finding, ...]
    stages: tuple[StageSummary, ...]
    funnel: tuple[FunnelStep, ...]
    baseline: BaselineUse
    resilience: Resilience = Resilience()
    probes: tuple[ProbeFigure, ...] = ()
    exhaustion: Exhaustion | None = None
    steadiness: tuple[Steadiness, ...] = ()
    two_stage: TwoStage | None = None
    anchored: tuple[ComparisonResult, ...] = ()
    runs: tuple[str, ...] = ()
    reruns: Reruns = NO_RERUNS
    format_version: int = FORMAT_VERSION

    @property
    def exit_code(self) -> int:
        """Return the exit code that this verdict ends a command with."""
        return EXIT_CODE[self.outcome]


def as_document(verdict: Verdict) -> dict[str, Any]:
    """Return the content of `verdict.json`, keys in a fixed order, `format_version` first."""
    content: Mapping[str, Any] = asdict(verdict)
    return {
        "format_version": content["format_version"],
        **{key: value for key, value in content.items() if key != "format_version"},
    }


def as_text(verdict: Verdict) -> str:
    """Return `verdict.json`."""
    return json.dumps(as_document(verdict), indent=2, ensure_ascii=False, allow_nan=False) + "\n"
