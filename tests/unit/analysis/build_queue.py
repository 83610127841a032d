"""Climbs on simulated queues whose capacity is known from theory: M/M/c, and a fixed rate behind which everything waits."""

import heapq
import math
from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import brentq

from analysis.climb import climb
from analysis.observed import observe
from analysis.turn import last_wanted, next_wanted
from records.generator import GeneratorSample
from records.run import Run
from scenarios.library import load_mix, load_plan, load_target
from scenarios.objectives import ObjectiveSet
from scenarios.plan import Plan, make_plan
from scenarios.probe import Probe, Resource
from scenarios.scenario import Scenario
from scenarios.target import Target
from scenarios.turn import climbing_steps, go_on, last_rest, turn_back
from tests.unit.analysis.build_probes import seen, series_of
from tests.unit.analysis.build_run import BARBERS, Requests, build_run, healthy_samples

Floats = NDArray[np.float64]
BASE_PER_S = 10.0


def climb_plan(
    start: float, most: float, *, hold_s: int = 120, back_s: int = 30, sessions: bool = False, confirm_s: int = 0
) -> Plan:
    """Return a staircase of +10 % from `start` to at most `most` arrivals per s; with a confirmation also bisected to 5 %."""
    scenario = Scenario.model_validate(
        {
            "format_version": 1, "name": "climb", "title": "A climb", "model": "open", "mix": "everyday", "objectives": "bookedbarber",
            "seed": 1, "traffic": {"sessions_per_s": f"{BASE_PER_S:g} per s"},
            "stages": [{"name": "warm_up", "kind": "warm_up", "level": start / BASE_PER_S, "duration": "10 s"}],
            "staircase": {
                "start": start / BASE_PER_S, "step_ratio": 1.1, "steps_past": 2, "most": most / BASE_PER_S, "settle": "5 s",
                "hold": f"{hold_s} s", "back_down": {"level": start / BASE_PER_S, "duration": f"{back_s} s"},
                "bisect_to": "5 %" if confirm_s else "10 %", "confirm": f"{confirm_s} s",
            },
        }
    )  # fmt: skip
    mix = load_mix("everyday")
    if not sessions:
        mix = mix.model_copy(update={"sessions": {}})  # Little's law is not asked: a session here is one request
    return make_plan(scenario, mix, objectives(), target())


def objectives() -> ObjectiveSet:
    """Return the product's objectives, without those that a probe of another profile measures."""
    return load_plan("smoke").objectives


def target() -> Target:
    """Return a target whose pool and CPU are probed as gauges."""
    names = ("pool_use", "pool_wait", "cpu_use", "cpu_wait")
    signals = [
        {"name": name, "title": name, "unit": "ratio" if name.endswith("use") else "s", "gauge": name} for name in names
    ]
    probe = Probe.model_validate({"name": "shop", "kind": "prometheus", "url": "{target}/metrics", "signals": signals})
    resources = (
        Resource(name="connection pool", use="pool_use", wait="pool_wait"),
        Resource(name="CPU", use="cpu_use", wait="cpu_wait"),
    )
    return load_target("sandbox").model_copy(update={"probes": (probe,), "resources": resources})


@dataclass(frozen=True, slots=True)
class Served:
    """What became of each arrival: when it came, how long it waited and was served, in s."""

    at_s: Floats
    wait_s: Floats
    service_s: Floats

    @property
    def response_us(self) -> Floats:
        """Return response times in us."""
        return (self.wait_s + self.service_s) * 1e6


def arrivals(plan: Plan, seed: int) -> Floats:
    """Return Poisson arrivals at the planned rate of each stage."""
    rng = np.random.default_rng(seed)
    parts = []
    for stage in plan.stages:
        count = rng.poisson((stage.sessions_per_s or 0.0) * stage.duration_s)
        parts.append(np.sort(rng.uniform(stage.start_s, stage.end_s, count)))
    return np.concatenate(parts)


def served(at_s: Floats, service_s: Floats, servers: int) -> Served:
    """Return first come, first served by a number of servers."""
    free = [0.0] * servers
    wait = np.empty_like(at_s)
    for index, (moment, service) in enumerate(zip(at_s.tolist(), service_s.tolist(), strict=True)):
        start = max(moment, heapq.heappop(free))
        wait[index] = start - moment
        heapq.heappush(free, start + service)
    return Served(at_s, wait, service_s)


