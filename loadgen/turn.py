"""What a climb does next: who judges the steps beside the load writes it into the run folder, a line for each turn."""

import math
from dataclasses import dataclass
from pathlib import Path

from records.folder import write_text
from scenarios.plan import Plan
from scenarios.staircase import BACK_DOWN, CONFIRM, MAX_BISECTIONS, is_reserved
from scenarios.turn import bisections, go_back, go_on, last_rest, turn_back

TURN_FILE = "turn"
MIN_LEAD_S = 2.0  # before a turn every worker must know of it


@dataclass(frozen=True, slots=True)
class Turn:
    """One word: the last step of the climb that is wanted (no level), a step out of a rest with its level, or `back_down`."""

    stage: str
    level: float | None = None


def ask_to_turn(folder: Path, turn: Turn) -> None:
    """Ask the run for one more turn; only one process may ask."""
    write_text(folder / TURN_FILE, "".join(f"{line}\n" for line in [*_lines(folder), _as_line(turn)]))


def turns_asked(folder: Path) -> tuple[Turn, ...]:
    """Return what was asked for so far, in its order; a line that is no turn, and all after it, is left out."""
    turns: list[Turn] = []
    for line in _lines(folder):
        turn = _of_line(line)
        if turn is None:
            break
        turns.append(turn)
    return tuple(turns)


def plan_after(plan: Plan, turn: Turn, now_s: float) -> Plan | None:
    """Return the plan that takes a turn, at the first moment that is far enough ahead; None: too late, or no such turn."""
    if turn.level is None and turn.stage != BACK_DOWN:
        return _ended(plan, turn.stage, now_s)
    rest, from_s = last_rest(plan), float(math.ceil(now_s + MIN_LEAD_S))
    if rest is None or not rest.start_s < from_s <= rest.end_s:
        return None
    if turn.level is None:
        return go_back(plan, from_s)
    return go_on(plan, turn.stage, turn.level, from_s) if _is_within(plan, turn.stage, turn.level) else None


def _is_within(plan: Plan, step: str, level: float) -> bool:
    """Tell whether a step is none that the plan has, not higher than its highest stage, and not one too many."""
    names, highest = {stage.name for stage in plan.stages}, max(stage.level for stage in plan.stages)
    one_too_many = step != CONFIRM and bisections(plan) >= MAX_BISECTIONS
    return step not in names and is_reserved(step) and 0 < level <= highest and not one_too_many


def _ended(plan: Plan, last: str, now_s: float) -> Plan | None:
    """Return the plan that goes back after `last`, or after the first later step that is far enough ahead."""
    names = [stage.name for stage in plan.stages]
    if last not in names:
        return None
    for stage in plan.stages[names.index(last) :]:
        if stage.is_measured and stage.end_s >= now_s + MIN_LEAD_S:
            return turn_back(plan, stage.name)
    return None


def _lines(folder: Path) -> list[str]:
    try:
        return (folder / TURN_FILE).read_text(encoding="utf-8").splitlines()
    except FileNotFoundError:
        return []


def _as_line(turn: Turn) -> str:
    return turn.stage if turn.level is None else f"{turn.stage} {turn.level:.4f}"


def _of_line(line: str) -> Turn | None:
    stage, _, level = line.strip().partition(" ")
    try:
        return Turn(stage, float(level) if level else None) if stage else None
    except ValueError:
        return None
