"""Trials of verdicts: how often something was stated, with the interval that so many trials leave open."""

from collections import Counter
from dataclasses import dataclass

from scipy.stats import beta

from analysis.case import ALL
from analysis.comparison import LAST, signs_of
from analysis.statement import rows_of
from analysis.verdict import ComparisonResult, Statement
from analysis.weighing import weigh
from benchmarks.verdict_weeks import CONTROL, Noise, Shop, Truth, Week

PLANTED = "GET /operation/00"
LETTERS = {
    Statement.REGRESSED: "R",
    Statement.NO_CHANGE: "N",
    Statement.CANNOT_TELL: "C",
    Statement.IMPROVED: "I",
}


@dataclass(slots=True)
class Share:
    """Something happened `hits` times in `trials`."""

    hits: int = 0
    trials: int = 0

    def add(self, happened: bool) -> None:
        """Count one trial."""
        self.hits += happened
        self.trials += 1

    @property
    def ratio(self) -> float:
        """Return hits / trials."""
        return self.hits / max(1, self.trials)

    def __str__(self) -> str:
        """Return "2.1 % (1.4 to 3.1, 1,000 trials)": Clopper and Pearson's 95 % interval."""
        low = beta.ppf(0.025, self.hits, self.trials - self.hits + 1) if self.hits else 0.0
        high = beta.ppf(0.975, self.hits + 1, self.trials - self.hits) if self.hits < self.trials else 1.0
        return f"{self.ratio:.1%} ({low:.1%} to {high:.1%}, {self.trials:,} trials)".replace("%", " %")


@dataclass(frozen=True, slots=True)
class Stated:
    """What a week came to: was there an alert, and which rows regressed."""

    alert: bool
    rows: tuple[ComparisonResult, ...]

    def regressed(self, operation: str | None = None) -> bool:
        """Return whether anything regressed, or one operation."""
        return any(row.statement is Statement.REGRESSED and operation in {None, row.operation} for row in self.rows)

    @property
    def named_as_drift(self) -> bool:
        """Return whether what was stated of all operations names drift of the environment as what it may be, or is."""
        return any("drift of the environment" in row.because for row in self.rows if row.operation == ALL)


def staged(week: Week) -> Stated:
    """Return the weekly run in two stages: one run, and three where it alerts."""
    control = CONTROL if week.control is not None else None
    if not signs_of(weigh(week.cases(1), (), control)):
        return Stated(alert=False, rows=())
    return Stated(alert=True, rows=of_three(week))


def of_three(week: Week) -> tuple[ComparisonResult, ...]:
    """Return the rows of stage 2, whatever stage 1 says."""
    return rows_of(weigh(week.cases(3), (), CONTROL if week.control is not None else None), LAST)


def found(shop: Shop, trials: int, noise: Noise, truth: Truth, operation: str | None = None) -> Share:
    """Return how often stage 2 calls anything slower, or one operation."""
    share = Share()
    for _ in range(trials):
        share.add(Stated(alert=True, rows=of_three(shop.week(noise, truth))).regressed(operation))
    return share


def operation_statement(rows: tuple[ComparisonResult, ...], operation: str) -> Statement:
    """Return what is stated of an operation by its percentiles together: one that regressed speaks for it."""
    said = Counter(row.statement for row in rows if row.operation == operation and row.metric != "rate")
    for statement in (Statement.REGRESSED, Statement.IMPROVED, Statement.CANNOT_TELL):
        if said[statement]:
            return statement
    return Statement.NO_CHANGE


def in_shares(counts: Counter[Statement]) -> str:
    """Return "2/41/54/2": regressed / no change / cannot tell / improved in %."""
    total = max(1, counts.total())
    return "/".join(f"{100 * counts[statement] / total:.0f}" for statement in LETTERS)
