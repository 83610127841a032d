"""The index page over a results folder: `results/index.html`, made anew after each run."""

import json
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import quote

from analysis.verdict import Outcome
from records.folder import MANIFEST, VERDICT, write_text
from reports.index import Listed, render_index
from rushhour.verdicts import JUNIT, PDF, REPORT, SUMMARY

PAGE = "index.html"
GATHERED = {  # documents of several runs together, and what they are
    "stress.json": "the monthly stress runs",
    "capacity.json": "the quarterly capacity report",
}
MOST_RUNS = 500
MOST_BYTES = 20_000_000  # of a document; a verdict has some 200 kB
LINKS = (("report", REPORT), ("PDF", PDF), ("summary", SUMMARY), ("JUnit", JUNIT))


def write_index(results: Path) -> Path:
    """Write the index of a results folder and return its path; a run that is damaged is listed as such."""
    folders = {path.parent for name in (MANIFEST, *GATHERED) for path in results.glob(f"*/{name}")}
    newest_last = sorted(folders, key=lambda folder: (folder.stat().st_mtime, folder.name))
    shown = newest_last[-MOST_RUNS:]
    path = results / PAGE
    write_text(path, render_index([_listed(folder) for folder in shown], len(newest_last) - len(shown)))
    return path


def _listed(folder: Path) -> Listed:
    links = tuple((label, quote(f"{folder.name}/{name}")) for label, name in LINKS if (folder / name).exists())
    for name, title in GATHERED.items():
        if (folder / name).exists():
            found, damage = _read(folder / name)
            return Listed(
                folder.name, title, str(found.get("target", "")), str(found.get("made_at", "")), _outcome(found), _why(found, damage), links
            )  # fmt: skip
    manifest, damage = _read(folder / MANIFEST)
    plan = manifest.get("plan", {})
    listed = partial(
        Listed, folder.name, str(plan.get("scenario", "")), str(plan.get("target", {}).get("name", "")), str(manifest.get("started_at", ""))
    )  # fmt: skip
    if not (folder / VERDICT).exists():
        return listed(None, damage or "not judged yet: still under way, or killed; judge it with rushhour judge")
    verdict, torn = _read(folder / VERDICT)
    judged = [stage for stage in verdict.get("stages", ()) if stage.get("objectives_held") is not None]
    last = judged[-1] if judged else {}
    return listed(
        _outcome(verdict), _why(verdict, torn or damage), links, last.get("response_us_p95"), last.get("request_rate_per_s")
    )  # fmt: skip


def _read(path: Path) -> tuple[dict[str, Any], str | None]:
    """Return a document and None, or nothing and why."""
    try:
        if path.stat().st_size > MOST_BYTES:
            return {}, f"{path.name} is larger than {MOST_BYTES:,} bytes"
        content = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        return {}, f"{path.name} is damaged: {error}"
    return (content, None) if isinstance(content, dict) else ({}, f"{path.name} is damaged: no table")


def _outcome(found: dict[str, Any]) -> Outcome | None:
    word = found.get("outcome")
    return Outcome(word) if word in set(Outcome) else None


def _why(found: dict[str, Any], damage: str | None) -> str:
    because = found.get("because") or ()
    return damage or (str(because[0]) if because else "")
