"""From a probe of the profile to what reads it."""

import os
from typing import assert_never
from urllib.parse import urlsplit

from loadgen.probes.http_json import HttpJsonReader
from loadgen.probes.postgres import PostgresReader
from loadgen.probes.process import ProcessReader
from loadgen.probes.prometheus import PrometheusReader
from loadgen.probes.reading import NoReading, Reader
from loadgen.probes.redis import RedisReader
from scenarios.probe import Probe, ProbeKind
from scenarios.target import Target

PORTS = {"http": 80, "https": 443}


def reader_of(probe: Probe, target: Target) -> Reader:
    """Return what reads a probe; raise NoReading where something that it needs is not there, in words."""
    match probe.kind:
        case ProbeKind.PROMETHEUS:
            return PrometheusReader(probe, _url(probe, target), verify_tls=target.verify_tls)
        case ProbeKind.HTTP_JSON:
            return HttpJsonReader(probe, _url(probe, target), verify_tls=target.verify_tls)
        case ProbeKind.PROCESS:
            parts = urlsplit(target.url)
            return ProcessReader(probe, parts.port or PORTS[parts.scheme])
        case ProbeKind.POSTGRES:
            return PostgresReader(probe, _secret(probe.dsn_env))
        case ProbeKind.REDIS:
            return RedisReader(probe, _secret(probe.url_env))
        case _:
            assert_never(probe.kind)


def _url(probe: Probe, target: Target) -> str:
    assert probe.url is not None, "the profile was checked at the door"
    return probe.url.replace("{target}", target.url, 1)


def _secret(name: str | None) -> str:
    assert name is not None, "the profile was checked at the door"
    value = os.environ.get(name)
    if not value:
        raise NoReading(f"the environment variable {name} is not set")
    return value
