"""Answers to change points: acknowledged (a new baseline begins there) or hidden, each with a reason.

`<store>/<target>/acknowledgements.jsonl`, one line an answer, sorted: two people's answers merge in git without a conflict of order.
"""

import json
from collections.abc import Iterable, Sequence
from enum import StrEnum
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from records.errors import RunDataError, first_problem
from records.folder import write_text

FILE = "acknowledgements.jsonl"
MAX_ANSWERS = 5_000  # years of weekly runs with dozens of answers each; more is another file by mistake
MAX_REASON_CHARACTERS = 500


class Answer(StrEnum):
    """What somebody says of a change point. Both end a segment; only an acknowledged one begins a new baseline."""

    ACKNOWLEDGED = "acknowledged"
    HIDDEN = "hidden"


class Acknowledgement(BaseModel):
    """One answer. `run_id` and `started_at` are of the first run after the change."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    id: str = Field(pattern=r"^[0-9a-f]{8}$")
    answer: Answer
    started_at: str = Field(min_length=1)
    run_id: str = Field(min_length=1)
    stage: str = Field(min_length=1)
    operation: str = Field(min_length=1)
    metric: str = Field(min_length=1)
    reason: str = Field(min_length=1, max_length=MAX_REASON_CHARACTERS)


def read_acknowledgements(store: Path, target: str) -> tuple[Acknowledgement, ...]:
    """Return the answers for a target, the oldest change first; none where nobody answered. RunDataError where damaged."""
    path = store / target / FILE
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (FileNotFoundError, NotADirectoryError):
        return ()
    except (OSError, UnicodeDecodeError) as error:
        raise RunDataError(f"{path}: cannot be read ({error}); expected text, one answer a line") from error
    if len(lines) > MAX_ANSWERS:
        raise RunDataError(f"{path}: {len(lines):,} lines; expected at most {MAX_ANSWERS:,} answers")
    found = [_answer(path, number, line) for number, line in enumerate(lines, start=1) if line.strip()]
    seen: set[str] = set()
    for answer in found:
        if answer.id in seen:
            raise RunDataError(
                f"{path}: change point {answer.id} is answered twice; expected one line, keep the one that holds"
            )
        seen.add(answer.id)
    return tuple(sorted(found, key=_order))


def write_acknowledgements(store: Path, target: str, answers: Iterable[Acknowledgement]) -> Path:
    """Replace the answers for a target; return the file's path."""
    path = store / target / FILE
    lines = [json.dumps(answer.model_dump(mode="json"), ensure_ascii=False) for answer in sorted(answers, key=_order)]
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        write_text(path, "".join(f"{line}\n" for line in lines))
    except OSError as error:
        raise RunDataError(
            f"{path}: cannot be written ({error.strerror}); expected a writable baseline store, see --baselines"
        ) from error
    return path


def with_answers(there: Sequence[Acknowledgement], new: Sequence[Acknowledgement]) -> tuple[Acknowledgement, ...]:
    """Return the answers with new ones added; a new one replaces the old one to the same change point."""
    replaced = {answer.id for answer in new}
    return (*(answer for answer in there if answer.id not in replaced), *new)


def _answer(path: Path, number: int, line: str) -> Acknowledgement:
    try:
        return Acknowledgement.model_validate(json.loads(line))
    except json.JSONDecodeError as error:
        raise RunDataError(
            f"{path}, line {number}: damaged ({error.msg}); expected one JSON object, mend or delete the line"
        ) from error
    except ValidationError as error:
        place, told = first_problem(error)
        raise RunDataError(f"{path}, line {number}: {place or 'the line'}: {told}; mend or delete the line") from error


def _order(answer: Acknowledgement) -> tuple[str, str, str, str, str]:
    return answer.started_at, answer.run_id, answer.stage, answer.operation, answer.metric
