"""What another size carries: climbs of the same target at several sizes, each with a lambda* of its own, and the law over them.

A size is a number of one unit: the places of all pools of the embedded sandbox, or what a person said (nodes, cores). The report itself stands on the size
of the latest climb alone. Lambda* of several sizes are never pooled: over them a law of scaling is fitted (analysis/scaling), and it speaks of no size
beyond 1.5 times the largest.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby, pairwise
from types import MappingProxyType

from analysis.figures import counted, listed, number
from analysis.quarter.climbed import Climbed, latest_of
from analysis.quarter.sustained import SEED, Sustained, sustained_of
from analysis.scaling.choice import MAX_RANGE, MIN_LEVELS, Predicted, Scaling, capacity, predict, scaling_of
from analysis.scaling.law import Level
from records.errors import RunDataError

PLACES, GIVEN = "place", "unit"
NOT_GIVEN: Mapping[str, float] = MappingProxyType({})
BEYOND = (1.25, MAX_RANGE)  # times the largest size: what is told of sizes that nobody measured


@dataclass(frozen=True, slots=True)
class Sized:
    """What was measured at one size: lambda* in requests per s with its 90 % interval, and the climbs that it is of."""

    size: float
    runs: tuple[str, ...]
    carried_per_s: float
    interval: tuple[float, float]
    at_least: bool


@dataclass(frozen=True, slots=True)
class Sizes:
    """All sizes, the smallest first, in one `unit`; `latest` is the one the report stands on.

    `told` is what the law says of each measured size, of those half-way between two, and up to 1.5 times the largest; empty where
    there is no law: `because`. `most` is where no larger size carries more, if that was seen.
    """

    unit: str
    latest: float
    rows: tuple[Sized, ...]
    levels: tuple[Level, ...]
    scaling: Scaling
    because: str
    most: Predicted
    told: tuple[Predicted, ...]

    def said(self, size: float) -> str:
        """Return a size with its unit."""
        return f"{size:g} {self.unit}{'' if size == 1 else 's'}"

    @property
    def apart(self) -> str:
        """Return the assumption that follows from there being several sizes."""
        others = listed([name for row in self.rows if row.size != self.latest for name in row.runs])
        return f"λ* is that of {self.said(self.latest)}, the size of the latest climb; runs of other sizes ({others}) have a table of their own"


def size_of(climb: Climbed, given: Mapping[str, float]) -> float | None:
    """Return the size of a climb's target, by what was given for its run, else by the pools of the sandbox; None: not known."""
    if given:
        return given.get(climb.run_id)
    shop = climb.run.manifest.plan.target.sandbox
    return None if shop is None or shop.pool is None else float(shop.pool * (shop.instances or 1))


def of_latest_size(climbs: Sequence[Climbed], given: Mapping[str, float]) -> tuple[Climbed, ...]:
    """Return the climbs at the size of the latest one; raise RunDataError where some have a size and others none."""
    sizes = {climb.run_id: size_of(climb, given) for climb in climbs}
    without = [name for name, size in sizes.items() if size is None]
    if without and len(without) < len(sizes):
        raise RunDataError(
            f"--size: nothing tells the size of {listed(without)}; expected that of every run, or of none: --size {without[0]}=4"
        )
    latest = sizes[latest_of(climbs).run_id]
    return _of_one_shape([climb for climb in climbs if sizes[climb.run_id] == latest])


def sizes_of(climbs: Sequence[Climbed], given: Mapping[str, float]) -> Sizes | None:
    """Return what each size carries and what the law over them says; None where all climbs are of one size.

    Every climb has a size, or none has: `of_latest_size` refuses what is between.
    """
    by_size = _by_size(climbs, given)
    if len(by_size) < 2:
        return None
    carried = {size: sustained_of(alike) for size, alike in by_size.items()}
    latest = size_of(latest_of(climbs), given)
    assert latest is not None, "sizes that differ are known"
    levels = tuple(
        Level(size, row.request_rate_per_s) for size, found in carried.items() for row in found.rows if not row.at_least
    )
    scaling = scaling_of(levels, SEED)
    return Sizes(
        unit=GIVEN if given else PLACES,
        latest=latest,
        rows=tuple(_sized(size, found) for size, found in carried.items()),
        levels=levels,
        scaling=scaling,
        because=_because(scaling),
        most=capacity(scaling),
        told=() if scaling.chosen is None else tuple(predict(scaling, size) for size in asked(scaling.loads)),
    )


def asked(sizes: Sequence[float]) -> list[float]:
    """Return the sizes of which the law is asked: those measured, half-way between them, and beyond; whole ones where all are whole."""
    whole = all(size == round(size) for size in sizes)
    wanted = [*sizes, *((low + high) / 2 for low, high in pairwise(sizes)), *(ratio * sizes[-1] for ratio in BEYOND)]
    return sorted({float(math.floor(size)) if whole else size for size in wanted})


def _by_size(climbs: Sequence[Climbed], given: Mapping[str, float]) -> dict[float, tuple[Climbed, ...]]:
    known = [(size, climb) for climb in climbs if (size := size_of(climb, given)) is not None]
    known.sort(key=lambda pair: pair[0])
    return {
        size: _of_one_shape([climb for _, climb in pairs]) for size, pairs in groupby(known, key=lambda pair: pair[0])
    }


def _of_one_shape(climbs: Sequence[Climbed]) -> tuple[Climbed, ...]:
    """Return climbs of one size; raise RunDataError where their sandboxes come to it in different ways."""
    shapes = sorted({_shape(climb) for climb in climbs})
    if len(shapes) > 1:
        raise RunDataError(
            f"--run: runs of the same size are of different sandboxes ({listed(shapes)}); expected one, leave out the others"
        )
    return tuple(climbs)


def _shape(climb: Climbed) -> str:
    shop = climb.run.manifest.plan.target.sandbox
    return "none" if shop is None else f"pool {shop.pool or 'default'}, {shop.instances or 1} instances"


def _sized(size: float, found: Sustained) -> Sized:
    return Sized(size, tuple(row.run_id for row in found.rows), found.middle_per_s, found.interval, found.at_least)


def _because(scaling: Scaling) -> str:
    """Return which law the sizes follow, or why none is told."""
    if len(scaling.loads) < MIN_LEVELS:
        return f"λ* was reached at {counted(len(scaling.loads), 'size')}; a law over sizes needs {MIN_LEVELS}, so that nothing is said of others"
    if scaling.chosen is None:
        return f"{scaling.because}; nothing is said of other sizes"
    return f"{scaling.because}; nothing is said beyond {MAX_RANGE:g} times the largest, {number(scaling.reach)}"
