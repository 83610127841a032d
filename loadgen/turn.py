"""Where a climb turns back: who judges the steps beside the load writes the last one that is wanted into the run folder."""

from pathlib import Path

from records.folder import write_text
from scenarios.plan import Plan
from scenarios.turn import turn_back

TURN_FILE = "turn"
MIN_LEAD_S = 2.0  # before the turn every worker must know of it


def ask_to_turn(folder: Path, last: str) -> None:
    """Ask the run to go back down after a step."""
    write_text(folder / TURN_FILE, f"{last}\n")


def turn_asked(folder: Path) -> str | None:
    """Return the last step that is wanted, None as long as the climb goes on."""
    try:
        return (folder / TURN_FILE).read_text(encoding="utf-8").strip() or None
    except FileNotFoundError:
        return None


def plan_after(plan: Plan, last: str, now_s: float) -> Plan | None:
    """Return the plan that turns back after `last`, or after the first later step that is far enough ahead; None: too late."""
    names = [stage.name for stage in plan.stages]
    if last not in names:
        return None
    for stage in plan.stages[names.index(last) :]:
        if stage.is_measured and stage.end_s >= now_s + MIN_LEAD_S:
            return turn_back(plan, stage.name)
    return None
