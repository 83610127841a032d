"""How good the verdicts are, on simulated weeks: `python -m benchmarks.verdict_quality [--whole] [--seed N]`.

Twenty operations with three percentiles, ten accepted runs, one candidate and two reruns, through the suite's own comparison
(the cases of `analysis.case` are made from drawn percentiles instead of run folders). Each share has the 95 % interval that its
trials leave open; a figure is missed where the observed share is over its limit. Four other methods stand in the same table.
"""

import argparse
import sys
import time
from collections import Counter
from collections.abc import Iterable, Sequence

import numpy as np

from analysis.verdict import Statement
from benchmarks.table import Row, deliver
from benchmarks.verdict_bursts import burst_rows
from benchmarks.verdict_rivals import RIVALS
from benchmarks.verdict_speed import speed_row
from benchmarks.verdict_trial import PLANTED, Share, found, in_shares, of_three, operation_statement, staged
from benchmarks.verdict_weeks import BASELINES, OPERATIONS, Noise, Shop, Truth

LEVELS = (0.01, 0.025, 0.06)
PRIVATE = 0.6  # of the common noise: 1.5 % beside 2.5 %
USUAL = Noise(0.025, 0.015)
TABLE = Noise(0.03 * 0.86, 0.03 * 0.51)  # 3 % between runs together, in the same proportion
BAD = 0.20  # a run in which something else kept the machine busy
RIVAL_TRIALS = 0.2  # of the trials: raw requests take long


