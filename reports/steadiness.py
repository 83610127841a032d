"""How each judged stage settled, in a line: what of it was compared, what was cut before, and whether it was steady."""

from dataclasses import dataclass

from analysis.verdict import Steadiness, Verdict
from reports import wording


@dataclass(frozen=True, slots=True)
class SteadyLine:
    """One stage's line with its symbol."""

    stage: str
    css: str
    symbol: str
    words: str


def steady_lines(verdict: Verdict) -> list[SteadyLine]:
    """Return the judged stages in the order of the plan."""
    return [_line(row) for row in verdict.steadiness]


def _line(row: Steadiness) -> SteadyLine:
    css, symbol, word = {True: ("pass", "✓", "steady"), False: ("fail", "✗", ""), None: ("unknown", "–", "")}[
        row.steady
    ]
    parts = [part for part in (word, wording.plain(row.because, 300)) if part]
    told = f"{'; '.join(parts)}. Compared are {wording.length(row.compared_s)}, after {wording.length(row.running_s)} of running."
    return SteadyLine(wording.plain(row.stage), css, symbol, told)
