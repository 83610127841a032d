"""Faults: what is broken on purpose in a scenario, when, and for how long."""

from enum import StrEnum
from typing import Annotated, Literal

from pydantic import Field, model_validator

from scenarios.document import Strict
from scenarios.quantity import DurationS, PositiveDurationS

MAX_FAULTS = 50
MAX_REPEATS = 100
MAX_INJECTIONS = 200  # each has a thread that waits for its moment
MIN_FAULT_S = 1.0  # the recorder's windows are whole seconds; a shorter fault could not be told from noise


class FaultKind(StrEnum):
    """Who breaks it: a plant of the sandbox, a killed instance of it, a command, Toxiproxy, Chaos Toolkit."""

    SANDBOX = "sandbox"
    KILL = "kill"
    COMMAND = "command"
    TOXIPROXY = "toxiproxy"
    CHAOS = "chaos"


NEEDS = {
    FaultKind.SANDBOX: ("plant",),
    FaultKind.KILL: (),
    FaultKind.COMMAND: ("start",),
    FaultKind.TOXIPROXY: ("url", "proxy", "toxic"),
    FaultKind.CHAOS: ("experiment",),
}
MAY_HAVE = {FaultKind.KILL: ("instance",), FaultKind.COMMAND: ("stop",)}
OWN_KEYS = ("plant", "instance", "start", "stop", "url", "proxy", "toxic", "experiment")
Words = Annotated[tuple[Annotated[str, Field(min_length=1, max_length=1000)], ...], Field(min_length=1, max_length=100)]


class Toxic(Strict):
    """A toxic as Toxiproxy's API takes it; `down` closes the whole proxy instead. Attributes are its own (ms, kB per s …)."""

    type: Literal[
        "latency", "bandwidth", "slow_close", "timeout", "reset_peer", "slicer", "limit_data", "down"
    ]  # fmt: skip
    stream: Literal["downstream", "upstream"] = "downstream"
    toxicity: Annotated[float, Field(gt=0, le=1)] = 1.0
    attributes: dict[str, int] = Field(default_factory=dict)


class Fault(Strict):
    """One fault. `at` counts from the start of `stage`, or of the run; repeated `repeat` times, one `every` so long.

    `duration` is how long it lasts; for `kill` and `chaos`, which end by themselves, by when they are over at the latest.
    """

    name: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$", max_length=40)]
    kind: FaultKind
    stage: str | None = None
    at: DurationS
    duration: PositiveDurationS
    repeat: Annotated[int, Field(ge=1, le=MAX_REPEATS)] = 1
    every: PositiveDurationS | None = None
    plant: str | None = None
    instance: Annotated[int, Field(ge=1, le=64)] | None = None
    start: Words | None = None
    stop: Words | None = None
    url: str | None = None
    proxy: str | None = None
    toxic: Toxic | None = None
    experiment: str | None = None

    @model_validator(mode="after")
    def _check(self) -> "Fault":
        given = [key for key in OWN_KEYS if getattr(self, key) is not None]
        needs = NEEDS[self.kind]
        missing = [key for key in needs if key not in given]
        foreign = [key for key in given if key not in needs + MAY_HAVE.get(self.kind, ())]
        problems = []
        if missing:
            problems.append(f"has no {' and no '.join(missing)}; the kind {self.kind} needs {' and '.join(needs)}")
        if foreign:
            problems.append(f"has {', '.join(foreign)}, which the kind {self.kind} does not know; take it out")
        if self.at < 0:
            problems.append(f"has at = {self.at:g} s; expected 0 or more")
        if (self.repeat > 1) != (self.every is not None):
            problems.append("has only one of repeat (more than 1) and every; expected both, or neither")
        if self.every is not None and self.every <= self.duration:
            problems.append(
                f"comes every {self.every:g} s and lasts {self.duration:g} s; expected longer than it lasts, to see it recover"
            )
        if problems:
            raise ValueError("; ".join(problems))
        return self
