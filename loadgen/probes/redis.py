"""The probe `redis`: what INFO says of hits, memory and clients. Needs the extra `redis`."""

from typing import Any

from loadgen.probes.reading import NoReading, Reading, reason
from scenarios.probe import Probe

UNITS = {
    "keyspace_hits": "count",
    "keyspace_misses": "count",
    "evicted_keys": "count",
    "rejected_connections": "count",
    "connected_clients": "count",
    "blocked_clients": "count",
    "used_memory": "bytes",
    "maxmemory": "bytes",
    "instantaneous_ops_per_sec": "per_s",
}


class RedisReader:
    """Asks INFO over a connection that is kept."""

    def __init__(self, probe: Probe, url: str) -> None:
        """Prepare; raise NoReading where the extra is not installed or the address is none."""
        try:
            import redis  # noqa: PLC0415 - an extra
        except ImportError:
            raise NoReading("the package redis is not installed; pip install rushhour[redis]") from None
        self._failures: tuple[type[Exception], ...] = (redis.RedisError, OSError)
        try:
            self._client: Any = redis.Redis.from_url(
                url, protocol=2, socket_timeout=probe.timeout, socket_connect_timeout=probe.timeout
            )
        except ValueError as error:
            raise NoReading(f"{probe.url_env} is no address of a Redis ({reason(error)})") from None

    def read(self) -> list[Reading]:
        """Return the values; raise NoReading."""
        try:
            info = self._client.info()
        except self._failures as error:
            raise NoReading(reason(error)) from error
        return [Reading(name, float(info[name]), unit) for name, unit in UNITS.items() if name in info]

    def close(self) -> None:
        """Close the connection."""
        self._client.close()
