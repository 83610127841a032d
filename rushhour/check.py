"""`rushhour check`: a preflight by one person — what works on a target, what does not, and why."""

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any

from rich.console import Console
from rich.table import Table

from loadgen.errors import TargetError
from rushhour.embedded import Embedded, set_sandbox_secrets
from scenarios.library import load_target
from scenarios.target import TargetKind

CHECK_WITHIN_S = 300.0  # some thirty requests, each with a deadline of its own


def check(name: str, url: str | None, console: Console) -> bool:
    """Show each flow's steps as they are tried; tell whether all worked. Raises ScenarioError or TargetError."""
    target = load_target(name)
    with ExitStack() as stack:
        if target.kind is TargetKind.SANDBOX:
            set_sandbox_secrets()
            if url is None:
                url = stack.enter_context(Embedded.start(target, seed=1)).url
        steps = list(_steps(name, url or target.url))
    console.print(f"[bold]{target.title}[/bold] at {url or target.url}", highlight=False)
    console.print(_table(steps))
    broken = [step for step in steps if not step["works"]]
    flows = {step["flow"] for step in steps}
    works = len(flows - {step["flow"] for step in broken})
    console.print(
        f"{works} of {len(flows)} flows work" + ("" if not broken else "; what does not, and why, is above"),
        highlight=False,
    )
    return not broken


def _steps(name: str, url: str) -> Iterator[dict[str, Any]]:
    command = [sys.executable, "-m", "locustfiles.preflight", "--target", name, "--url", url]
    done = subprocess.run(command, capture_output=True, text=True, timeout=CHECK_WITHIN_S, check=False)
    if done.returncode == 2:
        raise TargetError(
            done.stderr.strip().splitlines()[-1] if done.stderr.strip() else "the preflight could not start"
        )
    for line in done.stdout.splitlines():
        if line.startswith("{"):
            yield json.loads(line)


def _table(steps: list[dict[str, Any]]) -> Table:
    table = Table("", "flow", "step", "status", "took", "why", box=None, pad_edge=False)
    flow = None
    for step in steps:
        took = f"{step['took_ms']:.0f} ms" if step.get("took_ms") is not None else "–"
        mark = "[green]works[/green]" if step["works"] else "[red]fails[/red]"
        table.add_row(
            mark,
            step["flow"] if step["flow"] != flow else "",
            step["step"],
            str(step.get("status") or "–"),
            took,
            step.get("why") or "",
        )
        flow = step["flow"]
    return table
