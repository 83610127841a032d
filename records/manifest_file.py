"""Reading `manifest.json`: all that a process that makes load, or only asks for it, needs of a run folder."""

import json
from pathlib import Path

from pydantic import ValidationError

from records.errors import RunDataError, first_problem
from records.folder import MANIFEST
from records.manifest import Manifest


def read_manifest(folder: Path) -> Manifest:
    """Return the manifest of a run folder; raise RunDataError where there is none or it is damaged."""
    path = folder / MANIFEST
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise RunDataError(
            f"{folder}: no {MANIFEST} there; expected a run folder, such as results/<scenario>-<utc>-<id>"
        ) from None
    except NotADirectoryError:
        raise RunDataError(f"{folder}: is a file; expected a run folder") from None
    except (OSError, UnicodeDecodeError, json.JSONDecodeError) as error:
        raise RunDataError(
            f"{path}: damaged ({error}); expected the JSON that the run wrote, this run cannot be used"
        ) from error
    version = data.get("format_version") if isinstance(data, dict) else None
    if version != 1:
        raise RunDataError(f"{path}: format_version is {version!r}; this Rushhour reads 1")
    try:
        return Manifest.model_validate(data)
    except ValidationError as error:
        place, told = first_problem(error)
        raise RunDataError(f"{path}: {place}: {told}; expected the manifest that the run wrote") from error
