"""A regression held against the build before, run the same day: was it the product that moved, or the environment?"""

import math
from collections.abc import Sequence
from dataclasses import replace

from analysis.case import ALL
from analysis.figures import change, counted
from analysis.measure import MEASURES, Measure
from analysis.observed import Observed
from analysis.verdict import ComparisonResult, Gate, Statement

MIN_OLD_RUNS = 2  # one run of the build before may itself be the odd one
CONFIRMED_SHARE = (
    0.5  # of the stated change must be left against the same day's runs: half way between "all" and "none"
)


def against_the_old_build(
    rows: Sequence[ComparisonResult], old: Sequence[Sequence[Observed]]
) -> tuple[ComparisonResult, ...]:
    """Return the rows, with those regressions taken back that the build before shows as well; `old`: its runs' judged stages.

    With fewer than two such runs nothing is taken back.
    """
    if len(old) < MIN_OLD_RUNS:
        return tuple(rows)
    stages = [{observed.stage.name: observed for observed in judged} for judged in old]
    return tuple(_held_against(row, stages) if row.statement is Statement.REGRESSED else row for row in rows)


def _held_against(row: ComparisonResult, stages: Sequence[dict[str, Observed]]) -> ComparisonResult:
    measure = next((measure for measure in MEASURES if measure.name == row.metric), None)
    if measure is None or measure.quantile is None or row.observed is None or row.change_ratio is None:
        return row
    there = [_quantile_us(found[row.stage], row.operation, measure) for found in stages if row.stage in found]
    values = [value for value in there if value is not None]
    if len(values) < MIN_OLD_RUNS:
        return row
    old_us = math.exp(sum(math.log(value) for value in values) / len(values))
    left = math.log(row.observed / old_us)
    if left >= max(math.log1p(measure.least_ratio(old_us)), CONFIRMED_SHARE * math.log1p(row.change_ratio)):
        return replace(
            row, because=f"{row.because}; {change(math.expm1(left))} against the build before, run the same day"
        )
    because = (
        f"{counted(len(values), 'run')} of the build before, made the same day, differ from it by {change(math.expm1(left))} only: "
        "the environment moved, not the product"
    )
    gate = Gate.INCONCLUSIVE if row.gate is Gate.FAIL else row.gate
    return replace(row, statement=Statement.CANNOT_TELL, gate=gate, because=because)


def _quantile_us(observed: Observed, operation: str, measure: Measure) -> float | None:
    assert measure.quantile is not None
    histogram = observed.histogram(None if operation == ALL else [operation])
    return histogram.quantile_us(measure.quantile) if histogram.count >= measure.needed else None
