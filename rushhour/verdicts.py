"""Judging a run folder and writing everything that is read afterwards into it."""

from dataclasses import dataclass
from pathlib import Path
from typing import get_args

from analysis.two_stage_judge import Beside, judge_in_two_stages
from analysis.verdict import Verdict, as_text
from records.baseline import Baseline
from records.folder import LATENCY, MANIFEST, VERDICT, write_bytes, write_text
from records.interchange import write_hlog
from records.reruns import Build, read_reruns
from records.run import Run, read_run
from reports.html import render_html
from reports.junit import render_junit
from reports.markdown import render_markdown
from reports.pdf import render_pdf
from reports.png import charts, write_pngs
from rushhour.accepted import baselines_for
from rushhour.results import first_of

REPORT, PDF, SUMMARY, JUNIT, CHARTS = "report.html", "report.pdf", "summary.md", "junit.xml", "charts"


@dataclass(frozen=True, slots=True)
class Judged:
    """A run with its verdict and the accepted runs it was held against."""

    run: Run
    verdict: Verdict
    baselines: tuple[Baseline, ...]


def judge_folder(folder: Path, store: Path) -> Judged:
    """Return the judged run, of a rerun the first run's whole group; raise RunDataError where a folder or a baseline is damaged."""
    run = read_run(first_of(folder))
    baselines = baselines_for(run.manifest.plan, store)
    return Judged(run, judge_in_two_stages(run, baselines, beside(run.folder)), baselines)


def beside(folder: Path) -> Beside | None:
    """Return the runs that were made beside a first run, None where nobody set out to make any."""
    reruns = read_reruns(folder)
    if reruns is None:
        return None
    there = {run_id: folder.parent / run_id for run_id in (*reruns.run_ids("new"), *reruns.run_ids("old"))}
    lost = tuple(run_id for run_id, path in there.items() if not (path / MANIFEST).exists())
    new, old = (
        tuple(read_run(there[run_id]) for run_id in reruns.run_ids(build) if run_id not in lost)
        for build in get_args(Build)
    )
    return Beside(reruns.because, begun=True, new=new, old=old, lost=lost, ended=reruns.ended, detail=reruns.detail)


def write_verdict(judged: Judged) -> None:
    """Write `verdict.json`."""
    write_text(judged.run.folder / VERDICT, as_text(judged.verdict))


def write_reports(judged: Judged) -> Path:
    """Write report (HTML and PDF), summary, JUnit, charts and the interchange histogram; return the report's path."""
    run, verdict = judged.run, judged.verdict
    write_text(run.folder / REPORT, render_html(run, verdict, judged.baselines))
    write_text(run.folder / SUMMARY, render_markdown(run, verdict))
    write_text(run.folder / JUNIT, render_junit(verdict))
    write_hlog(run, run.folder / LATENCY)
    (run.folder / CHARTS).mkdir(exist_ok=True)
    drawn = charts(run, verdict, judged.baselines)
    write_pngs(drawn, run.folder / CHARTS)
    write_bytes(run.folder / PDF, render_pdf(run, verdict, drawn))
    return run.folder / REPORT
