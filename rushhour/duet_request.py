"""What `rushhour duet` is asked for: checked whole before anything is started, and laid out as a plan for each arm."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from records.duet import Arm, Pinning, Side
from rushhour.run import RunRequest, shared, why_no_target
from scenarios.audit import ScenarioAudit
from scenarios.errors import ScenarioError
from scenarios.library import load_plan, load_target
from scenarios.plan import Plan
from scenarios.quantity import positive_duration_s
from scenarios.scenario import Scenario, Stage, StageKind
from scenarios.target import TargetKind

MOST_RESTARTS = 50
LONGEST_S = 86_400.0
HALF = 0.5


@dataclass(frozen=True, slots=True)
class DuetRequest:
    """What `rushhour duet` was asked for. `own_dice`: the two sandboxes draw their times apart, not the same ones."""

    scenario: str
    arms: Mapping[Side, Arm]
    restarts: int = 5
    duration_s: float = 120.0
    warm_up_s: float = 30.0
    time_scale: float = 1.0
    load_scale: float = 1.0
    pinning: Pinning = Pinning.TOGETHER
    restart_with: tuple[str, ...] = ()
    own_dice: bool = False
    production: bool = False
    results: Path = Path("results")
    command: tuple[str, ...] = ("rushhour", "duet")

    def run(self, side: Side, results: Path) -> RunRequest:
        """Return what one arm is asked for as a run."""
        arm = self.arms[side]
        return RunRequest(self.scenario, arm.target, arm.url, plants=arm.plants, results=results)


def check_request(request: DuetRequest) -> None:
    """Raise ScenarioError with all that is wrong with a request, before anything is started."""
    problems = [
        f"--{name} is {value:g}; expected {least:g} to {most:g}"
        for name, value, least, most in (
            ("restarts", request.restarts, 1, MOST_RESTARTS),
            ("duration", request.duration_s, 1, LONGEST_S),
            ("warm-up", request.warm_up_s, 1, LONGEST_S),
        )
        if not least <= value <= most
    ]
    for side, arm in request.arms.items():
        kind = load_target(arm.target).kind
        own = kind is TargetKind.SANDBOX and arm.url is None
        if arm.plants and not own:
            problems.append(
                f"--plant-{side.value} needs a sandbox that this command starts itself; use --{side.value} sandbox"
            )
        problems += why_no_target(arm.target, kind, production=request.production)
    if problems:
        raise ScenarioError(problems)
    plans = {side: plan_of(request, side, seed_of(request), None) for side in Side}
    if not is_fresh(request) and plans[Side.A].target.url == plans[Side.B].target.url:
        raise ScenarioError(
            [f"both arms are at {plans[Side.A].target.url}; expected two builds at two addresses (--url-a, --url-b)"]
        )


def asked_duration_s(option: str, text: str) -> float:
    """Return the seconds of an option such as "120 s"; raise ScenarioError."""
    try:
        return positive_duration_s(text)
    except ValueError as error:
        raise ScenarioError([f"{option} {error}"]) from error


def asked_pinning(word: str) -> Pinning:
    """Return how cores are given; raise ScenarioError for a word that is none of them."""
    try:
        return Pinning(word)
    except ValueError:
        known = ", ".join(pinning.value for pinning in Pinning)
        raise ScenarioError([f'--pin is "{word}"; expected one of {known}']) from None


def is_fresh(request: DuetRequest) -> bool:
    """Tell whether both targets are started anew for each restart."""
    own = (load_target(arm.target).kind is TargetKind.SANDBOX and arm.url is None for arm in request.arms.values())
    return all(own) or bool(request.restart_with)


def seed_of(request: DuetRequest) -> int:
    """Return the seed that the scenario has; each restart has another, counted from it."""
    return load_plan(request.scenario, request.arms[Side.A].target).seed


def plan_of(request: DuetRequest, side: Side, seed: int, url: str | None) -> Plan:
    """Return the plan of one arm: the scenario's first steady stage after a warm-up, at half the load; raise ScenarioError."""
    arm = request.arms[side]
    plan = load_plan(
        request.scenario,
        arm.target,
        url=url or arm.url,
        time_scale=request.time_scale,
        load_scale=request.load_scale * HALF,
        reshape=partial(_steady, request, seed),
    )
    return plan if arm.url is None else shared(plan)


def _steady(request: DuetRequest, seed: int, scenario: Scenario) -> Scenario:
    """Return the scenario as a warm-up and one steady stage with another seed."""
    stage = next((stage for stage in scenario.stages if stage.kind is StageKind.STEADY), None)
    problems = [
        f"scenario {scenario.name} {what}; expected one with a steady stage and nothing else, such as baseline: a duet compares two builds at one level"
        for what, is_so in (
            ("climbs (staircase)", scenario.staircase is not None),
            ("breaks things (faults)", bool(scenario.faults)),
            ("follows recorded arrivals (traffic.series)", scenario.traffic.series is not None),
            ("has no steady stage", stage is None and scenario.staircase is None),
        )
        if is_so
    ]
    if problems or stage is None:
        raise ScenarioError(problems)
    warm_up_s, duration_s = request.warm_up_s / request.time_scale, request.duration_s / request.time_scale
    stages = (
        Stage(name="warm_up", kind=StageKind.WARM_UP, level=stage.level, duration=float(warm_up_s)),
        Stage(name=stage.name, kind=StageKind.STEADY, level=stage.level, duration=float(duration_s)),
    )
    nobody_looks = ScenarioAudit(enabled=False)  # reading back would be load of its own, at one arm before the other
    return scenario.model_copy(update={"stages": stages, "seed": seed, "audit": nobody_looks})
