"""What the probes saw, by stage: every signal of the target profile over every stage that was carried out."""

from collections.abc import Sequence

from analysis.observed import Observed
from analysis.signal import figure_of
from analysis.verdict import ProbeFigure
from records.run import Run
from scenarios.probe import Probe, Signal

QUANTILE = 0.95  # of a signal that is a histogram


def probed(run: Run, stages: Sequence[Observed]) -> tuple[ProbeFigure, ...]:
    """Return a figure for each signal and stage, in the order of the profile; none where the profile has no probes."""
    return tuple(
        _figure(run, probe, signal, observed)
        for probe in run.manifest.plan.target.probes
        for signal in probe.all_signals
        for observed in stages
        if observed.seconds > 0
    )


def _figure(run: Run, probe: Probe, signal: Signal, observed: Observed) -> ProbeFigure:
    figure = figure_of(run.probes, probe, signal, [(observed.first, observed.end)], QUANTILE)
    return ProbeFigure(
        probe=probe.name,
        signal=signal.name,
        title=f"{signal.title}, p95" if signal.histogram is not None else signal.title,
        unit=signal.unit,
        stage=observed.stage.name,
        value=figure.value,
        count=figure.count,
        because=figure.because,
    )
