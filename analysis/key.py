"""The key under which runs may be compared: everything that shapes a latency beside the build under test."""

import hashlib
import json

from records.baseline import Key
from records.imported import Gap
from records.manifest import Manifest
from scenarios.layout import PlannedStage
from scenarios.target import Accounts, Embedded, Target

FIELD_WORD = {
    "target": "target",
    "target_kind": "kind of target",
    "level": "level",
    "stage_s": "stage length (s)",
    "time_scale": "time scale",
    "load_scale": "load scale",
    "load_digest": "load (model, arrivals, rate, mix, seed, or the stages before)",
    "data_set": "data set",
    "generator": "generator",
}


def stage_key(manifest: Manifest, stage: PlannedStage) -> Key:
    """Return the key of one stage of a run. What comes after the stage in the plan is no part of it.

    The length of an imported stage is none either: it is what the file happens to cover, and rates are per s.
    """
    plan, imported = manifest.plan, manifest.imported
    return Key(
        target=plan.target.name,
        target_kind=plan.target.kind.value,
        level=stage.level,
        stage_s=0.0 if imported is not None else round(stage.duration_s, 3),
        time_scale=plan.time_scale,
        load_scale=plan.load_scale,
        load_digest=plan.scenario_digest if imported is not None else _load_digest(manifest, stage),
        data_set="not told" if imported is not None else _data_set(plan.target),
        generator=_generator(manifest),
        fingerprint=manifest.fingerprint,
    )


def differences(there: Key, here: Key) -> tuple[str, ...]:
    """Return what differs between an accepted run's key and this one's, a line a field; empty where comparable."""
    lines = []
    for name, word in FIELD_WORD.items():
        was, now = getattr(there, name), getattr(here, name)
        if was != now:
            lines.append(f"{word} differs" + ("" if name == "load_digest" else f" ({was}, here {now})"))
    for name in sorted(type(here.fingerprint).model_fields):
        was, now = getattr(there.fingerprint, name), getattr(here.fingerprint, name)
        if was != now:
            lines.append(f"environment: {name} differs ({was}, here {now})")
    return tuple(lines)


def _load_digest(manifest: Manifest, stage: PlannedStage) -> str:
    """Return a digest of what shapes the load up to the end of a stage: names and kinds of stages do not."""
    plan = manifest.plan
    until = [other for other in plan.stages if other.start_s <= stage.start_s]
    shape = {
        "model": plan.model,
        "arrivals": plan.arrivals,
        "seed": plan.seed,
        "pacing_s": plan.pacing_s,
        "mix": plan.mix.model_dump(mode="json", exclude={"title", "name", "sessions"}),
        "stages": [
            {
                "level": other.level,
                "from_level": other.from_level,
                "length_s": round(other.duration_s, 3),
                "sessions_per_s": other.sessions_per_s,
                "users": other.users,
                "recorded": [piece.model_dump() for piece in other.recorded],
            }
            for other in until
        ],
    }
    broken = [planned.model_dump(mode="json") for planned in plan.faults if planned.start_s < stage.end_s]
    if broken:
        shape["faults"] = broken
    return hashlib.sha256(json.dumps(shape, sort_keys=True).encode()).hexdigest()[:16]


def _data_set(target: Target) -> str:
    shop = target.sandbox
    parts = [f"clients: {_accounts(target.clients)}"]
    if target.staff is not None:
        parts.append(f"staff: {_accounts(target.staff)}")
    parts.append(f"{target.payments_per_account} payments an account")
    if shop is not None:
        pool = "default pool" if shop.pool is None else f"pool {shop.pool}"
        parts.append(
            f"sandbox: {shop.barbers} barbers, {shop.clients} clients, {pool}{', fast' if shop.fast else ''}"
            f"{_crowding(shop)}{_keep_alive(shop)}{_instances(shop)}"
        )
    return "; ".join(parts)


def _crowding(shop: Embedded) -> str:
    return "".join(
        f", {name} {value:g}"
        for name, value in (("contention", shop.contention), ("coherence", shop.coherence))
        if value
    )


def _keep_alive(shop: Embedded) -> str:
    return "" if shop.keep_alive is None else f", keep-alive {shop.keep_alive:g} s"


def _instances(shop: Embedded) -> str:
    return "" if shop.instances is None else f", {shop.instances} instances"


def _accounts(accounts: Accounts) -> str:
    return f"{accounts.source} {accounts.file or accounts.count}"


def _generator(manifest: Manifest) -> str:
    if manifest.imported is not None:
        start = "no intended start" if manifest.imported.lacks(Gap.INTENDED_START) else "from the intended start"
        return f"imported from {manifest.imported.origin}, {start}"
    versions = [f"{name} {manifest.versions[name]}" for name in ("rushhour", "locust") if name in manifest.versions]
    return ", ".join([*versions, f"{manifest.workers} worker{'s' if manifest.workers != 1 else ''}"])
