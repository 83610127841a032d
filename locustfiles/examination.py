"""Examining a target: flows of steps that stand on each other, and what each step showed."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from loadgen.errors import TargetError
from loadgen.visit import Reply, Visit
from locustfiles.api.answers import message_of
from locustfiles.api.shop_api import UNAUTHORISED, ShopApi
from locustfiles.journeys.recent_payments import RecentPayment
from scenarios.mix import Persona
from scenarios.target import Target

RATE_LIMITED = 429


@dataclass(frozen=True, slots=True)
class Finding:
    """What one step showed. `why` says why it does not work, or what is to be known where it does."""

    flow: str
    step: str
    works: bool
    status: int = 0
    took_ms: float | None = None
    why: str = ""

    def as_record(self) -> dict[str, Any]:
        """Return the line's content."""
        return {
            "flow": self.flow,
            "step": self.step,
            "works": self.works,
            "status": self.status,
            "took_ms": self.took_ms,
            "why": self.why,
        }


class WatchedVisit(Visit):
    """A visit that keeps what came back."""

    seen: list[Reply]

    def send(self, method: str, path: str, **options: Any) -> Reply:
        """Send one request and keep the reply."""
        reply = super().send(method, path, **options)
        self.seen.append(reply)
        return reply


@dataclass(slots=True)
class Examination:
    """One examination of one target, and what later flows need of earlier ones."""

    target: Target
    seed: int
    seen: list[Reply] = field(default_factory=list)
    client: ShopApi | None = None
    staff: ShopApi | None = None
    staff_id: int | None = None
    payment: RecentPayment | None = None
    _visits: int = 0
    _open: list[Visit] = field(default_factory=list)

    def visit(self, persona: Persona) -> Visit:
        """Return a person with an address of its own."""
        self._visits += 1
        visit = WatchedVisit.alone(self.target, persona, seed=self.seed, number=self._visits)
        assert isinstance(visit, WatchedVisit)
        visit.seen = self.seen
        self._open.append(visit)
        return visit

    def close(self) -> None:
        """Close all connections."""
        while self._open:
            self._open.pop().close()


Walk = Callable[[Examination], Iterator[Finding]]


@dataclass(frozen=True, slots=True)
class Flow:
    """Steps that stand on each other: after one that does not work, the rest is not tried."""

    name: str
    steps: tuple[str, ...]
    walk: Walk
    ends_all: bool = False  # nothing else can be tried without it


def examine(examination: Examination, flows: Sequence[Flow]) -> Iterator[Finding]:
    """Give the findings one by one, in the order of the flows."""
    try:
        for flow in flows:
            worked = True
            for finding in _walk(examination, flow):
                worked = worked and finding.works
                yield replace(finding, flow=flow.name)
            if flow.ends_all and not worked:
                return
    except TargetError as error:
        yield Finding("target", "profile", works=False, why=str(error))
    finally:
        examination.close()


def _walk(examination: Examination, flow: Flow) -> Iterator[Finding]:
    """Give what the flow finds, up to the first step that does not work, and the rest as not tried."""
    failed: str | None = None
    remaining = list(flow.steps)
    for finding in flow.walk(examination):
        remaining.remove(finding.step)
        yield finding
        if not finding.works:
            failed = finding.step
            break
    for step in remaining:
        yield Finding(flow.name, step, works=False, why=f'not tried: "{failed}" did not work')


def found(step: str, reply: Reply, *, works: bool | None = None, why: str | None = None) -> Finding:
    """Return what a reply shows: by itself it works where the reply is ok, and says why where it is not."""
    worked = reply.ok if works is None else works
    because = why if why is not None else ("" if worked else explain(reply))
    return Finding("", step, worked, reply.status, round(reply.service_us / 1000, 1), because)


def explain(reply: Reply) -> str:
    """Return why a request did not do what it was meant to, in one line."""
    if reply.status == 0:
        return reply.why or str(reply.outcome.value)
    said = message_of(reply.body, reply.text)[:160]
    if reply.status == UNAUTHORISED:
        return f"401: wrong credentials; the target says {said!r}"
    if reply.status == RATE_LIMITED:
        return f"429: rate limited, retry after {reply.headers.get('retry-after', '?')} s"
    return reply.why or f"{reply.status}: {said}"
