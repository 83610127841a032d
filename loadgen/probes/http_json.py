"""The probe `http_json`: numbers, and words of health, at paths of a JSON answer."""

from collections.abc import Mapping
from typing import Any

import orjson

from loadgen.probes.fetching import Fetching
from loadgen.probes.reading import NoReading, Reading
from scenarios.probe import Probe

WELL = frozenset({"healthy", "ok", "up", "pass", "passing", "green", "operational", "connected", "true"})
ILL = frozenset(
    {
        "unhealthy", "error", "down", "fail", "failed", "failing", "critical", "red", "disconnected", "degraded", "warn",
        "warning", "yellow", "unavailable", "timeout", "false",
    }
)  # fmt: skip


class HttpJsonReader:
    """Reads one answer a sample. A health word is 1 or 0; degraded is not healthy."""

    def __init__(self, probe: Probe, url: str, *, verify_tls: bool) -> None:
        self._fetching = Fetching(url, probe.timeout, verify_tls=verify_tls)
        self._paths = probe.paths

    def read(self) -> list[Reading]:
        """Return the values; raise NoReading."""
        return readings(self._fetching.body(), self._paths)

    def close(self) -> None:
        """Close the connection."""
        self._fetching.close()


def readings(body: bytes, paths: Mapping[str, str]) -> list[Reading]:
    """Return the value at each path that is there; raise NoReading where there is none at all, with the first reason."""
    try:
        document = orjson.loads(body)
    except orjson.JSONDecodeError:
        raise NoReading("the answer is not JSON") from None
    found, problems = [], []
    for metric, path in paths.items():
        try:
            found.append(Reading(metric, number_at(document, path), "count"))
        except NoReading as none:
            problems.append(none.because)
    if not found:
        raise NoReading(problems[0])
    return found


def number_at(document: Any, path: str) -> float:
    """Return the number at a path such as `checks.0.status`, 1 or 0 for a health word; raise NoReading."""
    value = document
    for part in path.split("."):
        if isinstance(value, dict) and part in value:
            value = value[part]
        elif isinstance(value, list) and part.isdigit() and int(part) < len(value):
            value = value[int(part)]
        else:
            raise NoReading(f'nothing at "{path}": no {part} there')
    if isinstance(value, bool):
        return float(value)
    if isinstance(value, int | float):
        return float(value)
    word = value.strip().lower() if isinstance(value, str) else None
    if word in WELL:
        return 1.0
    if word in ILL:
        return 0.0
    raise NoReading(f'at "{path}" is {str(value)[:40]!r}; expected a number or a health word, such as "healthy"')
