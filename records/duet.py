"""`duet.json`: what a duet was, and which runs its arms made; written anew after each restart, so that a kill loses one at most."""

from enum import StrEnum
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, ValidationError

from records.errors import RunDataError, first_problem
from records.folder import write_text

DUET = "duet.json"
RUNS = "runs"  # the folder of the arms' run folders, inside the duet's own


class Side(StrEnum):
    """The two arms: `a` is what there was, `b` what is to be judged."""

    A = "a"
    B = "b"

    @property
    def other(self) -> "Side":
        """Return the other arm."""
        return Side.B if self is Side.A else Side.A


class Pinning(StrEnum):
    """Which cores the four processes of a duet have.

    `together`: both generators share one set of cores, both targets another. `apart`: each arm has cores of its own.
    `none`: the system decides.
    """

    TOGETHER = "together"
    APART = "apart"
    NONE = "none"


class _Frozen(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Arm(_Frozen):
    """One arm: a target profile, the address where it is not the profile's own, what was planted, the build it names."""

    target: str
    url: str | None = None
    plants: tuple[str, ...] = ()
    build: str | None = None


class Seats(_Frozen):
    """The cores of an arm's generator and of its target; none: not kept to any."""

    generator: tuple[int, ...] = ()
    target: tuple[int, ...] = ()


class Restart(_Frozen):
    """One restart: two runs at once. A run id is None where that arm did not come to make one; `because` says why."""

    number: int
    seed: int
    first: Side
    seats: dict[Side, Seats]
    runs: dict[Side, str | None]
    because: str = ""


class DuetRecord(_Frozen):
    """The whole duet. Times in s; `load_scale` is of both arms together, each has half of it."""

    format_version: Literal[1] = 1
    duet_id: str
    scenario: str
    started_at: str
    command: tuple[str, ...]
    pinning: Pinning
    fresh: bool
    restarts_wanted: int
    warm_up_s: float
    duration_s: float
    time_scale: float
    load_scale: float
    arms: dict[Side, Arm]
    restarts: tuple[Restart, ...] = ()
    ended: Literal["completed", "interrupted"] | None = None

    @property
    def run_ids(self) -> list[str]:
        """Return the ids of all runs that were made."""
        return [name for restart in self.restarts for name in restart.runs.values() if name is not None]


def write_duet(folder: Path, record: DuetRecord) -> None:
    """Write `duet.json`, as a whole."""
    write_text(folder / DUET, record.model_dump_json(indent=2) + "\n")


def read_duet(folder: Path) -> DuetRecord:
    """Return the record of a duet's folder; raise RunDataError where there is none, or it is damaged."""
    path = folder / DUET
    try:
        return DuetRecord.model_validate_json(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise RunDataError(f"{path}: missing; expected the folder of a duet (rushhour duet makes one)") from None
    except ValidationError as error:
        place, told = first_problem(error)
        raise RunDataError(f"{path}: {place or 'it'} is damaged ({told}); this duet cannot be used") from error
