"""Sizes that a person tells of the runs of a quarterly report: --size RUN=4."""

import math
from collections.abc import Sequence
from pathlib import Path

from analysis.quarter.climbed import Climbed
from rushhour.results import find_run
from scenarios.errors import ScenarioError

MOST_SIZE = 1e6  # of any unit; a larger one is a slip


def given_sizes(words: Sequence[str], climbs: Sequence[Climbed], results: Path) -> dict[str, float]:
    """Return the sizes of RUN=NUMBER words by run id; raise ScenarioError with a line for each that is none, RunDataError for an unknown run."""
    by_folder = {climb.run.folder.resolve(): climb.run_id for climb in climbs}
    found: dict[str, float] = {}
    problems = []
    for word in words:
        name, _, number = (part.strip() for part in word.rpartition("="))
        size = _size(number)
        if not name or size is None:
            problems.append(f'--size: "{word}" is no size of a run; expected RUN=NUMBER, more than 0, such as last=4')
            continue
        run_id = by_folder.get(find_run(name, results).resolve())
        if run_id is None:
            problems.append(f"--size: {name} is not among the climbs of this report; name it with --run as well")
        elif run_id in found:
            problems.append(f"--size: {name} is given twice; expected it once")
        else:
            found[run_id] = size
    if problems:
        raise ScenarioError(problems)
    return found


def _size(number: str) -> float | None:
    try:
        size = float(number)
    except ValueError:
        return None
    return size if math.isfinite(size) and 0 < size <= MOST_SIZE else None
