"""The staircase as a picture for paper: p95 at each step, the limits, the breaking point."""

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from analysis.staircase import Exhaustion, Step
from reports import wording
from reports.exhaustion import GOOD
from reports.palette import LIGHT
from reports.png import WIDTH_IN, log_y, new_figure
from reports.staircase import COLOUR, latency_title

MARKER = {True: "s", False: "X", None: "o"}


def staircase_figure(found: Exhaustion, width_in: float = WIDTH_IN) -> Figure | None:
    """Return p95 against what was offered; None without a step that was measured."""
    steps = [step for step in found.steps if step.offered_per_s > 0 and step.response_us_p95 is not None]
    if not steps:
        return None
    ordered = sorted(steps, key=lambda step: step.offered_per_s)
    figure, axes = new_figure(0.42 * width_in, latency_title(steps), width_in)
    axes.plot(
        [step.offered_per_s for step in ordered],
        [_p95_ms(step) for step in ordered],
        color=LIGHT["candidate"],
        linewidth=2,
    )
    for good in (True, False, None):
        part = [step for step in ordered if step.good is good]
        if part:
            axes.plot(
                [step.offered_per_s for step in part], [_p95_ms(step) for step in part], MARKER[good], color=LIGHT[COLOUR[good]],
                markersize=8, label=GOOD[good][1],
            )  # fmt: skip
    _limits(axes, found)
    if found.breaking_per_s is not None:
        words = f"breaks at {wording.number(found.breaking_per_s)} per s"
        axes.axvline(found.breaking_per_s, color=LIGHT["fail"], linewidth=1.6, linestyle="--", label=words)
    log_y(axes)
    axes.set_xlabel("sessions per s offered")
    axes.set_ylabel("p95 (ms)")
    axes.legend(loc="best", fontsize=9)
    return figure


def _limits(axes: Axes, found: Exhaustion) -> None:
    for crossing in found.crossings:
        limit_ms = crossing.limit_us / 1000
        axes.axhline(limit_ms, color=LIGHT["limit"], linewidth=1, linestyle=":")
        axes.annotate(
            wording.latency_us(crossing.limit_us), (0, limit_ms), xycoords=("axes fraction", "data"), xytext=(4, 2),
            textcoords="offset points", fontsize=8, color=LIGHT["muted"],
        )  # fmt: skip


def _p95_ms(step: Step) -> float:
    assert step.response_us_p95 is not None
    return step.response_us_p95 / 1000
