"""Whether a breaking point stands: a long hold a little below it, with every objective held and no upward trend."""

from collections.abc import Sequence

import numpy as np
from scipy.stats import kendalltau, theilslopes

from analysis.bootstrap import MIN_BLOCKS, block_log_medians
from analysis.climb import held
from analysis.figures import number, percent
from analysis.metastable import recovery
from analysis.observed import Observed
from analysis.staircase import Confirmation
from analysis.steady import MIN_DRIFT_RATIO, MIN_DRIFT_US
from records.run import Run
from scenarios.scenario import StageKind
from scenarios.staircase import CONFIRM, REST

MAX_P = 0.01  # one-sided; a rise this plain and of 20 % is no wandering machine


def confirmation(run: Run, stages: Sequence[Observed], breaking_per_s: float | None) -> Confirmation | None:
    """Return how the hold below a breaking point (sessions per s) went, None where there is none, or none was wanted."""
    plan = run.manifest.plan
    if plan.staircase is None or not plan.staircase.confirm or breaking_per_s is None:
        return None
    observed = next((found for found in stages if found.stage.name == CONFIRM and found.seconds > 0), None)
    if observed is None:
        return Confirmation(None, None, 0.0, None, _why_not_held(run, stages))
    step, stage = held(run, observed), observed.stage
    confirmed, because = step.good, step.because
    rise = rise_ratio(observed, plan.time_scale) if confirmed else None
    if rise is not None:
        confirmed, because = False, f"not sustained: p50 rose by {percent(rise)} from its beginning to its end"
    elif confirmed and observed.seconds < stage.duration_s:
        confirmed = None
        because = f"only {number(observed.seconds)} of its {number(stage.duration_s)} s were recorded"
    assert stage.sessions_per_s is not None, "a climb is of the open model"
    return Confirmation(step, stage.sessions_per_s / breaking_per_s, float(observed.seconds), confirmed, because)


def rise_ratio(observed: Observed, time_scale: float) -> float | None:
    """Return by how much the median rose from the first to the last block of a stage (0.3: 30 %), None without an upward trend.

    Mann and Kendall on ln median of the blocks, the rise by Theil and Sen: unlike the drift between halves it also sees what
    grows slowly, since it asks for the order of the blocks and not for two levels.
    """
    logs = block_log_medians(observed, time_scale)
    if logs.size < MIN_BLOCKS:
        return None
    places = np.arange(logs.size)
    if not kendalltau(places, logs, alternative="greater").pvalue < MAX_P:
        return None
    rise = float(np.expm1(theilslopes(logs, places).slope * (logs.size - 1)))
    grown_us = rise * float(np.exp(logs[: logs.size // 2].mean()))
    return rise if rise >= MIN_DRIFT_RATIO and grown_us >= MIN_DRIFT_US else None


def _why_not_held(run: Run, stages: Sequence[Observed]) -> str:
    """Return why the hold was not carried out, from what the climb came to instead."""
    if any(found.stage.name == CONFIRM for found in stages):
        return "the run ended before it was held"
    back = recovery(run, stages)
    if back is None:
        return "the run ended with the climb"
    if not any(found.stage.kind is StageKind.COOL_DOWN and found.stage.name.startswith(REST) for found in stages):
        return "the climb went straight back down"
    return back.because or "nobody asked for it while the target rested (climb.log)"
