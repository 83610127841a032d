"""The index page over a results folder: `results/index.html`, made anew after each run."""

import json
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import quote

from analysis.verdict import Outcome
from records.duet import DUET
from records.folder import MANIFEST, VERDICT, write_text
from reports.index import Listed, render_index
from rushhour.verdicts import JUNIT, PDF, REPORT, SUMMARY

PAGE = "index.html"
GATHERED = {  # documents of several runs together, and what they are
    "stress.json": "the monthly stress runs",
    "capacity.json": "the quarterly capacity report",
}
PAGES = (("every operation through all runs", "history/report.html"),)  # of all runs together
MOST_RUNS = 500
MOST_BYTES = 20_000_000  # of a document; a verdict has some 200 kB
LINKS = (("report", REPORT), ("PDF", PDF), ("summary", SUMMARY), ("JUnit", JUNIT))


def write_index(results: Path) -> Path:
    """Write the index of a results folder and return its path; a run that is damaged is listed as such."""
    folders = {path.parent for name in (MANIFEST, DUET, *GATHERED) for path in results.glob(f"*/{name}")}
    newest_last = sorted(folders, key=lambda folder: (folder.stat().st_mtime, folder.name))
    shown = newest_last[-MOST_RUNS:]
    path = results / PAGE
    pages = [(title, name) for title, name in PAGES if (results / name).is_file()]
    write_text(path, render_index([_listed(folder) for folder in shown], len(newest_last) - len(shown), pages))
    return path


def _listed(folder: Path) -> Listed:
    links = tuple((label, quote(f"{folder.name}/{name}")) for label, name in LINKS if (folder / name).exists())
    for name, title in GATHERED.items():
        if (folder / name).exists():
            found, damage = _read(folder / name)
            return Listed(
                folder.name, title, str(found.get("target", "")), str(found.get("made_at", "")), _outcome(found), _why(found, damage), links
            )  # fmt: skip
    if (folder / DUET).exists():
        return _duet(folder, links)
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


def _duet(folder: Path, links: tuple[tuple[str, str], ...]) -> Listed:
    """Return a duet: what was compared from `duet.json`, what it came to from its verdict."""
    record, damage = _read(folder / DUET)
    verdict, torn = _read(folder / VERDICT) if (folder / VERDICT).exists() else ({}, "not judged yet")
    targets = list(dict.fromkeys(str(arm.get("target", "")) for arm in record.get("arms", {}).values()))
    scenario = f"duet of {record.get('scenario', '')}".strip()
    return Listed(
        folder.name, scenario, " and ".join(targets), str(record.get("started_at", "")), _outcome(verdict), _why(verdict, damage or torn), links
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
