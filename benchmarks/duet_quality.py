"""How often a duet finds a build that is 5 % slower in one operation, and how often it accuses an identical one.

    .venv/bin/python -m benchmarks.duet_quality [--trials N] [--whole] [--own-dice] [--collect FILE]

Real duets on two embedded sandboxes of this machine, many after another and each in small: 3 restarts of 3 s. A trial of one
kind has `slots=1.05` planted in arm b: it has to be called regressed, slots by name. A trial of the other kind has the same build
twice: any "regressed" or "improved" is false. By default 4 trials of each (4 minutes); `--whole` makes 40 of each, as the figure
asks for (40 minutes). `--collect` adds the trials to a file and reckons with all that it holds, so that the whole can be made in parts.
`--own-dice`: the two sandboxes draw the times of their requests apart, as two deployments of a real system do in part; by default the
k-th request of an operation takes the same modelled time in both. That takes more requests: 5 restarts of 5 s.
"""

import argparse
import json
import shutil
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from rich.console import Console
from scipy.stats import beta

from analysis.duet_verdict import DuetVerdict
from analysis.verdict import Statement
from benchmarks.table import Row, deliver
from records.duet import Arm, Pinning, Side
from rushhour.duet import carry_out_duet, judge_recorded
from rushhour.duet_request import DuetRequest
from scenarios.library import SHIPPED

SLOTS = "GET /appointments/slots"
PLANTED = "slots=1.05"
TRIALS, WHOLE = 4, 40
WARM_UP_S = 1.0
TIME_SCALE = 0.01  # sessions of a second: a restart is over soon after its last arrival
FOUND_RATIO, FALSE_RATIO = 0.90, 0.02
SHORT_OF = 20  # trials: with fewer a ratio of 2 % or 90 % cannot be judged, and is only shown

SCENARIO = """
format_version = 1
name = "duet_trial"
title = "A short duet"
model = "open"
mix = "everyday"
objectives = "bookedbarber"
seed = {seed}
personas = ["new_customer", "returning_customer"]

[traffic]
sessions_per_s = "{rate} per s"

[[stages]]
name = "steady"
kind = "steady"
level = 1.0
duration = "1 min"
"""
# A small shop, so that starting it takes less than running it; no probes, which would be two processes more on two cores.
TARGET = """
format_version = 1
extends = "sandbox"
name = "duet_shop"
title = "A small embedded sandbox without probes"
probes = []
resources = []

[clients]
count = 2000

[sandbox]
barbers = 60
clients = 2000
"""


@dataclass(frozen=True, slots=True)
class Size:
    """How long a trial is; `rate_per_s` are the sessions of both arms."""

    restarts: int
    duration_s: float
    rate_per_s: int


SAME_DICE = Size(3, 3.0, 80)  # 260 requests per s an arm, 80 of them slots; two of three parts of both cores are idle
OWN_DICE = Size(5, 5.0, 120)


@dataclass(frozen=True, slots=True)
class Trial:
    """One duet: what was planted in b ("" nothing), what it stated, and how long it took. Errors in ratios of the mean."""

    planted: str
    own_dice: bool
    outcome: str
    regressed: tuple[str, ...]
    improved: tuple[str, ...]
    counting: int
    slots_change_ratio: float | None
    slots_interval: tuple[float, float] | None
    because: str
    took_s: float

    @property
    def is_found(self) -> bool:
        """Tell whether slots is called regressed."""
        return any(name.startswith(f"{SLOTS} ") for name in self.regressed)

    @property
    def is_false(self) -> bool:
        """Tell whether something is stated of what is the same in both builds."""
        wrong = [name for name in self.regressed if not (self.planted and name.startswith(f"{SLOTS} "))]
        return bool(wrong or self.improved)


