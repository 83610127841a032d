"""The quarterly report in words and tables: the same sections for the page and for paper, the answers first."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from analysis.growth.forecast import PATHS
from analysis.quarter.answers import Answer, answers_of, outcome_of, sources_of
from analysis.quarter.quarter import Quarter
from analysis.verdict import Outcome
from reports import capacity_growth, capacity_measured, capacity_mixes, capacity_plan, capacity_sizes, wording
from reports.capacity_figure import captions
from reports.capacity_section import MOST_CHARACTERS, Section, tight
from reports.capacity_source import cited, sources
from reports.page import Row

WORD = {
    Outcome.PASS: "IT HOLDS",
    Outcome.FAIL: "IT DOES NOT HOLD",
    Outcome.INCONCLUSIVE: "TOO CLOSE TO TELL",
    Outcome.INVALID: "NOT MEASURED",
}
MARK = {True: ("pass", "✓"), False: ("fail", "✗"), None: ("unknown", "·")}
BESIDE = "report.html, report.pdf, capacity.json, plan.csv, forecast.csv; in inputs/ the history and the price list as they were"
MAKERS: tuple[Callable[[Quarter], Section | None], ...] = (
    capacity_plan.plan_section,
    capacity_measured.runs_section,
    capacity_measured.resources_section,
    capacity_mixes.mixes_section,
    capacity_measured.scaling_section,
    capacity_sizes.sizes_section,
    capacity_growth.growth_section,
    capacity_growth.cost_section,
    capacity_plan.beside_section,
    capacity_measured.peaks_section,
    capacity_growth.assumptions_section,
)


@dataclass(frozen=True, slots=True)
class Figure:
    """A number of the first page, with its interval and count, and the names of what it stands on."""

    label: str
    value: str
    basis: str
    sources: tuple[str, ...]


def sections(quarter: Quarter) -> list[Section]:
    """Return the evidence, section by section; one without anything to show is left out."""
    return [made for maker in MAKERS if (made := maker(quarter)) is not None]


def head(quarter: Quarter, made_at: str) -> Row:
    """Return what the first page says."""
    outcome, answers, stands_on = outcome_of(quarter), answers_of(quarter), sources(quarter)
    target = quarter.last.run.manifest.plan.target
    return {
        "outcome": outcome.value,
        "outcome_symbol": wording.OUTCOME_SYMBOL[outcome],
        "outcome_word": WORD[outcome],
        "reason": answers[0].sentence,
        "answers": [_answer(quarter, answer) for answer in answers],
        "figures": [
            {
                "label": each.label,
                "value": tight(each.value),
                "basis": tight(each.basis),
                "cites": _cites(quarter, each.sources),
            }
            for each in figures(quarter)
        ],
        "target": f"{wording.plain(target.name)} ({target.kind.value}){_build(quarter)}",
        "sources": [{"mark": each.mark, "name": each.name, "what": each.what} for each in stands_on],
        "beside": BESIDE,
        "made_utc": wording.utc(made_at),
        "made_iso": made_at,
        "warning": warning(quarter),
    }


def shown_captions(quarter: Quarter) -> dict[str, str]:
    """Return the caption of each picture, fit for a line."""
    return {name: tight(wording.plain(text, MOST_CHARACTERS)) for name, text in captions(quarter).items()}


def warning(quarter: Quarter) -> str:
    """Return what has to be known of a run that is not of the real thing, empty otherwise."""
    time_scale, load_scale = quarter.scales
    told = []
    if quarter.is_demonstration:
        told.append(
            "The target is the embedded sandbox: this is a demonstration, its numbers are those of a stand-in and of the machine it ran on"
        )
    if (time_scale, load_scale) != (1.0, 1.0):
        told.append(
            f"the latest run was scaled (times by {wording.number(time_scale)}, loads by {wording.number(load_scale)}): a small shop, measured for a short time"
        )
    if plants := quarter.last.run.manifest.plants:
        told.append(f"faults were planted in the latest run: {', '.join(plants)}")
    return wording.sentence("; ".join(told))


def figures(quarter: Quarter) -> list[Figure]:
    """Return the numbers of the first page; docs/capacity.md explains each."""
    sustained, row, plan = quarter.sustained, quarter.whole, quarter.plan
    low, high = (wording.number(end) for end in sustained.interval)
    runs, history = sustained.used, quarter.history
    weeks = f"{wording.counted(history.measured, 'week')} of history"
    users = next((each.gap for each in quarter.promises if each.unit == "users at once"), None)
    date = row.date
    money = plan.currency
    return [
        Figure(
            "Requests carried, all objectives held",
            f"{'≥ ' if sustained.at_least else ''}{wording.number(sustained.middle_per_s)} per s",
            f"90 %: {low} to {high}; {wording.counted(len(runs), 'run')}",
            runs,
        ),
        Figure(
            "The same in users at once",
            "not known" if users is None else f"{wording.number(users.carried)} users",
            "no session length is known"
            if users is None
            else f"90 %: {wording.number(users.interval[0] * users.asked)} to {wording.number(users.interval[1] * users.asked)}",
            runs,
        ),
        Figure(
            "Used now",
            wording.percent(row.now.p50),
            f"80 %: {wording.percent(row.now.p10)} to {wording.percent(row.now.p90)}; {weeks}",
            (*runs, history.source),
        ),
        Figure(
            "Week in which it is exceeded, P50",
            "now" if row.now.p10 > 1 else "not in a year" if date.p50 is None else str(date.p50),
            (
                f"P10: {date.p10}; {wording.count(PATHS)} paths"
                if date.p10 is not None
                else f"no P10: a risk of {wording.percent(date.reached_ratio)} in a year"
            ),
            (*runs, history.source),
        ),
        Figure(
            "A month costs now",
            f"{wording.number(plan.bills[0].cost.p50)} {money}",
            f"in a year {wording.number(plan.bills[-1].cost.p50)} {money}; 80 %: {wording.number(plan.bills[-1].cost.p10)} to {wording.number(plan.bills[-1].cost.p90)}",
            sources_of(quarter),
        ),
    ]


def _cites(quarter: Quarter, names: Iterable[str]) -> list[Row]:
    return [{"mark": each.mark, "name": each.name} for each in cited(quarter, names)]


def _answer(quarter: Quarter, answer: Answer) -> Row:
    css, symbol = MARK[answer.good]
    return {
        "css": css,
        "symbol": symbol,
        "question": answer.question.value,
        "sentence": tight(wording.plain(answer.sentence, MOST_CHARACTERS)),
        "more": [tight(wording.plain(text, MOST_CHARACTERS)) for text in answer.more],
        "cites": _cites(quarter, answer.sources),
    }


def _build(quarter: Quarter) -> str:
    build = quarter.last.run.manifest.target_build
    return "" if build is None else f", build {wording.plain(build, 40)}"
