"""What a reader of one format is, what it is asked, and what it says beside the requests."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from enum import Enum

from records.errors import RunDataError
from records.imported import Gap, Missing, Tool
from records.imports.sample import Samples
from records.imports.source import Source


class Unit(Enum):
    """A unit of latency: how many us it has."""

    NANOSECONDS = 1e-3
    MICROSECONDS = 1.0
    MILLISECONDS = 1e3
    SECONDS = 1e6

    @property
    def us(self) -> float:
        """Return the unit in us."""
        return float(self.value)


UNIT_WORDS = {
    "ns": Unit.NANOSECONDS,
    "us": Unit.MICROSECONDS,
    "µs": Unit.MICROSECONDS,
    "ms": Unit.MILLISECONDS,
    "s": Unit.SECONDS,
}


@dataclass(frozen=True, slots=True)
class Options:
    """What the user says of a file that the file does not: the unit of latencies, the length, which column is what.

    `columns` are column names by what they hold: `latency`, `time`, `operation`, `status`. `modified_s` is when the file was
    last written, since the epoch: the end of a run without times.
    """

    unit: Unit | None = None
    length_s: float | None = None
    columns: dict[str, str] = field(default_factory=dict)
    modified_s: float = 0.0

    def begin_s(self, about: "About") -> float:
        """Return when a run of known length began by the age of its file, and note that this is a guess."""
        assert self.length_s is not None
        about.lacks(Gap.STARTED_AT, "when the run was made: it is dated by its file")
        return float(int(self.modified_s - self.length_s))

    def needed_length_s(self, where: str) -> float:
        """Return the length of the run; raise RunDataError where the user did not say it."""
        if self.length_s is None:
            raise RunDataError(
                f'{where}: has no times, so that no rate can be known; say how long the run was, such as --length "10 min"'
            )
        return self.length_s


@dataclass(slots=True)
class About:
    """What a reader learns on the way: gaps, how coarse latencies are, how many users there were at most (None: not told)."""

    resolution_us: float = 1.0
    resolution_ratio: float = 0.0
    users: int | None = None
    title: str = ""
    _missing: dict[Gap, str] = field(default_factory=dict)
    _left_out: dict[str, int] = field(default_factory=dict)

    def lacks(self, gap: Gap, because: str) -> None:
        """Note a gap; the first words for it stay."""
        self._missing.setdefault(gap, because)

    def leave_out(self, what: str, count: int = 1) -> None:
        """Note rows that are no requests, or no whole ones."""
        if count:
            self._left_out[what] = self._left_out.get(what, 0) + count

    def missing(self) -> tuple[Missing, ...]:
        """Return the gaps, what was left out among them."""
        found = [Missing(what=gap, because=because) for gap, because in self._missing.items()]
        if self._left_out:
            told = ", ".join(f"{count:,} × {what}" for what, count in self._left_out.items())
            found.append(Missing(what=Gap.LEFT_OUT, because=f"left out: {told}"))
        return tuple(found)


Read = Callable[[Sequence[Source], Options, About], Iterator[Samples]]


@dataclass(frozen=True, slots=True)
class Form:
    """One format: whose it is, its name, whether a file's first bytes are of it, and its reader."""

    tool: Tool
    name: str
    recognises: Callable[[bytes], bool]
    read: Read
