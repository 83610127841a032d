"""Probes: what is read of the target itself each second, and which signals (CPU, connections, hit ratio) it stands for."""

import re
from enum import StrEnum
from typing import Annotated, Literal

from pydantic import Field, model_validator

from scenarios.document import Strict
from scenarios.quantity import PositiveDurationS

MAX_PROBES = 16  # each has a thread of its own; a target has a handful of parts
MAX_SIGNALS = 40  # of one probe: a page of text
MAX_TIMEOUT_S = 0.9  # a sample is over before the next second's begins
SELECTOR = re.compile(r'[A-Za-z_:][A-Za-z0-9_:]*(\{([A-Za-z_]\w*="[^"]*"(,[A-Za-z_]\w*="[^"]*")*)?\})?')
Name = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$", max_length=40)]
EnvironmentName = Annotated[str, Field(pattern=r"^[A-Za-z_][A-Za-z0-9_]*$", max_length=100)]


class ProbeKind(StrEnum):
    """How a probe reads."""

    PROMETHEUS = "prometheus"
    POSTGRES = "postgres"
    REDIS = "redis"
    PROCESS = "process"
    HTTP_JSON = "http_json"


class Over(StrEnum):
    """What becomes of the samples of a gauge in a stretch of time: their mean, or the highest."""

    MEAN = "mean"
    MAX = "max"


class Signal(Strict):
    """What some metrics of a probe stand for. One of `histogram`, `counter` and `gauge` says what it is made of.

    A histogram gives quantiles of what was added to its buckets. A counter gives its increase: per second, divided by the
    gauge `share_of` where there is one, or divided by the increase of the counters `of`. A gauge gives the mean or the highest
    of its samples, divided by the gauge `share_of` where there is one.
    """

    name: Name
    title: str
    unit: Literal["s", "ratio", "per_s", "count", "bytes"]
    histogram: str | None = None
    counter: str | None = None
    gauge: str | None = None
    of: tuple[str, ...] = ()
    share_of: str | None = None
    over: Over = Over.MEAN

    @model_validator(mode="after")
    def _check(self) -> "Signal":
        made_of = [name for name in ("histogram", "counter", "gauge") if getattr(self, name) is not None]
        if len(made_of) != 1:
            raise ValueError(
                f"has {' and '.join(made_of) or 'none of histogram, counter, gauge'}; expected exactly one of them"
            )
        if self.of and self.counter is None:
            raise ValueError("of has a meaning only for a counter; take it out, or use share_of")
        if self.share_of is not None and (self.histogram is not None or self.of):
            raise ValueError("share_of has no meaning for a histogram, nor beside of; take it out")
        return self

    @property
    def selectors(self) -> tuple[str, ...]:
        """Return the counters and gauges that it is made of."""
        return tuple(name for name in (self.counter, self.gauge, self.share_of, *self.of) if name is not None)


class Resource(Strict):
    """Something of the target that can be used up: the signals of its use (a ratio), of the wait for it, of how long it is held."""

    name: str
    use: Name
    wait: Name | None = None
    hold: Name | None = None


GIVEN_SIGNALS: dict[ProbeKind, tuple[Signal, ...]] = {
    ProbeKind.PROMETHEUS: (),
    ProbeKind.HTTP_JSON: (),
    ProbeKind.PROCESS: (
        Signal(name="cpu", title="CPU", unit="ratio", counter="cpu_seconds", share_of="cores"),
        Signal(name="memory", title="Memory", unit="ratio", gauge="resident_bytes", share_of="memory_bytes"),
        Signal(name="descriptors", title="Descriptors", unit="count", gauge="descriptors", over=Over.MAX),
    ),
    ProbeKind.POSTGRES: (
        Signal(
            name="database_connections", title="Database connections", unit="count", gauge="connections", over=Over.MAX
        ),
        Signal(
            name="database_connection_use",
            title="Database connections of those allowed",
            unit="ratio",
            gauge="connections",
            share_of="max_connections",
        ),
        Signal(name="database_waiting", title="Backends waiting for a lock", unit="count", gauge="waiting_for_locks"),
        Signal(
            name="database_cache_hit",
            title="Database cache hits",
            unit="ratio",
            counter="blocks_hit",
            of=("blocks_hit", "blocks_read"),
        ),
        Signal(
            name="database_query_mean",
            title="Database query, mean",
            unit="s",
            counter="statements_seconds",
            of=("statements_calls",),
        ),
    ),
    ProbeKind.REDIS: (
        Signal(
            name="cache_hit",
            title="Cache hits",
            unit="ratio",
            counter="keyspace_hits",
            of=("keyspace_hits", "keyspace_misses"),
        ),
        Signal(name="cache_memory", title="Memory of the cache", unit="bytes", gauge="used_memory", over=Over.MAX),
    ),
}
"""What a kind gives by itself, beside the signals that the profile asks for."""

