"""Climbs at several sizes for tests: one simulated climb, told to have broken elsewhere, of sandboxes with other pools."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from analysis.quarter.climbed import Climbed

BARBERS, CLIENTS = 60, 2000


def climb_at(
    base: Climbed,
    run_id: str,
    rate_per_s: float | None,
    shop: Mapping[str, Any] | None,
    *,
    day: int = 1,
    name: str = "shop",
) -> Climbed:
    """Return a climb that broke at a rate (None: nowhere), of a sandbox with these options (None: a target that is none)."""
    manifest = base.run.manifest
    sandbox = None if shop is None else manifest.plan.target.sandbox
    if sandbox is not None:
        sandbox = sandbox.model_copy(update={"barbers": BARBERS, "clients": CLIENTS, **(shop or {})})
    target = manifest.plan.target.model_copy(update={"name": name, "sandbox": sandbox})
    plan = manifest.plan.model_copy(update={"target": target})
    told = manifest.model_copy(
        update={"run_id": run_id, "plan": plan, "started_at": f"2026-11-{day:02d}T06:00:00+00:00"}
    )
    bracket = None if rate_per_s is None else (0.97 * rate_per_s, 1.03 * rate_per_s)
    found = replace(base.found, breaking_per_s=rate_per_s, request_rate_per_s=rate_per_s, bracket=bracket)
    return Climbed(replace(base.run, manifest=told), base.stages, found)
