"""The manifest: everything that is needed to know what a run was and to run it again."""

from typing import Literal

from pydantic import BaseModel, ConfigDict

from records.imported import Imported
from scenarios.plan import Plan

FORMAT_VERSION = 1


class Fingerprint(BaseModel):
    """The environment that a latency depends on; two runs are comparable only where it is the same."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    machine: str
    cpu: str
    cores: int
    system: str
    python: str


class Ended(BaseModel):
    """How a run ended.

    `reason` is `completed`, `interrupted` (Ctrl-C or a stop request), `aborted` (a rule of the scenario fired) or `failed`;
    `detail` says why.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    reason: Literal["completed", "interrupted", "aborted", "failed"]
    at_s: float
    detail: str = ""
    requests_counted: int = 0
    requests_recorded: int = 0


class Rerun(BaseModel):
    """Of which first run (its id, a folder beside this one) a run is a rerun: its turn from 1 on, and of which build it is."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    of: str
    turn: int
    build: Literal["new", "old"]


class Manifest(BaseModel):
    """`manifest.json`. `started_at` is UTC, ISO 8601; second 0 of all records is that moment on the master's clock.

    `rerun` is None of a first run, and of one that stands for itself. `ended` is None while the run is under way, and for ever after a kill. `imported` is None of a run of our own.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    format_version: Literal[1] = 1
    run_id: str
    scenario_text: str
    plan: Plan
    started_at: str
    workers: int
    versions: dict[str, str]
    commit: str | None
    target_build: str | None
    plants: tuple[str, ...] = ()
    fingerprint: Fingerprint
    clock_offset_us: dict[str, float] = {}
    clock_drift_us: dict[str, float] = {}
    command: tuple[str, ...]
    load_command: tuple[str, ...]
    rerun: Rerun | None = None
    ended: Ended | None = None
    imported: Imported | None = None
