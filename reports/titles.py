"""What a chart shows, in words derived from its data: the claim where one can be made, else the plain figures."""

import math

import numpy as np
from numpy.typing import NDArray

from records.run import Run
from records.window import FAILED, Outcome
from reports import wording
from reports.series import Latencies, Timeline
from reports.stages import judged_stages

SLOWER_BY = 1.3  # a shift smaller than this is left to the reader's eye
FEWEST_ON_A_SIDE = 4  # windows before and after a shift
NOISE_MULTIPLE = 3.0  # the shift must stand out of the windows' own spread by this much


def latency(run: Run, name: str, found: Latencies, limit_us: float | None) -> str:
    """Return the title of latency over time: when it slows down, else how far p95 stayed from its limit."""
    shown = wording.plain(name, 60)
    p95 = found.us[1]
    inside = _judged(run, found) & np.isfinite(p95)
    if not inside.any():
        return f"Too few requests to show p95 of {shown} over time"
    shift = slowdown(run, found)
    if shift is not None:
        moment_s, times = shift
        return f"{wording.sentence(shown)[:-1]} slows down from {wording.moment(moment_s)} on: p95 {wording.number(times)} times as long"
    highest = float(p95[inside].max())
    if limit_us is None:
        return f"p95 of {shown} stayed at or under {wording.latency_us(highest)}"
    over = int((p95[inside] > limit_us).sum())
    limit = wording.latency_us(limit_us)
    if over == 0:
        return f"p95 of {shown} stayed at or under {wording.latency_us(highest)} (limit {limit})"
    return f"p95 of {shown} was over its limit of {limit} in {over} of {wording.counted(int(inside.sum()), 'judged window')}"


def slowdown(run: Run, found: Latencies) -> tuple[float, float] | None:
    """Return when p95 shifts up inside a judged stage (s from the start) and by what factor; None where it does not.

    The split with the largest likelihood of one shift in the mean of log p95 (as CUSUM finds it), believed only where the
    shift is 1.3 times or more and three times the spread around the two means.
    """
    best: tuple[float, float] | None = None
    for stage in judged_stages(run):
        inside = (found.start_s >= stage.start_s) & (found.start_s + found.step_s <= stage.end_s + 1e-9)
        inside &= np.isfinite(found.us[1]) & (found.us[1] > 0)
        split = _split(np.log(found.us[1][inside]))
        if split is not None and (best is None or split[1] > best[1]):
            best = (float(found.start_s[inside][split[0]]), split[1])
    return best


def _split(values: NDArray[np.float64]) -> tuple[int, float] | None:
    if values.size < 2 * FEWEST_ON_A_SIDE:
        return None
    places = np.arange(FEWEST_ON_A_SIDE, values.size - FEWEST_ON_A_SIDE + 1)
    sums = np.cumsum(values)
    before = sums[places - 1] / places
    after = (sums[-1] - sums[places - 1]) / (values.size - places)
    gain = (after - before) * np.sqrt(places * (values.size - places) / values.size)
    place = int(places[int(np.argmax(gain))])
    first, second = values[:place], values[place:]
    shift = float(second.mean() - first.mean())
    rest = np.concatenate((first - first.mean(), second - second.mean()))
    if shift < math.log(SLOWER_BY) or shift < NOISE_MULTIPLE * float(rest.std()) / math.sqrt(FEWEST_ON_A_SIDE):
        return None
    return place, math.exp(shift)


def _judged(run: Run, found: Latencies) -> NDArray[np.bool_]:
    inside = np.zeros(found.start_s.size, dtype=bool)
    for stage in judged_stages(run):
        inside |= (found.start_s >= stage.start_s) & (found.start_s < stage.end_s)
    return inside


def sessions(timeline: Timeline) -> str:
    """Return whether the rate that was planned was achieved."""
    planned = float(np.nansum(timeline.planned_per_s))
    if planned <= 0:
        return "No arrivals were planned (closed model) or none was recorded"
    share = float(np.nansum(timeline.started_per_s)) / planned
    if share >= 0.9995:
        return "Every planned session was started"
    return f"{wording.percent(share)} of the planned sessions were started"


def requests(timeline: Timeline) -> str:
    """Return the highest request rate."""
    highest = float(timeline.request_rate_per_s.max(initial=0.0))
    return "No request was recorded" if highest == 0 else f"Requests reached {wording.number(highest)} per s"


def outcomes(run: Run, end_s: float) -> str:
    """Return how many requests failed, of how many."""
    counts = run.outcomes(0, math.ceil(end_s))
    total = sum(counts.values())
    if total == 0:
        return "No request was recorded"
    failed = sum(count for outcome, count in counts.items() if outcome in FAILED)
    turned = counts[Outcome.RATE_LIMITED]
    words = f"{wording.count(failed)} of {wording.counted(total, 'request')} failed ({wording.percent(failed / total)})"
    return words if turned == 0 else f"{words}, {wording.count(turned)} were rate limited"


def users(timeline: Timeline) -> str:
    """Return how many users were busy at most."""
    highest = _highest(timeline.busy)
    return "No users were recorded" if highest is None else f"Up to {wording.counted(highest, 'user')} busy at once"


def generator_lag(timeline: Timeline) -> str:
    """Return the generator's worst loop lag."""
    highest = _highest(timeline.loop_lag_us_p99)
    if highest is None:
        return "The generator's loop lag was not recorded"
    return f"The generator's loop lagged {wording.latency_us(highest)} at worst (p99 of a window)"


def generator_cpu(timeline: Timeline) -> str:
    """Return the CPU of the busiest worker at its highest."""
    highest = _highest(timeline.cpu_ratio)
    if highest is None:
        return "The generator's CPU was not recorded"
    return f"The busiest worker used {wording.percent(highest)} of a core at most"


def _highest(values: NDArray[np.float64]) -> float | None:
    finite = values[np.isfinite(values)]
    return None if finite.size == 0 else float(finite.max())
