"""What the quarter comes to: capacity from the runs, growth from the history, plan and cost from the price list. Values only."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from analysis.figures import number
from analysis.growth.backtest import Backtest, backtest
from analysis.growth.demand import Demand
from analysis.growth.forecast import Outlook
from analysis.planning.capacity import WHOLE
from analysis.planning.inputs import PlanInputs, RateTarget
from analysis.planning.plan import CapacityPlan, capacity_plan
from analysis.planning.row import PlanRow
from analysis.planning.side_by_side import Beside, side_by_side
from analysis.quarter.climbed import Climbed, Session, mixed, session_of
from analysis.quarter.doubled import Doubled, doubled
from analysis.quarter.granted import granted
from analysis.quarter.other_mix import OtherMix
from analysis.quarter.peak import Peak, peaks_of
from analysis.quarter.promise import Promise, promises_of
from analysis.quarter.resources import capacities_of
from analysis.quarter.sizes import NOT_GIVEN, Sizes, of_latest_size, sizes_of
from analysis.quarter.sustained import SEED, Sustained, sustained_of
from analysis.scaling.choice import Predicted, Scaling, capacity, scaling_of
from analysis.scaling.demand import Demands
from analysis.scaling.evidence import demands, levels_of
from analysis.scaling.law import Level
from analysis.scaling.nodes import Carrying, carrying, nodes_for
from records.run import Run
from scenarios.price_list import Growing, PriceList

MORE_NODES = 3  # rows of the table of nodes beyond those that were measured


@dataclass(frozen=True, slots=True)
class Nodes:
    """What more of the first resource that grows by count carries, and how many are safe for each promised rate (None: too many)."""

    resource: str
    measured: int
    rows: tuple[Carrying, ...]
    needed: tuple[tuple[str, int | None], ...]


@dataclass(frozen=True, slots=True)
class Quarter:
    """All that the report shows. `against` is a second plan, `beside` the figures of both; `peaks` and `mixes` may be empty."""

    climbs: tuple[Climbed, ...]
    sustained: Sustained
    session: Session
    promises: tuple[Promise, ...]
    levels: tuple[Level, ...]
    scaling: Scaling
    served: Predicted
    doubled: tuple[Doubled, ...]
    nodes: Nodes | None
    demands: Demands | None
    sizes: Sizes | None
    peaks: tuple[Peak, ...]
    history: Demand
    backtest: Backtest
    plan: CapacityPlan
    against: CapacityPlan | None
    beside: tuple[Beside, ...]
    mixes: tuple[OtherMix, ...]
    assumptions: tuple[str, ...]

    @property
    def last(self) -> Climbed:
        """Return the latest climb: what is told of the target is told of it."""
        return self.climbs[-1]

    @property
    def whole(self) -> PlanRow:
        """Return the plan's row of all objectives; there is one, since there is a climb."""
        return next(row for row in self.plan.rows if row.target == WHOLE)

    @property
    def scales(self) -> tuple[float, float]:
        """Return by what times and loads of the latest run were scaled."""
        plan = self.last.run.manifest.plan
        return plan.time_scale, plan.load_scale

    @property
    def is_demonstration(self) -> bool:
        """Tell whether the target is a sandbox: then the numbers are those of a stand-in."""
        return self.last.run.manifest.plan.target.kind.value == "sandbox"


@dataclass(frozen=True, slots=True)
class Measured:
    """What the runs say, before any growth or price."""

    climbs: tuple[Climbed, ...]
    peaks: tuple[Peak, ...]
    sustained: Sustained
    session: Session
    promises: tuple[Promise, ...]
    sizes: Sizes | None
    assumptions: tuple[str, ...]


