"""Live progress of a run, read from its folder: stage, time left, users, rate, p95, errors, sickness of the generator."""

from collections import defaultdict, deque
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.live import Live
from rich.text import Text

from loadgen.turn import turns_asked
from records.event import SAMPLED
from records.folder import EVENTS, GENERATOR, WINDOWS
from records.histogram import Histogram
from records.manifest_file import read_manifest
from records.tail import Tail
from records.window import FAILED, PAYMENT_FLOW, Outcome
from scenarios.objectives import Metric, Scope
from scenarios.plan import Plan
from scenarios.scenario import Model

WINDOW_S = 10  # figures are of the last 10 s: calm enough to read, quick enough to see a change
LINE_EVERY_S = 10  # without a terminal, one line in so many seconds
SICK_LAG_US = 50_000.0
SICK_CPU_RATIO = 0.9


@dataclass(slots=True)
class _Second:
    response_us: Histogram = field(default_factory=Histogram.empty)
    requests: int = 0
    failed: int = 0


class Progress:
    """Follows a run folder; `line` says where the run is."""

    def __init__(self, plan: Plan, folder: Path) -> None:
        self._plan = plan
        self._windows = Tail(folder / WINDOWS)
        self._samples = Tail(folder / GENERATOR)
        self._events = Tail(folder / EVENTS)
        self._broken: dict[str, float] = {}
        self._recent: deque[_Second] = deque(maxlen=WINDOW_S)
        self._latest: dict[str, dict[str, Any]] = {}
        self._planned = self._started = self._dropped = self._requests = self._failed = 0
        self.second = -1
        self._folder = folder
        self._turns = 0

    def look(self) -> bool:
        """Read what is new; tell whether a second has passed."""
        self._follow_turns()
        self._follow_sample()
        seconds: dict[int, _Second] = defaultdict(_Second)
        for record in self._windows.new_records():
            if record["operation"] != PAYMENT_FLOW:
                self._add(seconds[0], record)
        samples = self._samples.new_records()
        for sample in samples:
            self._latest[sample["worker"]] = sample
            self._planned += sample["planned"]
            self._started += sample["started"]
            self._dropped += sample["dropped"]
            self.second = max(self.second, sample["second"])
        if seconds or samples:
            self._recent.append(seconds[0])
        return bool(samples)

    def _follow_turns(self) -> None:
        """Go by the plan that a climb turned to, as soon as the manifest has it: a turn asked for may be taken a moment later."""
        if self._plan.staircase is None:
            return
        turns = len(turns_asked(self._folder))
        if turns > self._turns:
            plan = read_manifest(self._folder).plan
            self._turns = turns if plan.stages != self._plan.stages else self._turns
            self._plan = plan

    def _follow_sample(self) -> None:
        """Take note of what the audit's sample found broken, and when first."""
        for event in self._events.new_records():
            if event["name"].startswith(SAMPLED):
                self._broken.setdefault(event["name"].removeprefix(SAMPLED), event["at_s"])

    def _add(self, second: _Second, record: dict[str, Any]) -> None:
        second.response_us.add_sparse(record["response_us"])
        requests = sum(record["outcomes"].values())
        failed = sum(count for name, count in record["outcomes"].items() if Outcome(name) in FAILED)
        second.requests += requests
        second.failed += failed
        self._requests += requests
        self._failed += failed

    def line(self) -> str:
        """Return the state in one line of at most 110 characters."""
        if self.second < 0:
            return "starting users …"
        now_s = self.second + 1
        stage = self._plan.stage_at(self.second + 0.5)
        name = f"{stage.name} ({stage.level:g} x)" if stage else "draining"
        left = max(0.0, self._plan.duration_s - now_s)
        parts = [
            f"{name:<18}",
            f"{_clock(left)} left",
            f"{sum(sample['busy'] for sample in self._latest.values()):,} busy",
            f"{self._rate():,.0f} req/s",
            self._against_plan(),
            self._p95(),
            f"errors {self._failed:,}",
        ]
        broken = [f"! broken: {name} at {at_s:.0f} s" for name, at_s in self._broken.items()]
        parts[2:2] = broken[:1]  # not at the end, which a narrow terminal cuts off
        return "  ".join([*parts, *self._sickness()])

    def _against_plan(self) -> str:
        if self._plan.model is Model.OPEN:
            return f"sessions {self._started:,}/{self._planned:,}"
        users = sum(sample["users"] for sample in self._latest.values())
        return f"users {users:,}/{sum(sample['users_planned'] for sample in self._latest.values()):,}"

    def _rate(self) -> float:
        return sum(second.requests for second in self._recent) / max(1, len(self._recent))

    def _p95(self) -> str:
        merged = Histogram.merged(second.response_us for second in self._recent)
        value_us = merged.quantile_us(0.95)
        if value_us is None:
            return "p95 –"
        limit_s = _p95_limit_s(self._plan)
        text = f"p95 {value_us / 1000:.0f} ms"
        if limit_s is None:
            return text
        return f"{text} {'<' if value_us <= limit_s * 1e6 else '> LIMIT'} {limit_s * 1000:.0f}"

    def _sickness(self) -> list[str]:
        signs = []
        for worker, sample in sorted(self._latest.items()):
            lag_us = Histogram.from_sparse(sample["loop_lag_us"]).quantile_us(0.99) or 0.0
            if lag_us > SICK_LAG_US:
                signs.append(f"! {worker}: loop lag {lag_us / 1000:.0f} ms")
            if sample["cpu_ratio"] > SICK_CPU_RATIO:
                signs.append(f"! {worker}: CPU {sample['cpu_ratio']:.0%}")
        if self._dropped:
            signs.append(f"! {self._dropped} sessions dropped")
        return signs[:2]


def _p95_limit_s(plan: Plan) -> float | None:
    """Return the limit for all operations together, in s."""
    for objective in plan.objectives.objective:
        if objective.metric is Metric.RESPONSE_P95 and objective.scope is Scope.TOGETHER and not objective.operations:
            return objective.limit
    return None


def _clock(seconds: float) -> str:
    return f"{int(seconds) // 60}:{int(seconds) % 60:02d}"


def follow(
    plan: Plan, folder: Path, is_running: Callable[[], bool], sleep: Callable[[float], None], console: Console
) -> None:
    """Show progress until the run ends: a live line on a terminal, else a line now and then."""
    progress = Progress(plan, folder)
    if console.is_terminal:
        with Live(Text("starting users …"), console=console, refresh_per_second=2, transient=True) as live:
            while is_running():
                if progress.look():
                    live.update(Text(progress.line(), overflow="ellipsis", no_wrap=True))
                sleep(0.5)
        return
    said_at = -LINE_EVERY_S
    while is_running():
        progress.look()
        if progress.second >= said_at + LINE_EVERY_S:
            said_at = progress.second
            console.print(progress.line(), soft_wrap=True, highlight=False)
        sleep(0.5)