NEEDED = {
    ProbeKind.PROMETHEUS: ("url",),
    ProbeKind.POSTGRES: ("dsn_env",),
    ProbeKind.REDIS: ("url_env",),
    ProbeKind.PROCESS: (),
    ProbeKind.HTTP_JSON: ("url", "paths"),
}
ALLOWED = {
    ProbeKind.PROMETHEUS: ("url", "metrics"),
    ProbeKind.POSTGRES: ("dsn_env",),
    ProbeKind.REDIS: ("url_env",),
    ProbeKind.PROCESS: ("pid", "port", "process", "cores", "memory_bytes"),
    ProbeKind.HTTP_JSON: ("url", "paths"),
}
KIND_KEYS = ("url", "metrics", "dsn_env", "url_env", "pid", "port", "process", "cores", "memory_bytes", "paths")


class Probe(Strict):
    """One probe of a target profile. Secrets come from the environment: `dsn_env`, `url_env` name the variable.

    `url` may begin with `{target}`, the address of the target. `port = "target"` is the port of that address. `metrics` are
    Prometheus series that are recorded beside those of the signals; `paths` JSON paths by metric, such as `checks.database.status`.
    `cores` and `memory_bytes` are what the process may use, where that is not the machine's.
    """

    name: Name
    kind: ProbeKind
    timeout: PositiveDurationS = 0.8
    url: str | None = None
    metrics: tuple[str, ...] = ()
    dsn_env: EnvironmentName | None = None
    url_env: EnvironmentName | None = None
    pid: Annotated[int, Field(ge=1)] | None = None
    port: Annotated[int, Field(ge=1, le=65535)] | Literal["target"] | None = None
    process: str | None = None
    cores: Annotated[int, Field(ge=1, le=4096)] | None = None
    memory_bytes: Annotated[int, Field(ge=1)] | None = None
    paths: dict[Name, str] = Field(default_factory=dict)
    signals: Annotated[tuple[Signal, ...], Field(max_length=MAX_SIGNALS)] = ()

    @model_validator(mode="after")
    def _check(self) -> "Probe":
        problems = [
            f"{key} is missing; a {self.kind} probe needs it" for key in NEEDED[self.kind] if not getattr(self, key)
        ]
        problems += [
            f"{key} has no meaning for a {self.kind} probe; take it out"
            for key in KIND_KEYS
            if getattr(self, key) and key not in ALLOWED[self.kind]
        ]
        if self.kind is ProbeKind.PROCESS and sum(bool(way) for way in (self.pid, self.port, self.process)) != 1:
            problems.append("a process probe needs exactly one of pid, port, process to find it")
        if self.timeout > MAX_TIMEOUT_S:
            problems.append(
                f"timeout is {self.timeout:g} s; expected at most {MAX_TIMEOUT_S:g} s, a sample is taken each second"
            )
        if self.url is not None and not re.match(r"(https?://|\{target\})", self.url):
            problems.append(f'url is "{self.url}"; expected http://…, https://… or {{target}}/…')
        problems += [
            f'"{text}" is no series; expected a name, such as cache_hits_total, or name{{label="value"}}'
            for text in self.series
            if self.kind is ProbeKind.PROMETHEUS and SELECTOR.fullmatch(text) is None
        ]
        if problems:
            raise ValueError(f"{self.name}: {'; '.join(problems)}")
        return self

    @property
    def all_signals(self) -> tuple[Signal, ...]:
        """Return the profile's signals and those of the kind, the profile's own in the place of one of the same name."""
        named = {signal.name for signal in self.signals}
        return self.signals + tuple(signal for signal in GIVEN_SIGNALS[self.kind] if signal.name not in named)

    @property
    def histograms(self) -> tuple[str, ...]:
        """Return the histograms that its signals are made of, each once."""
        return tuple(dict.fromkeys(signal.histogram for signal in self.signals if signal.histogram is not None))

    @property
    def series(self) -> tuple[str, ...]:
        """Return the series that are read of a Prometheus text, each once: counters, gauges, histograms and others."""
        own = (text for signal in self.signals for text in signal.selectors)
        return tuple(dict.fromkeys((*own, *self.histograms, *self.metrics)))


def signal_named(probes: tuple[Probe, ...], name: str) -> tuple[Probe, Signal] | None:
    """Return the probe that gives a signal; the first of several. None where none does."""
    for probe in probes:
        for signal in probe.all_signals:
            if signal.name == name:
                return probe, signal
    return None


def problems_of(probes: tuple[Probe, ...], resources: tuple[Resource, ...]) -> list[str]:
    """Return what is wrong with the probes of a profile taken together."""
    problems = []
    names = [probe.name for probe in probes]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        problems.append(f"probes: the name {', '.join(twice)} appears twice; give each probe its own")
    for resource in resources:
        for key, name in (("use", resource.use), ("wait", resource.wait), ("hold", resource.hold)):
            if name is not None and signal_named(probes, name) is None:
                known = sorted({signal.name for probe in probes for signal in probe.all_signals})
                problems.append(
                    f'resources: {resource.name}: {key} is "{name}", which no probe gives; known: {", ".join(known) or "none"}'
                )
    return problems
