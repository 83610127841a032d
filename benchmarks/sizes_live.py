"""Are the laws of scaling right about real sandboxes of several sizes, whose capacity is built in?

    .venv/bin/python -m benchmarks.sizes_live [--seconds 30] [--repeats 2] [pool hard-cap contention]

Pools of 1 to 16 places in three configurations: nothing else (a straight line), behind a hard cap (the cap), and with requests that hinder each other
(`--contention`, `--coherence`: the universal scalability law over the places, which has its peak inside). All sizes of one configuration run
beside one another, each with eight customers a place who ask again as soon as they are answered, so that its pool is always full; together they are
asked for less than 500 requests a second, which two cores are far from feeling. What was served is read from each sandbox's own `/metrics`. A repeat
is a fresh sandbox with another seed. The truth is worked out from the configuration alone (`sandbox.capacity`).

Then the laws: is the right one of three chosen, do its values come out, and does a larger size, at most 1.5 times the largest that is known, serve what
the smaller ones say of it?
"""

import argparse
import asyncio
import datetime
import math
import sys
import time
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from itertools import cycle

import httpx
import numpy as np

from analysis.scaling.choice import Predicted, Scaling, capacity, predict, scaling_of
from analysis.scaling.law import Law, Level
from benchmarks.sandbox_speed import Connection, Tally
from benchmarks.table import Row, deliver
from loadgen.probes.exposition import Exposition
from sandbox.capacity import capacity_per_s
from sandbox.timing import SLOTS
from tests.shop import open_shop

SIZES = (1, 2, 3, 4, 6, 8, 12, 16)
SEED = 1
FACTOR = 2.0  # of all times: a place serves 9.4 per s, and 16 of them 150
MIX = {SLOTS: 1.0, "GET /barbers/": 1.0}  # looks, which anybody may have: a customer in turn
LOOKS = ("/api/v2/appointments/slots?appointment_date={day}", "/api/v2/barbers/")
SERVED = tuple(
    f'http_request_duration_seconds_count{{route="{path.partition("?")[0]}",status_class="2xx"}}' for path in LOOKS
)
CUSTOMERS = 8  # a place: while some of them stand in the line of the cap, the pool stays full with the others
SETTLE_S = 2.0
CAP_PER_S = 45.0  # what 4.8 places serve
CONTENTION, COHERENCE = 0.05, 0.01
TOLD = ((8, 12), (12, 16))  # from sizes up to the first what the second serves
INSIDE = 0.84  # of them: five of six; a true 90 % keeps that nine times in ten
CAP_WITHIN, PLACE_WITHIN, USL_WITHIN = 0.05, 0.05, 0.10


@dataclass(frozen=True, slots=True)
class Configuration:
    """What the sandboxes are started with besides their places, and the law that is then true."""

    name: str
    law: Law
    options: tuple[str, ...] = ()
    cap_per_s: float = math.inf
    contention: float = 0.0
    coherence: float = 0.0

    def truth_per_s(self, places: int) -> float:
        """Return what is served by so many places."""
        return min(self.cap_per_s, capacity_per_s(places, MIX, FACTOR, self.contention, self.coherence))


CONFIGURATIONS = (
    Configuration("pool", Law.LINEAR),
    Configuration("hard-cap", Law.CAPPED, ("--plant", "hard-cap", "--hard-cap-per-s", f"{CAP_PER_S:g}"), CAP_PER_S),
    Configuration(
        "contention", Law.USL, ("--contention", f"{CONTENTION:g}", "--coherence", f"{COHERENCE:g}"),
        contention=CONTENTION, coherence=COHERENCE,
    ),
)  # fmt: skip


