"""An index of the season by hand: months as multiples of one another, "dec=1.4 jul=0.7"; months that are not named are 1."""

from dataclasses import dataclass
from datetime import date, timedelta

from scenarios.csv_text import finite_number
from scenarios.errors import ScenarioError, nearest_hint

MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
MAX_FACTOR = 20.0
HALF_WEEK = timedelta(days=3)


@dataclass(frozen=True, slots=True)
class Season:
    """A factor for each month, January first."""

    factors: tuple[float, ...]

    def of_week(self, first: date) -> float:
        """Return the factor of the week that begins at `first`: that of the month of its middle."""
        return self.factors[(first + HALF_WEEK).month - 1]


def parse_season(text: str, where: str = "--season") -> Season:
    """Return the season of a text; raise ScenarioError with a line for each month that cannot be read."""
    factors = dict.fromkeys(MONTHS, 1.0)
    problems: list[str] = []
    for word in text.replace(",", " ").split():
        name, _, value = word.partition("=")
        factor = finite_number(value)
        if name.lower() not in MONTHS:
            problems.append(f'{where}: "{name}" is no month{nearest_hint(name.lower(), MONTHS)}')
        elif factor is None or not 0 < factor <= MAX_FACTOR:
            problems.append(
                f'{where}: {name} is "{value}"; expected a factor over 0 and at most {MAX_FACTOR:g}, such as dec=1.4'
            )
        else:
            factors[name.lower()] = factor
    if not text.strip():
        problems.append(f'{where}: is empty; expected months and factors, such as "jul=0.7 dec=1.4"')
    if problems:
        raise ScenarioError(problems)
    return Season(tuple(factors[month] for month in MONTHS))
