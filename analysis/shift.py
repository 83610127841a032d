"""Two levels of a change: what all operations of a run moved together, and what one moved beside that.

A busy machine slows all operations of a run alike; taking that away leaves a single operation's own change, which varies far
less between runs. With under six operations there is no such common part; a control operation takes its place where one is named.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from analysis.case import ALL, Case
from records.window import PAYMENT_FLOW

MIN_OPERATIONS = 6  # the median of fewer is moved by one of them
Level = tuple[str, str]  # stage, measure


@dataclass(frozen=True, slots=True)
class Shift:
    """How far a run's operations moved together, in logarithms, by accepted run and by candidate.

    `operations` are those that it is the median of, one: the control operation. `baseline_us` is the median operation's value
    in us before, `count` the candidates' requests.
    """

    past: Mapping[str, float]
    now: tuple[float, ...]
    operations: tuple[str, ...]
    baseline_us: float
    count: int

    @property
    def is_common(self) -> bool:
        """Return whether it is of many operations, not the control's own."""
        return len(self.operations) >= MIN_OPERATIONS

    def is_of(self, operation: str) -> bool:
        """Return whether it is nothing but this operation's own."""
        return self.operations == (operation,)

    def as_case(self, like: Case) -> Case:
        """Return it as a case of all operations: the middle operation's value, moved as all were. `like`: a case of its stage and measure."""
        return replace(
            like,
            operation=ALL,
            now=tuple(None if math.isnan(moved) else self.baseline_us * math.exp(moved) for moved in self.now),
            values=tuple(self.baseline_us * math.exp(moved) for moved in self.past.values()),
            run_ids=tuple(self.past),
            count=self.count,
            within=0.0,
            gated=True,
            only_fails=True,  # whether each may be too slow is asked of each
        )


def shifts_of(cases: Sequence[Case], control: str | None) -> dict[Level, Shift]:
    """Return the common shift by stage and measure: the median over six operations or more, else the control's, else none.

    The median, not the mean: one operation that takes ten times as long is no shift of all.
    """
    groups: dict[Level, list[Case]] = {}
    for case in cases:
        if case.measure.is_latency and case.reason is None and case.operation != PAYMENT_FLOW:
            groups.setdefault((case.stage, case.measure.name), []).append(case)
    found = {}
    for level, group in groups.items():
        own = [case for case in group if case.operation != control]
        controls = [case for case in group if case.operation == control]
        chosen = own if len(own) >= MIN_OPERATIONS else controls
        if chosen:
            found[level] = _shift(chosen)
    return found


def control_of(cases: Sequence[Case], control: str | None) -> dict[Level, Shift]:
    """Return the control operation's own shift by stage and measure."""
    return {
        (case.stage, case.measure.name): _shift([case])
        for case in cases
        if case.operation == control and case.measure.is_latency and case.reason is None
    }


def _shift(group: Sequence[Case]) -> Shift:
    run_ids = list(dict.fromkeys(run_id for case in group for run_id in case.run_ids))
    past = np.full((len(group), len(run_ids)), np.nan)
    places = {run_id: place for place, run_id in enumerate(run_ids)}
    for row, case in enumerate(group):
        past[row, [places[run_id] for run_id in case.run_ids]] = np.log(case.values)
    now = np.log([[np.nan if value is None else value for value in case.now] for case in group])
    centre = _medians(past, axis=1)
    common = _medians(past - centre[:, None], axis=0)
    return Shift(
        past=dict(zip(run_ids, common.tolist(), strict=True)),
        now=tuple(_medians(now - centre[:, None], axis=0).tolist()),
        operations=tuple(case.operation for case in group),
        baseline_us=float(np.exp(np.median(centre))),
        count=sum(case.count for case in group),
    )


def _medians(values: NDArray[np.float64], axis: int) -> NDArray[np.float64]:
    """Return the medians of what is there; numpy's nanmedian is slow, and seldom needed."""
    found: NDArray[np.float64] = (np.nanmedian if np.isnan(values).any() else np.median)(values, axis=axis)
    return found
