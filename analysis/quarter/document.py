"""The content of `capacity.json`: everything that the report shows, in base units (docs/capacity.md)."""

from dataclasses import fields, is_dataclass
from datetime import date
from enum import Enum
from typing import Any

import numpy as np

from analysis.planning.plan import CapacityPlan
from analysis.quarter.answers import answers_of, outcome_of
from analysis.quarter.quarter import Quarter

FORMAT_VERSION = 1
LEFT_OUT = frozenset({"draws", "draws_per_s"})  # thousands of numbers that are the same for the same runs


def as_document(quarter: Quarter, made_at: str) -> dict[str, Any]:
    """Return the content; `made_at` is ISO 8601 UTC."""
    answers = answers_of(quarter)
    time_scale, load_scale = quarter.scales
    return {
        "format_version": FORMAT_VERSION,
        "outcome": outcome_of(quarter).value,
        "because": [answer.sentence for answer in answers],
        "target": quarter.last.run.manifest.plan.target.name,
        "made_at": made_at,
        "demonstration": quarter.is_demonstration,
        "time_scale": time_scale,
        "load_scale": load_scale,
        "runs": [climb.run_id for climb in quarter.climbs],
        "answers": _plain(answers),
        "sustained": _plain(quarter.sustained),
        "session": _plain(quarter.session),
        "promises": _plain(quarter.promises),
        "bottleneck": {"resource": quarter.last.found.bottleneck, "because": quarter.last.found.bottleneck_because},
        "scaling": _scaling(quarter),
        "doubled": _plain(quarter.doubled),
        "nodes": _plain(quarter.nodes),
        "demands": _plain(quarter.demands),
        "mixes": _plain(quarter.mixes),
        "sizes": _plain(quarter.sizes),
        "peaks": _plain(quarter.peaks),
        "history": _plain(quarter.history),
        "backtest": _plain(quarter.backtest),
        "plan": plan_document(quarter.plan),
        "against": None if quarter.against is None else plan_document(quarter.against),
        "side_by_side": _plain(quarter.beside),
        "assumptions": list(quarter.assumptions),
    }


def plan_document(plan: CapacityPlan) -> dict[str, Any]:
    """Return a plan with what its rows say of themselves: action, cost, lead time, decide by."""
    rows = [
        {
            **_plain(row),
            "action": row.action,
            "cost_per_month": row.cost_per_month,
            "lead_days": row.lead_days,
            "decide_by": _plain(row.decide_by),
            "overdue": row.overdue,
            "because": row.because,
        }
        for row in plan.rows
    ]
    return {**_plain(plan), "rows": rows}


def _scaling(quarter: Quarter) -> dict[str, Any]:
    return {
        "because": quarter.scaling.because,
        "chosen": _plain(quarter.scaling.chosen),
        "tried": _plain(quarter.scaling.tried),
        "levels": _plain(quarter.levels),
        "served": _plain(quarter.served),
    }


def _plain(value: Any) -> Any:
    """Return a value as JSON has it: dataclasses as tables, days as ISO dates, draws left out."""
    match value:
        case Enum():
            found = value.value
        case date():
            found = value.isoformat()
        case list() | tuple():
            found = [_plain(each) for each in value]
        case np.generic():
            found = value.item()
        case _ if is_dataclass(value):
            found = {
                each.name: _plain(getattr(value, each.name)) for each in fields(value) if each.name not in LEFT_OUT
            }
        case _:
            found = value
    return found
