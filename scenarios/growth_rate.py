"""A growth that somebody gives: "40 % per year", "3 % per month", "-5 % per quarter"."""

import math
import re
from dataclasses import dataclass

from scenarios.errors import ScenarioError

WEEKS = {"week": 1.0, "month": 365.25 / 12 / 7, "quarter": 365.25 / 4 / 7, "year": 365.25 / 7}
MAX_PER_WEEK = math.log(1.5)  # half as much again each week is 10^9 times in a year: another unit was meant
_RATE = re.compile(r"^\s*([+-]?\d+(?:\.\d+)?)\s*%\s*(?:per|/|a)\s*(week|month|quarter|year)\s*$")


@dataclass(frozen=True, slots=True)
class GrowthRate:
    """A growth as it was written, and as ln per week (compound)."""

    text: str
    log_per_week: float


def parse_growth(text: str, where: str = "--growth") -> GrowthRate:
    """Return the growth of a text; raise ScenarioError where it is none, or beyond what a year can hold."""
    match = _RATE.match(text)
    if match is None:
        raise ScenarioError(
            [
                f'{where}: "{text}" is no growth; expected a percentage and a period, such as "40 % per year" or "3 % per month"'
            ]
        )
    ratio = float(match[1]) / 100
    if ratio <= -1:
        raise ScenarioError([f'{where}: "{text}" leaves nothing; expected more than -100 %'])
    log_per_week = math.log1p(ratio) / WEEKS[match[2]]
    if log_per_week > MAX_PER_WEEK:
        raise ScenarioError([f'{where}: "{text}" is more than 50 % per week; expected a growth that lasts a year'])
    return GrowthRate(text.strip(), log_per_week)
