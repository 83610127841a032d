"""The verdict of a duet: the one value that its page, its summary and its exit code come from."""

import json
from dataclasses import asdict, dataclass
from typing import Any

from analysis.verdict import EXIT_CODE, Gate, Outcome, Statement

FORMAT_VERSION = 1


@dataclass(frozen=True, slots=True)
class PairedResult:
    """One metric of one operation, b against a. Ratios: 0.05 is 5 % more; more is worse.

    `a` and `b` are the geometric means over the restarts, in `unit` (`us`, or `s` of CPU). `differences` are the changes of
    the single restarts. `interval` is the `level` interval of `change_ratio`; None: `because` says why. `count` is the
    smaller of the two arms' requests over all restarts.
    """

    operation: str
    metric: str
    unit: str
    a: float | None
    b: float | None
    change_ratio: float | None
    interval: tuple[float, float] | None
    level: float
    tolerated_ratio: float
    differences: tuple[float, ...]
    count: int
    smallest_detectable_ratio: float | None
    statement: Statement
    gate: Gate
    because: str


@dataclass(frozen=True, slots=True)
class PairedErrors:
    """Failed requests of both arms over all restarts; `change` is b - a as a difference of ratios."""

    a_failed: int
    a_attempts: int
    b_failed: int
    b_attempts: int
    change: float | None
    statement: Statement
    gate: Gate
    because: str


@dataclass(frozen=True, slots=True)
class RestartResult:
    """One restart: its runs by arm, which was started first, and why it does not count ("" where it does)."""

    number: int
    first: str
    a_run: str | None
    b_run: str | None
    void: str


@dataclass(frozen=True, slots=True)
class DuetVerdict:
    """The whole verdict on b. `because` begins with the first cause."""

    duet_id: str
    scenario: str
    outcome: Outcome
    because: tuple[str, ...]
    comparisons: tuple[PairedResult, ...]
    errors: PairedErrors | None
    restarts: tuple[RestartResult, ...]
    format_version: int = FORMAT_VERSION

    @property
    def exit_code(self) -> int:
        """Return the exit code that this verdict ends a command with."""
        return EXIT_CODE[self.outcome]

    @property
    def counting(self) -> int:
        """Return how many restarts count."""
        return sum(not restart.void for restart in self.restarts)


def as_document(verdict: DuetVerdict) -> dict[str, Any]:
    """Return the content of `verdict.json`, `format_version` first."""
    content = asdict(verdict)
    return {"format_version": content.pop("format_version"), **content}


def as_text(verdict: DuetVerdict) -> str:
    """Return `verdict.json` of a duet."""
    return json.dumps(as_document(verdict), indent=2, ensure_ascii=False, allow_nan=False) + "\n"
