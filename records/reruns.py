"""`reruns.json` in the folder of a first run: the fresh runs that were made because it alerted, in the order of their turns."""

import json
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from records.errors import RunDataError, first_problem
from records.folder import write_text

RERUNS = "reruns.json"
MAX_TURNS = 20  # two reruns, as many of the build before, each made again where it was invalid
Build = Literal["new", "old"]


class _Frozen(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Turn(_Frozen):
    """One rerun: of which build, and the run folders beside the first run's that were made for it.

    The last of `run_ids` counts; those before it were invalid and made again. None were made yet where it is empty.
    """

    build: Build
    run_ids: tuple[str, ...] = ()


class Reruns(_Frozen):
    """All turns in their random order, which follows from `seed`. `ended` is None while they are under way, and after a kill."""

    format_version: Literal[1] = 1
    because: str
    seed: int
    turns: Annotated[tuple[Turn, ...], Field(max_length=MAX_TURNS)]
    ended: Literal["completed", "interrupted", "failed"] | None = None
    detail: str = ""

    def run_ids(self, build: Build) -> tuple[str, ...]:
        """Return the runs of a build that count, in the order of their turns."""
        return tuple(turn.run_ids[-1] for turn in self.turns if turn.build == build and turn.run_ids)


def write_reruns(folder: Path, reruns: Reruns) -> None:
    """Write `reruns.json` into a first run's folder."""
    write_text(folder / RERUNS, json.dumps(reruns.model_dump(mode="json"), indent=2, ensure_ascii=False) + "\n")


def read_reruns(folder: Path) -> Reruns | None:
    """Return what was made beside a first run, None where nothing was; raise RunDataError where the file is damaged."""
    path = folder / RERUNS
    try:
        return Reruns.model_validate(json.loads(path.read_text(encoding="utf-8")))
    except FileNotFoundError:
        return None
    except (OSError, UnicodeDecodeError, json.JSONDecodeError) as error:
        raise RunDataError(
            f"{path}: damaged ({error}); expected what the run wrote of its reruns, take it away to judge the first run alone"
        ) from error
    except ValidationError as error:
        place, told = first_problem(error)
        raise RunDataError(
            f"{path}: {place}: {told}; expected what the run wrote of its reruns, take it away to judge the first run alone"
        ) from error
