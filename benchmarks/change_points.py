"""How good the change points of the history are: simulated histories of 52 runs whose truth is known, and public series.

    .venv/bin/python -m benchmarks.change_points [--series 1000] [--offline]

Runs differ by normal noise of 3 % (1 and 6 % too where nothing changed). Beside ours stand a fixed 10 % rule (a run against the mean of the
ten before it, as most tools have it) and the best partition into levels with the penalty of Schwarz's criterion (as `ruptures` makes
it). Public series are fetched from the package index into a temporary folder: a performance history from the tests of apache-otava and
the flow of the Nile from statsmodels; `--offline` leaves them out.
"""

import argparse
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from analysis.trend.change import Status
from analysis.trend.chronicle import tell
from analysis.trend.course import Course, Series, Visit
from analysis.trend.lone import Levels
from analysis.trend.search import search
from benchmarks.change_methods import METHODS, P95, readings
from benchmarks.public_series import PublicSeries, fetched
from benchmarks.table import Row, deliver
from records.baseline import Key
from records.manifest import Fingerprint

RUNS, NOISE, SEED = 52, 0.03, 20_261_126
PAGE = 60  # series of a page: 20 operations, three metrics
NEAR = 3  # runs within which a change is found at its place
FINGERPRINT = Fingerprint(machine="", cpu="", cores=1, system="", python="")
KEY = Key(
    target="simulated",
    target_kind="sandbox",
    level=1.0,
    stage_s=1.0,
    time_scale=1.0,
    load_scale=1.0,
    load_digest="",
    data_set="",
    generator="",
    fingerprint=FINGERPRINT,
)
Draw = Callable[[np.random.Generator], Levels]


