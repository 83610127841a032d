"""Climbs of several mixes on one simulated pool: each operation holds its place for a time of its own."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from analysis.quarter.other_mix import OtherMix, Part
from records.run import Run
from scenarios.library import load_mix, load_target
from tests.unit.analysis.build_probes import seen, series_of
from tests.unit.analysis.build_queue import Floats, Served, arrivals, by_second, climb_plan, served, smooth
from tests.unit.analysis.build_run import HEALTH, SLOTS, Requests, build_run, healthy_samples

PLACES = 4
HOLD_S = {SLOTS: 0.08, HEALTH: 0.05}  # medians
SIGMA = 0.3  # of their logarithms
EVEN: dict[str, float] = {SLOTS: 0.5, HEALTH: 0.5}
BOUNDS_S = np.geomspace(0.002, 1.0, 30)


@dataclass(frozen=True, slots=True)
class Kind:
    """A mix of two operations, each session one request: the name of the shipped mix that stands for it, and the arrivals per s where its climb starts and ends."""

    mix: str
    shares: Mapping[str, float]
    start_per_s: float
    most_per_s: float
    seed: int = 3


MEASURED = Kind("everyday", EVEN, 18.0, 66.0)
OTHER = Kind("monitors", {HEALTH: 1.0}, 54.0, 86.0, seed=11)


def mixed_climb(kind: Kind, run_id: str, started_at: str = "2026-11-23T06:00:00+00:00", hold_s: int = 40) -> Run:
    """Return a climb of a mix with steps of 10 %."""
    plan = climb_plan(kind.start_per_s, kind.most_per_s, hold_s=hold_s)
    mix = load_mix(kind.mix).model_copy(update={"sessions": {}})  # a session here is one request of no known thinking
    plan = plan.model_copy(update={"target": load_target("sandbox"), "mix": mix})
    rng = np.random.default_rng(kind.seed)
    at_s = arrivals(plan, kind.seed)
    names = list(kind.shares)
    chosen = rng.choice(len(names), at_s.size, p=list(kind.shares.values()))
    done = served(
        at_s,
        np.array([HOLD_S[name] for name in names])[chosen] * np.exp(SIGMA * rng.standard_normal(at_s.size)),
        PLACES,
    )
    seconds = int(plan.duration_s)
    requests = Requests()
    for index, name in enumerate(names):
        asked = chosen == index
        requests.add(name, at_s[asked].astype(np.int64).tolist(), done.response_us[asked])
    counts = by_second(at_s, np.ones_like(at_s), seconds).astype(int).tolist()
    samples = [
        replace(sample, planned=count, started=count)
        for sample, count in zip(healthy_samples(plan), counts, strict=True)
    ]
    run = build_run(requests, plan, run_id=run_id, started_at=started_at, samples=samples)
    return replace(run, probes=series_of(seen("shop", _pool(done, seconds))))


def _pool(done: Served, seconds: int) -> dict[str, Floats]:
    """Return what /metrics shows: a sample of second s when s seconds were over."""
    ended = done.at_s + done.wait_s + done.service_s
    started = np.minimum(done.at_s + done.wait_s, seconds - 1e-6)
    held = smooth(by_second(started, done.service_s, seconds))

    def so_far(moment_s: Floats, value: Floats) -> Floats:
        return np.concatenate(([0.0], np.cumsum(by_second(np.minimum(moment_s, seconds - 1e-6), value, seconds))))

    one = np.ones_like(ended)
    buckets = {
        f"db_pool_hold_seconds le={bound:g}": so_far(ended, (done.service_s <= bound).astype(np.float64))
        for bound in (*BOUNDS_S.tolist(), float("inf"))
    }
    return {
        "db_pool_in_use": np.concatenate(([0.0], np.minimum(held, PLACES))),
        "db_pool_size": np.full(seconds + 1, float(PLACES)),
        "db_pool_wait_seconds_sum": so_far(started, done.wait_s),
        "db_pool_wait_seconds_count": so_far(started, one),
        "db_pool_hold_seconds sum": so_far(ended, done.service_s),
        **buckets,
    }


def told_mix(name: str = "others", **changes: object) -> OtherMix:
    """Return a mix that carries 45 requests per s, without a climb of it."""
    made = OtherMix(
        name=name, requests_per_session=3.0, length_s=20.0, rate_per_s=45.0, interval=(40.0, 50.0), at_least=False, users=300.0,
        users_interval=(267.0, 333.0), resource="connection pool", use=0.45, parts=(Part(SLOTS, 0.5, 1.0, 0.04),), because="",
        said=("sessions as measured",), check=None, make_one=("rushhour", "run", "exhaustion", "--mix", name),
    )  # fmt: skip
    return replace(made, **changes)  # type: ignore[arg-type]  # fields by name
