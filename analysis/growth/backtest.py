"""The backtest: at each past week the forecast that would have been made then, against what came (rolling origin).

MASE: R. J. Hyndman, A. B. Koehler, International Journal of Forecasting 22 (2006) 679; under 1 it errs less than "as this week"
errs about the next. Rolling origin: L. J. Tashman, International Journal of Forecasting 16 (2000) 437.
"""

from dataclasses import dataclass

import numpy as np

from analysis.figures import counted, percent
from analysis.growth.demand import Floats
from analysis.growth.forecast import MIN_WEEKS, P10, P50, P90, PATHS, SEED, Outlook, fit
from analysis.growth.shape import shape_of

AHEAD_WEEKS = (1, 4, 13)
MOST_ORIGINS = 26  # the latest half year of origins; each costs a fit
NOMINAL = 0.8
MIN_COUNT = 8  # fewer forecasts say nothing about a coverage
POOR_COVERAGE = 0.5  # of a nominal 80 %: with 8 forecasts there by chance once in twenty times


@dataclass(frozen=True, slots=True)
class BacktestRow:
    """Forecasts so many weeks ahead: how many, mean absolute error as a ratio and against the naive one, share inside P10 to P90.

    Figures are None where no forecast could be checked.
    """

    weeks_ahead: int
    count: int
    mape: float | None
    mase: float | None
    coverage: float | None


@dataclass(frozen=True, slots=True)
class Backtest:
    """A row for each of 1, 4 and 13 weeks ahead; `because` says why there is none, `warning` what to think of a poor one."""

    rows: tuple[BacktestRow, ...]
    because: str = ""
    warning: str = ""


def backtest(outlook: Outlook) -> Backtest:
    """Return how the forecast would have done. Events and season are taken as known then; the trend is fitted anew each time."""
    demand = outlook.demand
    if outlook.growth is not None:
        return Backtest((), "growth was given, not estimated: there is nothing to test")
    logs = demand.logs() - shape_of(demand, 0, outlook.events, outlook.season).logs
    origins = [end for end in range(MIN_WEEKS, logs.size) if np.isfinite(logs[:end]).sum() >= MIN_WEEKS][-MOST_ORIGINS:]
    if not origins:
        return Backtest((), f"{counted(demand.measured, 'week')} leave none to test a forecast of {MIN_WEEKS} weeks on")
    predicted = [(end, _quantiles(logs[:end])) for end in origins]
    rows = tuple(_row(ahead, logs, predicted) for ahead in AHEAD_WEEKS)
    return Backtest(rows, warning=_warning(rows))


def _quantiles(logs: Floats) -> Floats:
    """Return P10, P50, P90 of ln demand for the weeks ahead, shape (3, weeks)."""
    drawn = fit(logs).drawn.draw(AHEAD_WEEKS[-1], PATHS, np.random.default_rng(SEED))
    return np.asarray(np.quantile(drawn, (P10, P50, P90), axis=1), dtype=np.float64)


def _row(ahead: int, logs: Floats, predicted: list[tuple[int, Floats]]) -> BacktestRow:
    errors, ratios, scaled, inside = 0, [], [], []
    for end, quantiles in predicted:
        place = end + ahead - 1
        if place >= logs.size or not np.isfinite(logs[place]):
            continue
        low, middle, high = quantiles[:, ahead - 1]
        came, told = float(np.exp(logs[place])), float(np.exp(middle))
        errors += 1
        ratios.append(abs(told - came) / came)
        scaled.append(abs(told - came) / _naive_error(logs[:end]))
        inside.append(low <= logs[place] <= high)
    if not errors:
        return BacktestRow(ahead, 0, None, None, None)
    return BacktestRow(ahead, errors, float(np.mean(ratios)), float(np.mean(scaled)), float(np.mean(inside)))


def _naive_error(logs: Floats) -> float:
    """Return the mean absolute difference of neighbouring weeks of a history: the error of "next week as this one"."""
    values = np.exp(logs[np.isfinite(logs)])
    return max(float(np.abs(np.diff(values)).mean()), 1e-12 * float(values.mean()))


def _warning(rows: tuple[BacktestRow, ...]) -> str:
    poor = [
        (row, row.coverage)
        for row in rows
        if row.count >= MIN_COUNT and row.coverage is not None and row.coverage < POOR_COVERAGE
    ]
    if not poor:
        return ""
    row, coverage = poor[-1]
    found = (
        f"of {row.count} forecasts {counted(row.weeks_ahead, 'week')} ahead {percent(coverage)} came inside P10 to P90"
    )
    return (
        f"{found}, of a nominal {percent(NOMINAL)}: the history changed in ways a trend does not know; name its events, or take "
        "the dates as too sure"
    )
