"""The probe `prometheus`: a page in Prometheus' text format."""

from loadgen.probes.exposition import Exposition
from loadgen.probes.fetching import Fetching
from loadgen.probes.reading import Reading
from scenarios.probe import Probe


class PrometheusReader:
    """Reads the series that the probe's signals are made of."""

    def __init__(self, probe: Probe, url: str, *, verify_tls: bool) -> None:
        self._fetching = Fetching(url, probe.timeout, verify_tls=verify_tls)
        self._exposition = Exposition(probe.series, probe.histograms)

    def read(self) -> list[Reading]:
        """Return the values; raise NoReading."""
        return self._exposition.readings(self._fetching.body().decode("utf-8", errors="replace"))

    def close(self) -> None:
        """Close the connection."""
        self._fetching.close()
