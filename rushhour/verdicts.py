"""Judging a run folder and writing everything that is read afterwards into it."""

from dataclasses import dataclass
from pathlib import Path

from analysis.judge import judge
from analysis.verdict import Verdict, as_text
from records.baseline import Baseline, read_baselines
from records.folder import LATENCY, VERDICT, write_bytes, write_text
from records.interchange import write_hlog
from records.run import Run, read_run
from reports.html import render_html
from reports.junit import render_junit
from reports.markdown import render_markdown
from reports.pdf import render_pdf
from reports.png import charts, write_pngs
from scenarios.plan import Plan

REPORT, PDF, SUMMARY, JUNIT, CHARTS = "report.html", "report.pdf", "summary.md", "junit.xml", "charts"


@dataclass(frozen=True, slots=True)
class Judged:
    """A run with its verdict and the accepted runs it was held against."""

    run: Run
    verdict: Verdict
    baselines: tuple[Baseline, ...]


def judge_folder(folder: Path, store: Path) -> Judged:
    """Return the judged run; raise RunDataError where the folder or a baseline is damaged."""
    run = read_run(folder)
    baselines = baselines_for(run.manifest.plan, store)
    return Judged(run, judge(run, baselines), baselines)


def baselines_for(plan: Plan, store: Path) -> tuple[Baseline, ...]:
    """Return the accepted runs that may serve a plan: of the scenario it names as its baseline, and its own."""
    scenarios = dict.fromkeys([plan.comparison.baseline or plan.scenario, plan.scenario])
    return tuple(baseline for scenario in scenarios for baseline in read_baselines(store, plan.target.name, scenario))


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