def by_second(at_s: Floats, value: Floats, seconds: int) -> Floats:
    """Return the sum of values by the second of their arrival."""
    return np.bincount(at_s.astype(np.int64), weights=value, minlength=seconds)[:seconds].astype(np.float64)


def run_of(plan: Plan, done: Served, probes: dict[str, Floats]) -> Run:
    """Return the run that the recorder and the probes would have written."""
    seconds = math.ceil(plan.duration_s)
    requests = Requests().add(BARBERS, done.at_s.astype(np.int64).tolist(), done.response_us)
    counts = by_second(done.at_s, np.ones_like(done.at_s), seconds).astype(int).tolist()
    samples: list[GeneratorSample] = [
        replace(sample, planned=count, started=count)
        for sample, count in zip(healthy_samples(plan), counts, strict=True)
    ]
    columns = {name: column.tolist() for name, column in probes.items()}
    return replace(build_run(requests, plan, samples=samples), probes=series_of(seen("shop", columns)))


def smooth(value: Floats, width: int = 5) -> Floats:
    """Return running means: a gauge that is sampled once a second sees a queue, not single requests."""
    return np.convolve(value, np.ones(width) / width, mode="same")


def uses(done: Served, servers: int, name: str, seconds: int) -> dict[str, Floats]:
    """Return use and mean wait by second of what served."""
    count = np.maximum(1.0, by_second(done.at_s, np.ones_like(done.at_s), seconds))
    busy = by_second(np.minimum(done.at_s + done.wait_s, seconds - 1e-6), done.service_s, seconds) / servers
    return {
        f"{name}_use": np.minimum(1.0, smooth(busy)), f"{name}_wait": smooth(by_second(done.at_s, done.wait_s, seconds) / count),
    }  # fmt: skip


def idle(name: str, load: Floats, most: float) -> dict[str, Floats]:
    """Return a resource that is never short: its use follows the load, nothing waits for it."""
    return {f"{name}_use": most * load / load.max(), f"{name}_wait": np.full_like(load, 0.0005)}


# Climbs.


def load_of(done: Served, seconds: int) -> Floats:
    """Return the arrivals of each second, at least 1."""
    return np.maximum(1.0, by_second(done.at_s, np.ones_like(done.at_s), seconds))


Serve = Callable[[Plan], Run]


def pool_of(servers: int = 4, service_s: float = 0.05, seed: int = 3) -> Serve:
    """A pool of `servers` places, each held for an exponential time; the CPU has nothing to do."""

    def serve(plan: Plan) -> Run:
        seconds = int(plan.duration_s)
        at_s = arrivals(plan, seed)
        done = served(at_s, exponential(at_s.size, service_s, seed + 1), servers)
        return run_of(plan, done, uses(done, servers, "pool", seconds) | idle("cpu", load_of(done, seconds), 0.35))

    return serve


def core_of(service_s: float = 0.01, seed: int = 5) -> Serve:
    """One core, exponential work; the pool is hardly used."""

    def serve(plan: Plan) -> Run:
        seconds = int(plan.duration_s)
        at_s = arrivals(plan, seed)
        done = served(at_s, exponential(at_s.size, service_s, seed + 1), 1)
        return run_of(plan, done, uses(done, 1, "cpu", seconds) | idle("pool", load_of(done, seconds), 0.3))

    return serve


def cap_of(cap_per_s: float = 120.0, service_s: float = 0.02, seed: int = 7) -> Serve:
    """A rate limit that lets one through every 1 / cap s; behind it everything has room."""

    def serve(plan: Plan) -> Run:
        at_s = arrivals(plan, seed)
        done = served(at_s, np.full(at_s.size, 1 / cap_per_s), 1)
        return quick(plan, Served(at_s, done.wait_s, np.full(at_s.size, service_s)), cpu=0.45)

    return serve


def quick(plan: Plan, done: Served, *, cpu: float = 0.2) -> Run:
    """Return a run in which no resource is short."""
    load = load_of(done, int(plan.duration_s))
    return run_of(plan, done, idle("pool", load, 0.2) | idle("cpu", load, cpu))