def main() -> int:
    """Run, print the rows, and return the exit code."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="*", default=[each.name for each in CONFIGURATIONS])
    parser.add_argument("--seconds", type=float, default=30.0, help="that are counted of each size")
    parser.add_argument("--repeats", type=int, default=2, help="fresh sandboxes of each size")
    options = parser.parse_args()
    rows, told = [], []
    for configuration in (each for each in CONFIGURATIONS if each.name in options.names):
        levels = [
            level for repeat in range(options.repeats) for level in measured(configuration, repeat, options.seconds)
        ]
        rows += rows_of(configuration, levels)
        told += [told_of(configuration, levels, fitted, asked) for fitted, asked in TOLD]
    rows += [each.row for each in told] + [_inside(told)]
    return deliver("Laws over the sizes of real sandboxes", rows)


def measured(configuration: Configuration, repeat: int, hold_s: float) -> list[Level]:
    """Return what fresh sandboxes of all sizes serve beyond their limit."""
    with ExitStack() as stack:
        urls = {}
        for places in SIZES:
            words = ["--pool", str(places), "--service-factor", f"{FACTOR:g}", "--barbers", "20", "--clients", "10"]
            seed = f"{CONFIGURATIONS.index(configuration) + 1}{repeat}{places:02d}"
            words += ["--seed", seed, *configuration.options]
            urls[places] = stack.enter_context(open_shop(*words, quiet=True))["listening"]
        found = asyncio.run(_driven(urls, hold_s))
    print(f"   {configuration.name}:", ", ".join(f"{places}: {rate:.1f}" for places, rate in found.items()), flush=True)
    return [Level(float(places), rate) for places, rate in found.items()]


async def _driven(urls: Mapping[int, str], hold_s: float) -> dict[int, float]:
    """Return the requests per s that were served by each while its pool was full."""
    tally = Tally(ends_at=math.inf)
    customers = [
        asyncio.create_task(_customer(url, LOOKS[number % 2 :] + LOOKS[: number % 2], tally))
        for places, url in urls.items()
        for number in range(CUSTOMERS * places)
    ]
    async with httpx.AsyncClient(trust_env=False) as http:
        await asyncio.sleep(SETTLE_S)
        before = [await _served(http, url) for url in urls.values()]
        await asyncio.sleep(hold_s)
        after = [await _served(http, url) for url in urls.values()]
    failed = [task.exception() for task in customers if task.done()]
    for task in customers:
        task.cancel()
    await asyncio.gather(*customers, return_exceptions=True)
    if failed or set(tally.by_status) != {200}:
        raise SystemExit(f"not all were served: {failed[:1]} {dict(tally.by_status)}")
    return {
        places: (last - first) / (end_s - begin_s)
        for places, (begin_s, first), (end_s, last) in zip(urls, before, after, strict=True)
    }


async def _customer(url: str, looks: Sequence[str], tally: Tally) -> None:
    """Look at one thing after the other, over and over.

    Half of them begin with the other one: all are served in turn, so that they would stay in step, in waves that are cut anywhere.
    """
    reader, writer = await asyncio.open_connection("127.0.0.1", int(url.rpartition(":")[2]))
    connection = Connection(reader, writer, tally)
    day = datetime.datetime.now(datetime.UTC).date() + datetime.timedelta(days=1)
    try:
        for path in cycle(looks):
            await connection.ask("GET", path.format(day=day))
    finally:
        writer.close()


async def _served(http: httpx.AsyncClient, url: str) -> tuple[float, float]:
    """Return when it was asked, in s, and how many requests were served until then."""
    answer = await http.get(f"{url}/metrics")
    now_s = time.perf_counter()
    return now_s, sum(reading.value for reading in Exposition(SERVED, ()).readings(answer.text))


# The laws.


def rows_of(configuration: Configuration, levels: Sequence[Level]) -> list[Row]:
    """Return what the laws say of the levels against what is true."""
    name, found = configuration.name, scaling_of(levels, SEED)
    chosen = "none" if found.chosen is None else found.chosen.law.value
    off = [level.served_per_s / configuration.truth_per_s(int(level.load)) - 1 for level in levels]
    rows = [
        Row(f"{name}: {len(levels)} levels against what was built in", f"{min(off):+.1%} to {max(off):+.1%}"),
        Row(f"{name}: the right law of three", chosen, configuration.law.value, chosen == configuration.law.value),
    ]
    if chosen == configuration.law.value:
        rows += _values(configuration, found)
    return rows


def _values(configuration: Configuration, found: Scaling) -> list[Row]:
    """Return the values of the right law against those that were built in."""
    assert found.chosen is not None
    name, most, values = configuration.name, capacity(found), found.chosen.values
    truth = max(configuration.truth_per_s(places) for places in range(1, 2 * SIZES[-1]))
    match configuration.law:
        case Law.LINEAR:
            knee = "none in range" if found.knee_in_range is None else f"at {found.knee_in_range:.1f} places"
            each = capacity_per_s(1, MIX, FACTOR)
            return [
                Row(f"{name}: a knee", knee, "none in range", found.knee_in_range is None),
                _near(f"{name}: a place serves", values[0], each, PLACE_WITHIN),
            ]
        case Law.CAPPED:
            return [_near(f"{name}: the cap", most.served_per_s, truth, CAP_WITHIN)]
        case Law.USL:
            peak = math.sqrt((1 - configuration.contention) / configuration.coherence)
            built_in = f"{configuration.contention:g} and {configuration.coherence:g}"
            return [
                Row(f"{name}: contention and coherence ({built_in})", f"{values[1]:.3f} and {values[2]:.4f}"),
                _near(f"{name}: the peak, places", found.knee_in_range, peak, USL_WITHIN),
                _near(f"{name}: capacity", most.served_per_s, truth, USL_WITHIN),
            ]


def _near(what: str, found: float | None, truth: float, within: float) -> Row:
    told = "not told" if found is None else f"{found:.2f} ({found / truth - 1:+.1%})"
    kept = found is not None and abs(found / truth - 1) <= within
    return Row(f"{what} (truth {truth:.2f})", told, f"within {within:.0%}", kept)


@dataclass(frozen=True, slots=True)
class Told:
    """What smaller sizes say of a larger one, with the 90 % interval, and what that one served: the mean of its repeats."""

    name: str
    fitted: int
    asked: int
    said: Predicted
    served_per_s: float

    @property
    def inside(self) -> bool:
        """Tell whether what was served is in the interval."""
        return self.said.interval is not None and self.said.interval[0] <= self.served_per_s <= self.said.interval[1]

    @property
    def row(self) -> Row:
        """Return it as it is shown; one outside in ten is to be expected."""
        what = f"{self.name}: {self.asked} places, told from up to {self.fitted}"
        if self.said.served_per_s is None or self.said.interval is None:
            return Row(what, self.said.because)
        low, high = self.said.interval
        word = "inside" if self.inside else "outside"
        told = f"{self.said.served_per_s:.1f} ({low:.1f} to {high:.1f}), served {self.served_per_s:.1f}: {word}"
        return Row(what, told)


def told_of(configuration: Configuration, levels: Sequence[Level], fitted: int, asked: int) -> Told:
    """Return what the sizes up to one say of a larger one."""
    known = scaling_of([level for level in levels if level.load <= fitted], SEED)
    served = math.exp(float(np.mean([math.log(level.served_per_s) for level in levels if level.load == asked])))
    return Told(configuration.name, fitted, asked, predict(known, float(asked)), served)


def _inside(told: Sequence[Told]) -> Row:
    inside, wanted = sum(each.inside for each in told), math.floor(INSIDE * len(told))
    what = "larger sizes that serve what smaller ones said, inside the 90 % interval"
    return Row(what, f"{inside} of {len(told)}", f">= {wanted} of {len(told)}", inside >= wanted)


if __name__ == "__main__":
    sys.exit(main())