def main() -> int:
    """Make the trials, print the rows, and return the exit code."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--trials", type=int, default=TRIALS, help="of each kind")
    parser.add_argument("--whole", action="store_true", help=f"{WHOLE} trials of each kind")
    parser.add_argument("--own-dice", action="store_true", help="the two sandboxes draw their times apart")
    parser.add_argument(
        "--collect", type=Path, metavar="FILE", help="add the trials to this file and reckon with all in it"
    )
    parser.add_argument("--for-s", type=float, default=86_400.0, help="begin no trial after so many seconds")
    options = parser.parse_args()
    until = time.monotonic() + options.for_s
    made = _collected(options.collect, own_dice=options.own_dice)
    for number in range(WHOLE if options.whole else options.trials):
        for planted in ("", PLANTED):
            if time.monotonic() > until:
                break
            trial = carry_out_trial(planted, len(made), own_dice=options.own_dice)
            made.append(trial)
            if options.collect is not None:
                with options.collect.open("a", encoding="utf-8") as file:
                    file.write(json.dumps(asdict(trial)) + "\n")
            print(_line(number, trial), flush=True)
    return deliver("Duets of the sandbox" + (", each arm with its own dice" if options.own_dice else ""), rows_of(made))


def _collected(path: Path | None, *, own_dice: bool) -> list[Trial]:
    if path is None or not path.exists():
        return []
    records = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    return [Trial(**record) for record in records if record["own_dice"] is own_dice]


def carry_out_trial(planted: str, number: int, *, own_dice: bool) -> Trial:
    """Return one duet's result; each has arrivals and dice of its own."""
    began, size = time.monotonic(), OWN_DICE if own_dice else SAME_DICE
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        scenario, target = folder / "trial.toml", folder / "shop.toml"
        scenario.write_text(SCENARIO.format(seed=1_000 * (number + 1), rate=size.rate_per_s), encoding="utf-8")
        target.write_text(TARGET, encoding="utf-8")
        shutil.copy(SHIPPED / "targets" / "sandbox.toml", folder)
        request = DuetRequest(
            str(scenario),
            {Side.A: Arm(target=str(target)), Side.B: Arm(target=str(target), plants=(planted,) if planted else ())},
            restarts=size.restarts,
            duration_s=size.duration_s,
            warm_up_s=WARM_UP_S,
            time_scale=TIME_SCALE,
            pinning=Pinning.TOGETHER,
            own_dice=own_dice,
            results=folder / "results",
        )
        with (folder / "console.txt").open("w", encoding="utf-8") as quiet:
            _, verdict = judge_recorded(carry_out_duet(request, Console(file=quiet)))
    return _trial(planted, verdict, own_dice=own_dice, took_s=time.monotonic() - began)


def _trial(planted: str, verdict: DuetVerdict, *, own_dice: bool, took_s: float) -> Trial:
    slots = next((row for row in verdict.comparisons if (row.operation, row.metric) == (SLOTS, "service_mean")), None)
    stated = {
        statement: tuple(f"{row.operation} {row.metric}" for row in verdict.comparisons if row.statement is statement)
        for statement in Statement
    }
    return Trial(
        planted=planted,
        own_dice=own_dice,
        outcome=verdict.outcome.value,
        regressed=stated[Statement.REGRESSED],
        improved=stated[Statement.IMPROVED],
        counting=verdict.counting,
        slots_change_ratio=None if slots is None else slots.change_ratio,
        slots_interval=None if slots is None else slots.interval,
        because=verdict.because[0],
        took_s=took_s,
    )


def _line(number: int, trial: Trial) -> str:
    seen = "not compared" if trial.slots_change_ratio is None else f"slots {trial.slots_change_ratio:+.1%}"
    said = ", ".join([*trial.regressed, *(f"{name} improved" for name in trial.improved)]) or "nothing"
    kind = f"{trial.planted or 'identical'}"
    return f"{number + 1:3} {kind:<11} {trial.outcome:<13} {seen}; stated: {said} ({trial.counting} restarts, {trial.took_s:.0f} s)"


def rows_of(trials: Sequence[Trial]) -> list[Row]:
    """Return the rows: found where planted, stated falsely where nothing is, and what the trials took."""
    planted = [trial for trial in trials if trial.planted]
    same = [trial for trial in trials if not trial.planted]
    if not planted or not same:
        raise SystemExit("no trial of one of the kinds was made; expected at least one of each")
    found, false = sum(trial.is_found for trial in planted), sum(trial.is_false for trial in same)
    changes = [trial.slots_change_ratio for trial in planted if trial.slots_change_ratio is not None]
    widths = [
        high - low for trial in trials if trial.slots_interval is not None for low, high in [trial.slots_interval]
    ]
    return [
        _ratio("+5 % in slots: found, by name", found, len(planted), FOUND_RATIO, at_least=True),
        _ratio("identical builds: anything stated", false, len(same), FALSE_RATIO, at_least=False),
        _ratio(
            "+5 % in slots: anything else stated",
            sum(trial.is_false for trial in planted),
            len(planted),
            None,
            at_least=False,
        ),
        Row("+5 % in slots: estimated, mean", f"{sum(changes) / len(changes):+.2%}" if changes else "never"),
        Row(
            "95 % interval of slots, half of its width, mean",
            f"±{sum(widths) / len(widths) / 2:.2%}" if widths else "none",
        ),
        Row("restarts that count, fewest of a duet", f"{min(trial.counting for trial in trials)}"),
        Row("a duet takes", f"{sum(trial.took_s for trial in trials) / len(trials):.0f} s"),
    ]


def _ratio(what: str, hits: int, of: int, wanted: float | None, *, at_least: bool) -> Row:
    """Return a row with the 90 % Clopper-Pearson interval; judged from 20 trials on."""
    low = float(beta.ppf(0.05, hits, of - hits + 1)) if hits else 0.0
    high = float(beta.ppf(0.95, hits + 1, of - hits)) if hits < of else 1.0
    told = f"{hits} of {of} (90 % interval {low:.0%} to {high:.0%})"
    if wanted is None:
        return Row(what, told)
    kept = None if of < SHORT_OF else (hits / of >= wanted if at_least else hits / of <= wanted)
    return Row(what, told, f"{'≥' if at_least else '≤'} {wanted:.0%}", kept)


if __name__ == "__main__":
    sys.exit(main())