def pool_climb(
    seed: int = 3, hold_s: int = 120, *, servers: int = 4, service_s: float = 0.05, most: float = 80.0
) -> Run:
    """Return a climb on a pool."""
    return pool_of(servers, service_s, seed)(climb_plan(0.5 * servers / service_s, most, hold_s=hold_s))


def cpu_climb(seed: int = 5, hold_s: int = 120, *, service_s: float = 0.01) -> Run:
    """Return a climb on one core."""
    return core_of(service_s, seed)(climb_plan(50.0, 110.0, hold_s=hold_s))


def capped_climb(seed: int = 7, hold_s: int = 120, *, cap_per_s: float = 120.0, service_s: float = 0.02) -> Run:
    """Return a climb against a rate limit."""
    return cap_of(cap_per_s, service_s, seed)(climb_plan(60.0, 150.0, hold_s=hold_s))


# With the turns that are decided beside a load.


def course(plan: Plan, serve: Serve, *, most: int = 10) -> Run:
    """Return a climb that ends, bisects, is confirmed and goes back as it is decided under way; rests are not cut short.

    Each turn serves the whole plan again; what came before it is drawn as it was.
    """
    run = serve(plan)
    ends = {stage.name: stage.end_s for stage in plan.stages}
    steps = climb(run, [observe(run, stage) for stage in plan.stages])
    for stage in climbing_steps(plan)[:-1]:
        last = last_wanted(plan, [step for step in steps if ends[step.stage] <= stage.end_s])
        if last is not None:
            run = serve(turn_back(plan, last))
            break
    for _ in range(most):
        plan = run.manifest.plan
        rest, wanted = last_rest(plan), next_wanted(run)
        if rest is None or wanted is None or wanted.level is None:
            break
        run = serve(go_on(plan, wanted.stage, wanted.level, rest.end_s))
    return run


# Truth.


def mmc_tail(rate: float, service_s: float, servers: int, beyond_s: float) -> float:
    """Return P(T > t) of M/M/c (Gross et al., Fundamentals of Queueing Theory, 4th ed., 2.3)."""
    mu, load = 1 / service_s, rate * service_s
    terms = [load**k / math.factorial(k) for k in range(servers)]
    last = load**servers / math.factorial(servers) * servers / (servers - load)
    waits = last / (sum(terms) + last)
    rest = servers - 1 - load
    alone = math.exp(-mu * beyond_s)
    if abs(rest) < 1e-9:
        return alone * (1 + waits * mu * beyond_s)
    return alone * (1 + waits * (1 - math.exp(-mu * beyond_s * rest)) / rest)


def mmc_limit(service_s: float, servers: int, limit_s: float) -> float:
    """Return the arrival rate at which p95 of M/M/c is a limit."""
    most = servers / service_s
    return float(brentq(lambda rate: mmc_tail(rate, service_s, servers, limit_s) - 0.05, 0.05 * most, 0.9999 * most))


def capped_limit(cap_per_s: float, service_s: float, limit_s: float) -> float:
    """Return the arrival rate at which p95 of the wait for a fixed rate, and a constant service after it, is a limit.

    M/D/1: P(W > t) = C exp(-θt), λ(exp(θD) - 1) = θ, C = (1 - ρ) / (λ D exp(θD) - 1) (Cramér and Lundberg; Asmussen, Applied
    Probability and Queues, 2003, XIII.5).
    """
    gap = 1 / cap_per_s

    def tail(rate: float) -> float:
        load = rate * gap
        theta = brentq(
            lambda value: rate * math.expm1(value * gap) - value, 1e-6 / gap + 2 * (1 - load) / gap * 0.5, 50 / gap
        )
        share = (1 - load) / (rate * gap * math.exp(theta * gap) - 1)
        return float(share * math.exp(-theta * (limit_s - service_s)))

    return float(brentq(lambda rate: tail(rate) - 0.05, 0.5 * cap_per_s, 0.9995 * cap_per_s))


def exponential(count: int, mean_s: float, seed: int) -> Floats:
    """Return exponential times."""
    return np.random.default_rng(seed).exponential(mean_s, count)
