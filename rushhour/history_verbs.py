"""The verbs of `rushhour history`."""

from pathlib import Path
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from records.acknowledgement import Answer
from rushhour.options import SHIPPED_BASELINES, Results, Store, console

OneTarget = Annotated[str | None, typer.Option("--target", help="Only runs against this target, by name.")]
Everything = Annotated[bool, typer.Option("--all", help="Also the valid runs under results that are not accepted.")]
ChangeNames = Annotated[
    list[str], typer.Argument(metavar="ID…", help="Ids of change points, or runs: all first seen there.")
]
Reason = Annotated[str, typer.Option("--reason", help="Why; it stands in the history from now on.")]


class _OrShow(TyperGroup):
    """Verbs of `rushhour history`; without one of them the history is shown: `rushhour history weekly_regression`."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        if not args or args[0] not in {*self.commands, "--help"}:
            args = ["show", *args]
        return super().parse_args(ctx, args)


app = typer.Typer(cls=_OrShow, help="Every operation through all runs: what changed, and what is said of it.")


@app.command("show")
def history_show(
    scenario: Annotated[str | None, typer.Argument(help="Only stages that this scenario has runs of.")] = None,
    target: OneTarget = None,
    everything: Everything = False,
    results: Results = Path("results"),
    store: Store = SHIPPED_BASELINES,
) -> None:
    """Show what changed from run to run, and write the page; also `rushhour history [SCENARIO]`."""
    from rushhour.history import HistoryRequest, show

    show(HistoryRequest(store, results, scenario, target, everything), console)


@app.command("acknowledge")
def history_acknowledge(
    names: ChangeNames,
    reason: Reason,
    everything: Everything = False,
    results: Results = Path("results"),
    store: Store = SHIPPED_BASELINES,
) -> None:
    """Say that a change is known: a new baseline begins there."""
    _answered(Answer.ACKNOWLEDGED, names, reason, everything=everything, results=results, store=store)


@app.command("hide")
def history_hide(
    names: ChangeNames,
    reason: Reason,
    everything: Everything = False,
    results: Results = Path("results"),
    store: Store = SHIPPED_BASELINES,
) -> None:
    """Say that a change is none, or of no interest: it is shown no more, and the baseline stays."""
    _answered(Answer.HIDDEN, names, reason, everything=everything, results=results, store=store)


def _answered(answered: Answer, names: list[str], reason: str, *, everything: bool, results: Path, store: Path) -> None:
    from rushhour.history import HistoryRequest, answer

    answer(HistoryRequest(store, results, everything=everything), names, answered, reason, console)
