"""Runs with a fault whose moments are known: reads, writes and health each second, failing or slow in chosen seconds."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from records.event import Event, EventKind
from records.generator import GeneratorSample
from records.run import Run
from records.window import Outcome
from scenarios.plan import Plan
from tests.unit.analysis.build_run import BOOK, HEALTH, SLOTS, Requests, build_run, healthy_samples, plan_of

PLAN: Plan = plan_of("failover", time_scale=0.25)  # 300 s; a window is 15 s
READS_PER_S, WRITES_PER_S = 40, 20
GOOD_US = 60_000.0
SLOW_US = 700_000.0  # over the limits of slots (200 ms) and of a booking (300 ms), under five times the latter


@dataclass(frozen=True, slots=True)
class Trouble:
    """What happens to requests meant to start in [start_s, end_s): they fail, or answer so late. `share` of them."""

    start_s: float
    end_s: float
    outcome: Outcome = Outcome.SERVER_ERROR
    latency_us: float = GOOD_US
    operations: tuple[str, ...] = (BOOK,)
    share: float = 1.0


def fault_events(name: str, *pairs: tuple[float, float | None]) -> list[Event]:
    """Return the events of injections of one fault."""
    found = []
    for start_s, end_s in pairs:
        found.append(Event(start_s, EventKind.FAULT, name, "begins: done (took 3 ms)"))
        if end_s is not None:
            found.append(Event(end_s, EventKind.FAULT, name, "ends: undone (took 3 ms)"))
    return found


def outage(
    *troubles: Trouble,
    events: Sequence[Event] = (),
    plan: Plan = PLAN,
    load: Callable[[int], float] = lambda second: 1.0,
    dropped: Iterable[int] = (),
    samples: Sequence[GeneratorSample] | None = None,
    seed: int = 1,
    all_planned: bool = False,
) -> Run:
    """Return a run of evenly spread requests; `load` scales the load of a second, `dropped` are seconds with 10 sessions dropped.

    Planned are the faults that are on the record, unless `all_planned`.
    """
    names = {event.name for event in events}
    if not all_planned:
        plan = plan.model_copy(update={"faults": tuple(one for one in plan.faults if one.name in names)})
    rng = np.random.default_rng(seed)
    requests = Requests()
    for name, per_s in ((SLOTS, READS_PER_S), (BOOK, WRITES_PER_S), (HEALTH, 2)):
        starts = np.concatenate(
            [second + np.sort(rng.random(round(per_s * load(second)))) for second in range(int(plan.duration_s))]
        )
        latency = GOOD_US * np.exp(0.2 * rng.standard_normal(starts.size))
        outcome = np.full(starts.size, Outcome.OK, dtype=object)
        for trouble in troubles:
            if name in trouble.operations:
                struck = (
                    (starts >= trouble.start_s) & (starts < trouble.end_s) & (rng.random(starts.size) < trouble.share)
                )
                outcome[struck] = trouble.outcome
                latency[struck] = trouble.latency_us
        for kind in set(outcome.tolist()):
            mask = outcome == kind
            requests.add(name, starts[mask].astype(int).tolist(), latency[mask], kind)
    wanted = set(dropped)
    given = healthy_samples(plan) if samples is None else samples
    changed = [replace(one, dropped=10, started=one.started - 10) if one.second in wanted else one for one in given]
    return build_run(requests, plan, samples=changed, events=events)
