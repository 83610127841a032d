"""Whether the load that was planned was offered: sessions started, in time, none dropped; users there.

Sessions that a slow target kept from starting count against the target, not the generator: see `analysis.waiting`.
"""

from collections.abc import Sequence
from dataclasses import replace

from analysis.figures import listed, milliseconds, percent
from analysis.health import MIN_TOLERATED_SHARE, check, samples_in, tail_us, tolerated_share, worst_of
from analysis.observed import Observed
from analysis.verdict import GeneratorCheck
from analysis.waiting import target_kept_everybody_waiting
from records.generator import GeneratorSample
from records.run import Run
from scenarios.scenario import Model

# Each threshold with its reason; docs/validity.md says more.
MAX_LATENESS_US_P99 = 50_000.0  # it is part of a session's first response time: a quarter of the tightest limit
MAX_DROPPED_RATIO = 0.001  # as many as the errors that the product may have
MIN_USERS_RATIO = 0.98  # of the planned users; less is another level


def offered_load(run: Run, stages: Sequence[Observed]) -> tuple[GeneratorCheck, ...]:
    """Return the checks of the load; `stages` are the judged ones."""
    waiting = [observed.stage.name for observed in stages if target_kept_everybody_waiting(run, observed)]
    innocent = [observed for observed in stages if observed.stage.name not in waiting]
    excusable = _lateness(run, innocent), _dropped(run, innocent), _started(run, innocent)
    return (*(_excused(row, waiting) for row in excusable), _users(run, stages), _ramp(run, stages))


def _excused(row: GeneratorCheck, waiting: Sequence[str]) -> GeneratorCheck:
    """Return a healthy check with the stages that it leaves out; a sick one as it is."""
    if not row.healthy or not waiting:
        return row
    return replace(row, because=f"not judged in stage {listed(list(waiting))}: the target kept the users waiting")


def _lateness(run: Run, stages: Sequence[Observed]) -> GeneratorCheck:
    worst, where = worst_of([(tail_us(run, observed, "lateness_us"), observed.stage.name) for observed in stages])
    because = (
        f"sessions started {milliseconds(worst)} late (p99) in stage {where}: use more workers, or a faster machine"
        if worst > MAX_LATENESS_US_P99
        else ""
    )
    return check("lateness", "Lateness of sessions p99", worst, MAX_LATENESS_US_P99, "us", because)


def _dropped(run: Run, stages: Sequence[Observed]) -> GeneratorCheck:
    ratios = []
    for observed in stages:
        planned = sum(sample.planned for sample in samples_in(run, observed))
        dropped = sum(sample.dropped for sample in _with_late_drops(run, observed))
        ratios.append((dropped / planned if planned else 0.0, observed.stage.name))
    worst, where = worst_of(ratios)
    because = (
        f"{percent(worst)} of the arrivals of stage {where} found no free user in time: use more workers, or raise traffic.session_length"
        if worst > MAX_DROPPED_RATIO
        else ""
    )
    return check("dropped", "Dropped arrivals", worst, MAX_DROPPED_RATIO, "ratio", because)


def _with_late_drops(run: Run, observed: Observed) -> Sequence[GeneratorSample]:
    """Return a stage's samples; of the plan's last stage also those after it: an arrival is dropped when its time is up."""
    if observed.stage.end_s < run.manifest.plan.duration_s:
        return samples_in(run, observed)
    return [sample for sample in run.generator if sample.second >= observed.first]


def _started(run: Run, stages: Sequence[Observed]) -> GeneratorCheck:
    """Check that all but the tolerated share of the sessions started within their stage."""
    shares = []
    for observed in stages:
        samples = samples_in(run, observed)
        planned, started = sum(sample.planned for sample in samples), sum(sample.started for sample in samples)
        if planned:
            shares.append((started / planned, 1 - tolerated_share(observed), observed.stage.name))
    ratio, least, where = min(shares, default=(1.0, 1 - MIN_TOLERATED_SHARE, ""), key=lambda share: share[0] - share[1])
    because = (
        f"only {percent(ratio)} of the planned sessions of stage {where} started: use more workers"
        if ratio < least
        else ""
    )
    return check("started", "Sessions started of those planned", ratio, least, "ratio", because)


def _users(run: Run, stages: Sequence[Observed]) -> GeneratorCheck:
    ratio, where = _fewest([(samples_in(run, observed), observed.stage.name) for observed in stages])
    because = (
        f"only {percent(ratio)} of the planned {_noun(run)} were there in stage {where}: use more workers, or a longer warm-up"
        if ratio < MIN_USERS_RATIO
        else ""
    )
    return check("users", "Users of those planned", ratio, MIN_USERS_RATIO, "ratio", because)


def _ramp(run: Run, stages: Sequence[Observed]) -> GeneratorCheck:
    """Check that all users were there in the first second of each judged stage: a mean hides a ramp that came late."""
    firsts = [
        ([sample for sample in samples_in(run, observed) if sample.second == observed.first], observed.stage.name)
        for observed in stages
    ]
    ratio, where = _fewest(firsts)
    because = (
        f"only {percent(ratio)} of the planned {_noun(run)} were there when stage {where} began: use more workers, or a longer warm-up"
        if ratio < MIN_USERS_RATIO
        else ""
    )
    return check("ramp", "Users there when a judged stage begins", ratio, MIN_USERS_RATIO, "ratio", because)


def _noun(run: Run) -> str:
    return "users" if run.manifest.plan.model is Model.CLOSED else "places for users"


def _fewest(selections: Sequence[tuple[Sequence[GeneratorSample], str]]) -> tuple[float, str]:
    """Return the lowest share of planned users that were there, and where; 1 where none were planned."""
    shares = []
    for samples, where in selections:
        planned = sum(sample.users_planned for sample in samples)
        if planned:
            shares.append((sum(sample.users for sample in samples) / planned, where))
    return min(shares, default=(1.0, ""))
