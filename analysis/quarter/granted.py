"""What is taken for granted of the runs that a report stands on, beside what `mixed` tells of the climbs: nothing is passed over in silence."""

from collections.abc import Iterator, Sequence

from analysis.figures import listed, number
from analysis.quarter.peak import PEAK
from records.run import Run

NO_BUILD = "not told"


def granted(climbs: Sequence[Run], others: Sequence[Run]) -> tuple[str, ...]:
    """Return a line for each thing of the climbs and of the other runs beside them that a reader would not take for granted."""
    return (
        *_of_climbs(climbs),
        *(line for run in (*climbs, *others) for line in _of_run(run)),
        *_of_others(climbs[-1], others),
    )


def _of_climbs(climbs: Sequence[Run]) -> Iterator[str]:
    planted = sorted({listed(list(run.manifest.plants)) or "none" for run in climbs})
    if len(planted) > 1:
        yield f"the runs had different faults planted ({'; '.join(planted)}), taken as one"
    if any(run.manifest.plan.objectives != climbs[-1].manifest.plan.objectives for run in climbs):
        yield f"the runs were judged by different objectives, each by its own; what is promised is that of {climbs[-1].manifest.run_id}"


def _of_run(run: Run) -> Iterator[str]:
    manifest = run.manifest
    if manifest.plants:
        yield f"{manifest.run_id} had faults planted ({listed(list(manifest.plants))}): its numbers are those of a target with them"
    if manifest.ended is None:
        yield f"{manifest.run_id} never came to its end: what was recorded until then stands for it"
    elif manifest.ended.reason != "completed":
        told = f": {manifest.ended.detail}" if manifest.ended.detail else ""
        yield f"{manifest.run_id} was {manifest.ended.reason} after {number(manifest.ended.at_s)} s{told}; what was recorded until then stands for it"
    if run.torn_lines:
        yield f"the last line of {listed(sorted(set(run.torn_lines)))} of {manifest.run_id} was cut off, and is left out"


def _of_others(latest: Run, others: Sequence[Run]) -> Iterator[str]:
    """Return what differs in runs that are shown beside the climbs; no capacity comes from them."""
    mine = latest.manifest
    for run in others:
        its = run.manifest
        named = (
            ("a run of {}, not of " + PEAK, its.plan.scenario, PEAK),
            ("of the build {}, not {}", its.target_build or NO_BUILD, mine.target_build or NO_BUILD),
            ("of another sandbox", str(its.plan.target.sandbox), str(mine.plan.target.sandbox)),
            ("scaled to {} of the load, not {}", number(its.plan.load_scale), number(mine.plan.load_scale)),
        )
        told = [words.format(theirs, ours) for words, theirs, ours in named if theirs != ours]
        if told:
            yield f"{its.run_id} is {', '.join(told)}: it is shown beside the climbs, no capacity comes from it"
