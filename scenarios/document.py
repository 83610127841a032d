"""Reading one TOML file through its pydantic type, with every problem of the file reported at once."""

import tomllib
from pathlib import Path
from typing import Any, TypeVar, get_args

from pydantic import BaseModel, ConfigDict, ValidationError
from pydantic_core import ErrorDetails

from scenarios.errors import ScenarioError, nearest_hint

MAX_FILE_BYTES = 1_000_000  # a scenario is a page of text; more is the wrong file
EXTENDS = "extends"
Model = TypeVar("Model", bound=BaseModel)


class Strict(BaseModel):
    """The base of all file types: unknown keys are errors, values are frozen."""

    model_config = ConfigDict(extra="forbid", frozen=True)


def load_document(path: Path, model: type[Model]) -> Model:
    """Return the file at `path` as `model`; raise ScenarioError with all problems, one line each.

    A file may begin with `extends = "name"`: what it does not say is as in the file of that name beside it. Tables are laid over
    each other key by key, lists are replaced. The other file does not extend a third.
    """
    data = _read(path)
    base = data.pop(EXTENDS, None)
    if base is None:
        return _validated(data, str(path), model)
    if not isinstance(base, str) or "/" in base:
        raise ScenarioError([f"{path}: {EXTENDS} is {base!r}; expected the name of a file beside it, without .toml"])
    other = path.with_name(f"{base}.toml")
    if not other.is_file():
        known = [entry.stem for entry in path.parent.glob("*.toml")]
        raise ScenarioError([f'{path}: {EXTENDS} is "{base}", which is not beside it{nearest_hint(base, known)}'])
    return _validated(_laid_over(_read(other), data), str(path), model)


def _read(path: Path) -> dict[str, Any]:
    return _parsed(read_text(path), str(path))


def _laid_over(below: dict[str, Any], above: dict[str, Any]) -> dict[str, Any]:
    merged = dict(below)
    for key, value in above.items():
        both = isinstance(value, dict) and isinstance(merged.get(key), dict)
        merged[key] = _laid_over(merged[key], value) if both else value
    return merged


def read_text(path: Path, expected: str = "a TOML file of a page or two") -> str:
    """Return the text of a file, a byte order mark left out; raise ScenarioError where it is missing, too large or not text.

    `expected` says of what kind it should be. No more is read than may be there, so that a pipe or a device has an end, too.
    """
    try:
        with path.open("rb") as file:
            content = file.read(MAX_FILE_BYTES + 1)
    except FileNotFoundError:
        raise ScenarioError([f"{path}: not found; expected {expected}"]) from None
    except IsADirectoryError:
        raise ScenarioError([f"{path}: is a folder; expected {expected}"]) from None
    except OSError as error:
        raise ScenarioError([f"{path}: cannot be read ({error.strerror or error}); expected {expected}"]) from error
    if len(content) > MAX_FILE_BYTES:
        raise ScenarioError([f"{path}: larger than {MAX_FILE_BYTES:,} bytes; expected {expected}"])
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        found = f"byte {error.start + 1:,} is not UTF-8"
        raise ScenarioError([f"{path}: {found}; expected {expected}, save it as UTF-8"]) from None
    return text.replace("\r\n", "\n").replace("\r", "\n")


def parse_document(text: str, where: str, model: type[Model]) -> Model:
    """Return TOML text as `model`; raise ScenarioError whose lines begin with `where`."""
    return _validated(_parsed(text, where), where, model)


def _parsed(text: str, where: str) -> dict[str, Any]:
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ScenarioError([f"{where}: not valid TOML: {error}"]) from error


def _validated(data: dict[str, Any], where: str, model: type[Model]) -> Model:
    try:
        return model.model_validate(data)
    except ValidationError as error:
        raise ScenarioError([_line(where, detail, model) for detail in _causes(error.errors())]) from error


def _causes(details: list[ErrorDetails]) -> list[ErrorDetails]:
    """Return the errors without those that only follow from others: a list is "too short" when its items are wrong."""
    places = [detail["loc"] for detail in details]
    return [
        detail
        for detail in details
        if detail["type"] != "too_short"
        or not any(len(p) > len(detail["loc"]) and p[: len(detail["loc"])] == detail["loc"] for p in places)
    ]


def _line(where: str, detail: ErrorDetails, model: type[BaseModel]) -> str:
    place = _place(detail["loc"])
    match detail["type"]:
        case "extra_forbidden":
            known = _known_keys(model, detail["loc"][:-1])
            return f"{where}: {place} is not a known key{nearest_hint(str(detail['loc'][-1]), known)}"
        case "missing":
            return f"{where}: {place} is missing; it has no default, add it"
        case "value_error":
            message = str(detail["ctx"]["error"]) if "ctx" in detail else detail["msg"]
            return f"{where}: {place} {message}" if place else f"{where}: {message}"
        case _:
            expected = detail["msg"][0].lower() + detail["msg"][1:]
            return f"{where}: {place} is {_short(detail['input'])}; expected: {expected}"


def _place(loc: tuple[int | str, ...]) -> str:
    text = ""
    for part in loc:
        text += f"[{part}]" if isinstance(part, int) else f".{part}"
    return text.removeprefix(".")


def _short(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 60 else text[:57] + "..."


def _known_keys(model: type[BaseModel], loc: tuple[int | str, ...]) -> list[str]:
    """Return the keys that the table at `loc` may have, as far as the types tell."""
    current: Any = model
    for part in loc:
        if isinstance(part, int):
            continue
        if not (isinstance(current, type) and issubclass(current, BaseModel)) or part not in current.model_fields:
            return []
        current = _table_type(current.model_fields[part].annotation)
    return list(current.model_fields) if isinstance(current, type) and issubclass(current, BaseModel) else []


def _table_type(annotation: Any) -> Any:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    for inner in get_args(annotation):
        found = _table_type(inner)
        if found is not None:
            return found
    return None