def main() -> int:
    """Measure, print the rows, and return the exit code."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--series", type=int, default=1_000, help="simulated histories of each kind")
    parser.add_argument("--offline", action="store_true", help="without the public series")
    asked = parser.parse_args()
    rows = [*_null_rows(asked.series), *_change_rows(asked.series), *_outlier_rows(asked.series // 2)]
    rows += [*_drift_rows(asked.series), *_page_rows(max(20, asked.series // 10)), _speed_row()]
    if not asked.offline:
        rows += _public_rows()
    return deliver("Change points", rows)


# Kinds of histories.


@dataclass(frozen=True, slots=True)
class Shift:
    """A change of level from a run on, up to another where it was taken back."""

    first: int
    ratio: float
    end: int = RUNS

    def __call__(self, rng: np.random.Generator) -> Levels:
        """Return a history with it."""
        levels = rng.normal(0.0, NOISE, RUNS)
        levels[self.first : self.end] += np.log1p(self.ratio)
        return levels


def _quiet(sd: float) -> Draw:
    return lambda rng: rng.normal(0.0, sd, RUNS)


def _heavy(rng: np.random.Generator) -> Levels:
    levels: Levels = NOISE * rng.standard_t(4, RUNS) / np.sqrt(2)
    return levels


def _sluggish(rng: np.random.Generator) -> Levels:
    """Return runs that remember a third of the one before."""
    fresh, levels = rng.normal(0.0, NOISE * np.sqrt(1 - 0.3**2), RUNS), np.empty(RUNS)
    levels[0] = rng.normal(0.0, NOISE)
    for run in range(1, RUNS):
        levels[run] = 0.3 * levels[run - 1] + fresh[run]
    return levels


def _drifting(rng: np.random.Generator) -> Levels:
    return rng.normal(0.0, NOISE, RUNS) + 0.003 * np.arange(RUNS)


# Rows.


def _null_rows(series: int) -> list[Row]:
    rows = [
        _row(f"nothing changed, noise {sd:.0%}: a series with any change", _quiet(sd), 4 * series, bool, most=0.01)
        for sd in (0.01, 0.03, 0.06)
    ]
    rows.append(_row("the same, heavy tails (t of 4)", _heavy, series, bool))
    rows.append(_row("the same, runs that remember 0.3 of the one before", _sluggish, series, bool))
    return rows


def _change_rows(series: int) -> list[Row]:
    def near(*wanted: int) -> Callable[[list[int]], bool]:
        return lambda found: all(any(abs(place - each) <= NEAR for place in found) for each in wanted)

    rows = [
        _row(f"+5 % {words}: found within {NEAR} runs", Shift(first, 0.05), series, near(first), least=0.5)
        for words, first in (
            ("with 8 runs after it", RUNS - 8),
            ("in the middle", RUNS // 2),
            ("with 8 runs before it", 8),
        )
    ]
    rows.append(_row("+10 % with 3 runs after it", Shift(RUNS - 3, 0.10), series, near(RUNS - 3)))
    rows.append(_row("+10 % for 10 runs, then taken back: both found", Shift(20, 0.10, 30), series, near(20, 30)))
    return rows


def _outlier_rows(series: int) -> list[Row]:
    """Return how often one bad last run is called a change: confirmed never, suspected seldom."""
    rows = []
    for ratio in (0.1, 0.2, 0.5, 1.0):
        shift = Shift(RUNS - 1, ratio)
        statuses = [_statuses(shift(np.random.default_rng([SEED, seed]))[None]) for seed in range(series)]
        of_last = [[status for place, status in found if place >= RUNS - 3] for found in statuses]
        confirmed = sum(Status.CONFIRMED in found for found in of_last)
        suspected = sum(bool(found) for found in of_last)
        rows.append(
            Row(
                f"a lone last run of +{ratio:.0%}: confirmed, of {series}",
                f"{confirmed} (suspected {suspected / series:.1%})",
                "never",
                confirmed == 0,
            )
        )
    return rows


def _drift_rows(series: int) -> list[Row]:
    count, stepped = max(50, series // 4), 0
    told = 0
    for seed in range(count):
        found = search(P95, readings(_drifting(np.random.default_rng([SEED, seed]))))
        told += bool(found.drifts)
        stepped += bool(found.steps)
    quiet = sum(
        bool(search(P95, readings(_quiet(NOISE)(np.random.default_rng([SEED, seed])))).drifts) for seed in range(series)
    )
    return [
        Row("a drift of 0.3 % a run: told as a drift", f"{told / count:.0%} (as steps {stepped / count:.0%})", "≥ 90 %", told >= 0.9 * count),
        Row("nothing changed: a series called drifting", f"{quiet / series:.1%}", "≤ 1 %", quiet <= 0.01 * series),
    ]  # fmt: skip


def _page_rows(pages: int) -> list[Row]:
    """Return what a whole page of 60 series says: nothing changed; and three series of one operation did."""
    confirmed, suspected, found = 0, 0, 0
    for seed in range(pages):
        rng = np.random.default_rng([SEED, seed])
        quiet = rng.normal(0.0, NOISE, (PAGE, RUNS))
        statuses = {status for _, status in _statuses(quiet)}
        confirmed += Status.CONFIRMED in statuses
        suspected += bool(statuses)
        changed = quiet.copy()
        changed[:3] = Shift(RUNS - 8, 0.05)(rng) + 0.5 * rng.normal(0.0, NOISE, (3, RUNS))
        found += any(
            status is Status.CONFIRMED and abs(place - (RUNS - 8)) <= NEAR for place, status in _statuses(changed)
        )
    weekly = sum(_ever_confirmed(np.random.default_rng([SEED, seed])) for seed in range(pages))
    return [
        Row(f"a page of {PAGE} series, nothing changed: any confirmed, of {pages}", f"{confirmed / pages:.1%} (any suspected {suspected / pages:.0%})", "≤ 5 %", confirmed <= 0.05 * pages + 2 * (0.0475 * pages) ** 0.5),
        Row("the same page, one operation +5 % for 8 runs: confirmed", f"{found / pages:.0%}"),
        Row("one series looked at every week of a year, nothing changed: ever confirmed", f"{weekly / pages:.1%}"),
    ]  # fmt: skip


def _ever_confirmed(rng: np.random.Generator) -> bool:
    levels = rng.normal(0.0, NOISE, RUNS)
    return any(
        Status.CONFIRMED in {status for _, status in _statuses(levels[None, :runs])} for runs in range(8, RUNS + 1)
    )


def _speed_row() -> Row:
    levels = np.random.default_rng(SEED).normal(0.0, NOISE, (PAGE, RUNS))
    _statuses(levels[:2])
    started = time.perf_counter()
    _statuses(levels)
    taken_s = time.perf_counter() - started
    return Row(f"{PAGE} series of {RUNS} runs searched", f"{taken_s:.2f} s", "< 2 s", taken_s < 2)


def _public_rows() -> list[Row]:
    rows = []
    for series in fetched():
        if series.missing is not None:
            rows.append(Row(f"{series.name}: not fetched", series.missing))
            continue
        rows.append(_public_row(series))
    return rows


def _public_row(series: PublicSeries) -> Row:
    levels = np.log(np.array(series.values, dtype=np.float64))
    found = {name: method(levels) for name, method in METHODS.items()}
    mine = found["ours"]
    hits = [place for place in series.expected if any(abs(place - each) <= NEAR for each in mine)]
    beside = "; ".join(f"{name}: {_short(places)}" for name, places in found.items() if name != "ours")
    return Row(
        f"{series.name}: known changes {', '.join(map(str, series.expected))}",
        f"{_short(mine)} (beside: {beside})",
        "all known ones",
        len(hits) == len(series.expected),
    )


def _short(places: Sequence[int]) -> str:
    return f"{', '.join(map(str, places[:10]))}{f' … {len(places)} in all' if len(places) > 10 else ''}" or "none"


def _row(
    what: str,
    draw: Draw,
    series: int,
    counts: Callable[[list[int]], bool],
    *,
    most: float | None = None,
    least: float | None = None,
) -> Row:
    """Return a row of how often each method finds what counts. Each history is the same for all of them."""
    shares = dict.fromkeys(METHODS, 0.0)
    for seed in range(series):
        levels = draw(np.random.default_rng([SEED, seed]))
        for name, method in METHODS.items():
            shares[name] += counts(method(levels)) / series
    mine = shares["ours"]
    wanted = f"≤ {most:.0%}" if most is not None else f"≥ {least:.0%}" if least is not None else ""
    kept = None if not wanted else (mine <= most if most is not None else mine >= (least or 0.0))
    beside = ", ".join(f"{name} {share:.0%}" for name, share in shares.items() if name != "ours")
    return Row(what, f"{mine:.1%} ({beside})", wanted, kept)


# From levels to what the history takes.


def _statuses(levels: Levels) -> list[tuple[int, Status]]:
    """Return the change points of a page of series, shape (series, runs): place and standing."""
    visits = tuple(
        Visit(f"{run:04d}", "simulated", f"{run:04d}", None, None, KEY, accepted=True) for run in range(levels.shape[1])
    )
    series = tuple(Series(f"{number:02d}", P95, tuple(readings(row))) for number, row in enumerate(levels))
    (told,) = tell([Course("simulated", "simulated", visits, series, 0)], {})
    return [(point.place, point.status) for point in told.points]


if __name__ == "__main__":
    sys.exit(main())