def measured_of(
    climbs: Sequence[Climbed],
    peak_runs: Sequence[Run],
    given: Mapping[str, float] = NOT_GIVEN,
    said: Sequence[str] = (),
) -> Measured:
    """Return what runs of one target and mix say, the oldest first; raise RunDataError where they do not belong together.

    `given`: sizes of the target by run id, where the runs do not tell them. All but `sizes` is of the latest climb's size.
    `said` goes with what is assumed.
    """
    every = sorted(climbs, key=lambda climb: climb.run.manifest.started_at)
    told = (*mixed(every), *granted([climb.run for climb in every], peak_runs))
    ordered, sizes = of_latest_size(every, given), sizes_of(every, given)
    if sizes is not None:
        told = (*told, sizes.apart)
    sustained, session = sustained_of(ordered), session_of(ordered[-1])
    promises = promises_of(ordered[-1].run.manifest.plan.objectives, sustained, session)
    return Measured(
        ordered,
        peaks_of(peak_runs),
        sustained,
        session,
        promises,
        sizes,
        (*said, *told, *sustained.assumptions, session.said),
    )


def inputs_of(measured: Measured, outlook: Outlook, prices: PriceList, units: Mapping[str, int]) -> PlanInputs:
    """Return what the plan is made of; `units`: how many of a priced resource the runs' target had, where that is known."""
    capacities, told = capacities_of(measured.climbs, measured.sustained, prices, units)
    targets = tuple(RateTarget(each.name, each.rate_per_s) for each in measured.promises if each.rate_per_s is not None)
    return PlanInputs("as it stands", outlook, capacities, prices, targets, told)


def quarter_of(
    measured: Measured, inputs: PlanInputs, other: PlanInputs | None = None, mixes: Sequence[OtherMix] = ()
) -> Quarter:
    """Return the whole; `other` is what the plan is held against, `mixes` what others would carry. Raise ScenarioError where demand cannot be forecast."""
    levels = tuple(level for climb in measured.climbs for level in levels_of(climb.found.steps))
    scaling = scaling_of(levels, SEED)
    plan = capacity_plan(inputs)
    against = None if other is None else capacity_plan(other)
    return Quarter(
        climbs=measured.climbs,
        sustained=measured.sustained,
        session=measured.session,
        promises=measured.promises,
        levels=levels,
        scaling=scaling,
        served=capacity(scaling),
        doubled=doubled(measured.climbs[-1]),
        nodes=_nodes(measured, inputs),
        demands=_demands(measured.climbs[-1]),
        sizes=measured.sizes,
        peaks=measured.peaks,
        history=inputs.outlook.demand,
        backtest=backtest(inputs.outlook),
        plan=plan,
        against=against,
        beside=() if against is None else side_by_side(plan, against),
        mixes=tuple(mixes),
        assumptions=(*measured.assumptions, *plan.assumptions),
    )


def scaled_history(demand: Demand, factor: float) -> Demand:
    """Return a history times a factor, and say so: traffic of a shop of another size."""
    if factor == 1.0:
        return demand
    values = tuple(None if value is None else value * factor for value in demand.values)
    told = f"traffic of {demand.source} is multiplied by {number(factor)} (--traffic-scale)"
    return replace(demand, values=values, assumptions=(*demand.assumptions, told))


def _nodes(measured: Measured, inputs: PlanInputs) -> Nodes | None:
    priced = next(
        (
            each
            for each in inputs.prices.resources
            if each.grows_by is Growing.COUNT and inputs.capacity(each.name) is not None
        ),
        None,
    )
    found = None if priced is None else inputs.capacity(priced.name)
    if priced is None or found is None:
        return None
    rate = measured.sustained.middle_per_s
    return Nodes(
        resource=priced.name,
        measured=found.units,
        rows=tuple(
            carrying(rate, found.units, nodes) for nodes in range(max(1, found.units), found.units + MORE_NODES + 1)
        ),
        needed=tuple((target.name, nodes_for(target.rate_per_s, rate, found.units)) for target in inputs.targets),
    )


def _demands(climb: Climbed) -> Demands | None:
    """Return what each operation takes of the resource that was most in use at the last good step; None where no probe saw one."""
    busiest = climb.found.bottleneck or next(
        (row.resource for row in climb.found.saturations if row.use_before is not None), None
    )
    resource = next((each for each in climb.run.manifest.plan.target.resources if each.name == busiest), None)
    if resource is None:
        return None
    stages = [observed for observed in climb.stages if observed.stage.is_measured and observed.seconds > 0]
    return demands(climb.run, resource, stages, SEED)
