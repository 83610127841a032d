"""What a verdict in two stages stands on: why the first run alerted, which reruns were made, which of them count."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class RunUse:
    """One run of the decision. `build` is `new` (the one that is judged) or `old`; `because` says why it does not count."""

    run_id: str
    build: str
    counted: bool
    because: str


@dataclass(frozen=True, slots=True)
class TwoStage:
    """The two stages. `runs` begins with the first run. `missing`: how many more runs of the new build would decide, 0 where it is decided.

    `told` says all of it in one sentence.
    """

    alert: str
    runs: tuple[RunUse, ...]
    decided_on: int
    missing: int
    told: str
