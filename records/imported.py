"""Where an imported run comes from, and what its file could not tell: kept in the manifest, so that no verdict forgets it."""

from enum import StrEnum

from pydantic import BaseModel, ConfigDict


class Tool(StrEnum):
    """What made the file; the value is its name as people write it."""

    LOCUST = "Locust"
    K6 = "k6"
    JMETER = "JMeter"
    GATLING = "Gatling"
    HDR_HISTOGRAM = "HdrHistogram log"
    TABLE = "table of latencies"


class Gap(StrEnum):
    """What a file may not hold. What hangs on one of these is never passed, however good the rest looks."""

    INTENDED_START = "intended start"
    DISTRIBUTION = "distribution"
    RESOLUTION = "resolution"
    COURSE = "course"
    LENGTH = "length"
    OUTCOMES = "outcomes"
    CONNECTING = "connecting"
    DROPPED = "dropped"
    LEFT_OUT = "left out"
    STARTED_AT = "moment"
    WARM_UP = "warm-up"
    GENERATOR = "generator"
    SESSIONS = "sessions"
    WRITES = "writes"
    PROBES = "probes"


class Missing(BaseModel):
    """One gap and what follows from it, in words that end no sentence."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    what: Gap
    because: str


ALWAYS = (
    Missing(what=Gap.GENERATOR, because="whether the generator was well, and whether it offered what was planned"),
    Missing(what=Gap.SESSIONS, because="how far sessions got: no funnel, no booking completion, no payment success"),
    Missing(what=Gap.WRITES, because="which writes were acknowledged: no invariant can be audited"),
    Missing(what=Gap.PROBES, because="what probes saw of the target"),
)
NO_INTENDED_START = Missing(
    what=Gap.INTENDED_START,
    because="when each request was meant to start: response time is service time here, and leaves out how long a slow target kept the next ones from starting",
)


class Imported(BaseModel):
    """How a run was imported. `digest` is of the files' bytes; `resolution_us` and `resolution_ratio` are how coarse latencies are.

    The larger of the two counts: a value differs from the true one by at most so much.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    tool: Tool
    form: str
    files: tuple[str, ...]
    digest: str
    resolution_us: float
    resolution_ratio: float
    missing: tuple[Missing, ...]

    def lacks(self, *gaps: Gap) -> str | None:
        """Return the words of the first of these gaps that this run has, None where it has none of them."""
        told = {missing.what: missing.because for missing in self.missing}
        return next((told[gap] for gap in gaps if gap in told), None)

    @property
    def origin(self) -> str:
        """Return tool and form in words, such as "k6 (JSON)"."""
        return f"{self.tool.value} ({self.form})"
