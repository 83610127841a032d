"""Baselines: accepted runs as merged histograms with what they may be compared under; small enough for git.

`<store>/<target>/<scenario>/<run_id>.json`, one file an accepted run; `anchor.txt` beside them marks some.
"""

import json
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from records.anchor import read_anchor
from records.errors import RunDataError, first_problem
from records.folder import write_text
from records.manifest import Fingerprint

MAX_BASELINE_BYTES = 5_000_000  # one run of 20 operations and 3 stages is about 300 kB


class _Frozen(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Key(_Frozen):
    """What must be the same for a comparison; `differences` names what is not.

    `load_digest` covers model, arrivals, traffic, mix, seed and this stage's place in the plan as far as it shapes the load.
    """

    target: str
    target_kind: str
    level: float
    stage_s: float
    time_scale: float
    load_scale: float
    load_digest: str
    data_set: str
    generator: str
    fingerprint: Fingerprint


class BaselineOperation(_Frozen):
    """One operation of one stage. Histograms sparse, us. `within_run_variance` by metric: variance of its logarithm.

    `error_dispersion` is phi >= 1, by how much its errors cluster in time; 1 also in files that do not know it.
    """

    response_us: list[int]
    service_us: list[int]
    outcomes: dict[str, int]
    within_run_variance: dict[str, float]
    error_dispersion: float = 1.0


class BaselineStage(_Frozen):
    """One measured stage of an accepted run.

    `reached` counts booking sessions by step of the funnel; `demand_s` is the share of all cores over requests per s, None where
    no probe saw it; `error_dispersion` is phi of all operations together.
    """

    name: str
    key: Key
    duration_s: float
    operations: dict[str, BaselineOperation]
    reached: dict[str, int] = {}
    demand_s: float | None = None
    error_dispersion: float = 1.0


class Baseline(_Frozen):
    """One accepted run. Not in its file: `is_anchor` (the anchor's list says it), `outdated` (what an acknowledged change has taken out of it, and why)."""

    format_version: Literal[1] = 1
    run_id: str
    scenario: str
    target: str
    started_at: str
    commit: str | None
    target_build: str | None
    reason: str = ""
    stages: tuple[BaselineStage, ...]
    outdated: tuple[str, ...] = Field(default=(), exclude=True)
    is_anchor: bool = Field(default=False, exclude=True)


def write_baseline(store: Path, baseline: Baseline) -> Path:
    """Write an accepted run into the store and return its path; raise RunDataError where that is not possible."""
    path = store / baseline.target / baseline.scenario / f"{baseline.run_id}.json"
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        write_text(path, json.dumps(baseline.model_dump(mode="json"), separators=(",", ":"), sort_keys=True) + "\n")
    except OSError as error:
        raise RunDataError(
            f"{path}: cannot be written ({error.strerror}); expected a writable baseline store, see --baselines"
        ) from error
    return path


def read_baselines(store: Path, target: str, scenario: str) -> tuple[Baseline, ...]:
    """Return the accepted runs of a scenario on a target, oldest first; none where nothing was accepted."""
    folder = store / target / scenario
    anchor = read_anchor(folder)
    baselines = [
        baseline.model_copy(update={"is_anchor": baseline.run_id in anchor})
        for baseline in (read_baseline(path) for path in sorted(folder.glob("*.json")))
    ]
    return tuple(sorted(baselines, key=lambda baseline: (baseline.started_at, baseline.run_id)))


def read_baseline(path: Path) -> Baseline:
    """Return one accepted run; raise RunDataError where the file is damaged."""
    try:
        if path.stat().st_size > MAX_BASELINE_BYTES:
            raise RunDataError(f"{path}: larger than {MAX_BASELINE_BYTES:,} bytes; expected an accepted run")
        data: Any = json.loads(path.read_text(encoding="utf-8"))
        return Baseline.model_validate(data)
    except (OSError, UnicodeDecodeError, json.JSONDecodeError) as error:
        raise RunDataError(f"{path}: damaged ({error}); drop it with: rushhour baseline drop {path.stem}") from error
    except ValidationError as error:
        place, told = first_problem(error)
        raise RunDataError(f"{path}: {place}: {told}; drop it with: rushhour baseline drop {path.stem}") from error