def main() -> int:
    """Print the table and return the exit code."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--whole", action="store_true", help="ten times the trials")
    parser.add_argument("--seed", type=int, default=20261126)
    options = parser.parse_args()
    trials = 3000 if options.whole else 300
    began = time.monotonic()
    shop = Shop(np.random.default_rng(options.seed))
    rows = [
        *_shown(false_alarms(shop, 3 * trials)),
        *_shown(power(shop, trials)),
        *_shown(drifting(shop, trials)),
        *_shown(bad_runs(shop, trials)),
        *_shown(burst_rows(shop.rng, trials)),
        *_shown(beside_others(shop, trials // 2)),
        *_shown([speed_row()]),
    ]
    print(f"{time.monotonic() - began:.0f} s")
    return deliver("Quality of verdicts, simulated", rows)


def _shown(rows: Iterable[Row]) -> Sequence[Row]:
    """Print rows as they come, and return them."""
    kept = list(rows)
    for row in kept:
        print(f"{row.what}: {row.measured}", flush=True)
    return kept


def _at_most(what: str, share: Share, limit: float) -> Row:
    return Row(what, str(share), f"≤ {limit:.0%}".replace("%", " %"), share.ratio <= limit)


def _at_least(what: str, share: Share, limit: float) -> Row:
    return Row(what, str(share), f"≥ {limit:.0%}".replace("%", " %"), share.ratio >= limit)


def false_alarms(shop: Shop, trials: int) -> list[Row]:
    """Return how often a whole week of the same code is called slower, and how often stage 1 asks for reruns."""
    rows = []
    kinds = [(f"{noise * 100:g} % noise", Noise(noise, PRIVATE * noise), True) for noise in LEVELS]
    kinds.append(("2.5 % noise with heavy tails (t, 4)", Noise(0.025, 0.015, tails=4), False))
    kinds.append(("2.5 % noise, operations unevenly noisy", Noise(0.025, 0.015, uneven=0.5), False))
    for word, noise, is_asked in kinds:
        weeks, alerts = Share(), Share()
        for _ in range(trials if is_asked else trials // 2):
            stated = staged(shop.week(noise))
            alerts.add(stated.alert)
            weeks.add(stated.regressed())
        row = _at_most(f"false 'regressed' in a whole week, {word}", weeks, 0.03)
        rows.append(row if is_asked else Row(row.what, row.measured))
        rows.append(Row(f"weeks with reruns, same code, {word}", str(alerts)))
    return rows


def power(shop: Shop, trials: int) -> list[Row]:
    """Return how often a slow-down of one operation is found, at stage 2 and by the whole week."""
    rows = [
        _at_least("one operation +5 %, stage 2", found(shop, trials, USUAL, Truth(one=0.05), PLANTED), 0.80),
        _at_least("one operation +10 %, stage 2", found(shop, trials, USUAL, Truth(one=0.10), PLANTED), 0.99),
    ]
    for ratio in (0.05, 0.10):
        week = Share()
        for _ in range(trials):
            week.add(staged(shop.week(USUAL, Truth(one=ratio))).regressed(PLANTED))
        rows.append(Row(f"one operation +{ratio * 100:g} %, whole week (stage 1 must alert first)", str(week)))
        everywhere = found(shop, trials // 2, USUAL, Truth(all=ratio))
        rows.append(Row(f"all operations +{ratio * 100:g} %, stage 2", str(everywhere)))
    return rows


def drifting(shop: Shop, trials: int) -> list[Row]:
    """Return what becomes of 0.3 % a run that is the environment's: without a control operation, and with one."""
    alone, named, controlled, product = Share(), Share(), Share(), Share()
    for _ in range(trials):
        stated = staged(shop.week(USUAL, Truth(drift=0.003)))
        alone.add(stated.regressed())
        if stated.regressed("all operations"):
            named.add(stated.named_as_drift)
        controlled.add(staged(shop.week(USUAL, Truth(drift=0.003), control=True)).regressed())
    for _ in range(trials // 2):
        week = shop.week(USUAL, Truth(all=0.10), control=True)
        product.add(any(row.statement is Statement.REGRESSED for row in of_three(week)))
    return [
        Row("drift of 0.3 % a run, no control operation: false 'regressed'", str(alone)),
        Row("… of those of all operations, named as what may be drift", str(named), "all", named.hits == named.trials),
        _at_most("drift of 0.3 % a run with a control operation: false 'regressed'", controlled, 0.05),
        Row("all operations +10 % of the product, control operation flat, stage 2", str(product)),
    ]


def bad_runs(shop: Shop, trials: int) -> list[Row]:
    """Return false alarms and power with one bad run among the ten accepted, or among the three candidates."""
    rows = []
    kinds: tuple[tuple[str, dict[str, float]], ...] = (
        ("", {}),
        ("one bad accepted run of 10", {"bad_baseline": BAD}),
        ("one bad candidate of 3", {"bad_candidate": BAD}),
    )
    one: dict[str, float] = {}
    every: dict[str, float] = {}
    for word, bad in kinds:
        single = found(shop, trials, USUAL, Truth(one=0.05, **bad), PLANTED)
        together = found(shop, trials, USUAL, Truth(all=0.10, **bad), "all operations")
        one[word], every[word] = single.ratio, together.ratio
        if not word:
            continue
        rows.append(
            _at_most(f"{word} (+20 %): false 'regressed', stage 2", found(shop, trials, USUAL, Truth(**bad)), 0.12)
        )
        for what, share, powers in (("one operation +5 %", single, one), ("all operations +10 %", together, every)):
            loss = powers[""] - powers[word]
            rows.append(
                Row(
                    f"{word}: {what} found",
                    f"{share}; {100 * loss:.1f} points less than without",
                    "≤ 10 points",
                    loss <= 0.10,
                )
            )
    return rows


def beside_others(shop: Shop, trials: int) -> list[Row]:
    """Return regressed / no change / cannot tell / improved in % at 3 % between runs, ours and the others, and their false weeks."""
    changes = (0.0, 0.03, 0.05, 0.10)
    head = ", ".join("same code" if change == 0 else f"+{change * 100:g} %" for change in changes)
    ours = []
    for change in changes:
        counts: Counter[Statement] = Counter()
        for _ in range(trials):
            counts[operation_statement(of_three(shop.week(TABLE, Truth(one=change))), PLANTED)] += 1
        ours.append(in_shares(counts))
    rows = [Row(f"R/N/C/I at {head}: ours, one operation of 20, 10 + 3 runs", ", ".join(ours))]
    for name, method in RIVALS.items():
        told = []
        for change in changes:
            counts = Counter(method(*_pair(shop, change)) for _ in range(max(60, round(RIVAL_TRIALS * trials))))
            told.append(in_shares(counts))
        weeks = Share()
        for _ in range(max(40, round(RIVAL_TRIALS * trials / 4))):
            weeks.add(any(method(*pair) is Statement.REGRESSED for pair in _week_of_pairs(shop)))
        rows.append(Row(f"R/N/C/I: {name}", f"{', '.join(told)}; false in a whole week of {OPERATIONS}: {weeks}"))
    return rows


def _pair(shop: Shop, change: float, common: float = 0.0) -> tuple[np.ndarray, np.ndarray]:
    """Return the requests of one operation in the last accepted run and in the candidate."""
    one, other = shop.rng.choice(len(shop.raw), 2, replace=False)
    effects = TABLE.private * shop.rng.standard_normal(2)
    shift = common if common else TABLE.common * float(shop.rng.standard_normal()) * np.sqrt(2)
    return shop.raw[one], shop.raw[other] + shift + effects[1] - effects[0] + np.log1p(change)


def _week_of_pairs(shop: Shop) -> Iterable[tuple[np.ndarray, np.ndarray]]:
    common = TABLE.common * float(shop.rng.standard_normal()) * np.sqrt(2)
    return (_pair(shop, 0.0, common) for _ in range(OPERATIONS))


if __name__ == "__main__":
    assert BASELINES >= 5
    sys.exit(main())
