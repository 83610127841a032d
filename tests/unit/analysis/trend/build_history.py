"""Accepted runs built from values: each run has one latency all through, so that every percentile is known."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

import numpy as np

from analysis.trend.metric import METRICS, Reading, logarithmic
from records.baseline import Baseline, BaselineOperation, BaselineStage, Key
from records.histogram import Histogram
from records.manifest import Fingerprint

P50, P95, P99, RATE, ERRORS = METRICS
PAY, SLOTS = "POST /payments/confirm", "GET /appointments/slots"
KEY = Key(
    target="shop",
    target_kind="staging",
    level=1.0,
    stage_s=600.0,
    time_scale=1.0,
    load_scale=1.0,
    load_digest="0123456789abcdef",
    data_set="clients: file 100",
    generator="rushhour 0.1.0, locust 2.47.1, 1 worker",
    fingerprint=Fingerprint(machine="x86_64", cpu="cpu", cores=8, system="Linux 6.1", python="CPython 3.11.9"),
)
MONDAY = datetime.fromisoformat("2026-01-05T06:00:00+00:00")


def noisy(runs: int, seed: int, sd: float = 0.03) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    """Return levels (logarithms) of runs that differ by chance alone."""
    return np.random.default_rng(seed).normal(np.log(50_000.0), sd, runs)


def readings(levels: Sequence[float] | np.ndarray[tuple[int], np.dtype[np.float64]]) -> list[Reading]:
    """Return readings of a latency from their logarithms, one a run."""
    return [logarithmic(place, float(np.exp(level)), 0.0) for place, level in enumerate(levels)]


def operation(latency_us: float, count: int = 4_000, failed: int = 0) -> BaselineOperation:
    """Return an operation all of whose requests took the same."""
    outcomes = {"ok": count - failed, "server_error": failed}
    taken = Histogram.of([latency_us] * count).sparse()
    return BaselineOperation(
        response_us=taken,
        service_us=taken,
        outcomes={name: number for name, number in outcomes.items() if number},
        within_run_variance={},
    )


def accepted(
    week: int,
    operations: Mapping[str, BaselineOperation],
    *,
    key: Key = KEY,
    stage: str = "baseline",
    **changes: object,
) -> Baseline:
    """Return the accepted run of a week."""
    fields: dict[str, object] = {
        "run_id": f"weekly-{week:03d}",
        "scenario": "weekly_regression",
        "target": key.target,
        "started_at": (MONDAY + timedelta(weeks=week)).isoformat(),
        "commit": f"c{week:03d}",
        "target_build": "2.13",
        "stages": (BaselineStage(name=stage, key=key, duration_s=600.0, operations=dict(operations)),),
    }
    return Baseline.model_validate({**fields, **changes})


def weeks(
    levels_us: Sequence[float], *, others_us: Sequence[float] | None = None, builds: Mapping[int, str] | None = None
) -> list[Baseline]:
    """Return a run a week: payments as given, slots as `others_us` (50 ms, give or take half a percent, by default)."""
    beside = others_us or [50_000.0 * (1.005 if week % 2 else 0.995) for week in range(len(levels_us))]
    build = "2.13"
    found = []
    for week, (level, other) in enumerate(zip(levels_us, beside, strict=True)):
        build = (builds or {}).get(week, build)
        operations = {PAY: operation(level), SLOTS: operation(other)}
        found.append(accepted(week, operations, target_build=build))
    return found
