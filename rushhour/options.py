"""What the verbs of the command line have in common: options of the same name, where they write, how a target is read back."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console

if TYPE_CHECKING:
    from scenarios.plan import Plan

SHIPPED_BASELINES = Path("scenarios/baselines")
console = Console(soft_wrap=False)

Results = Annotated[Path, typer.Option(help="Where run folders are.")]
Store = Annotated[Path, typer.Option("--baselines", help="Where accepted runs are.")]
Plants = Annotated[list[str] | None, typer.Option("--plant", help="A fault to plant in the sandbox; may be repeated.")]
RunName = Annotated[str, typer.Argument(metavar="RUN", help="A run folder, a run id, or last.")]


def read_back(plan: "Plan", folder: Path, to: Console) -> None:
    """Read a target back once the load has ended; what that needs is imported when it comes to it."""
    from rushhour.audit import read_target_back

    read_target_back(plan, folder, to)
