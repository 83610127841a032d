"""The first page: four questions, each answered in one sentence with its number and interval."""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from analysis.figures import number, percent
from analysis.planning.row import PlanRow
from analysis.quarter.other_mix import OtherMix
from analysis.quarter.promise import Promise, shortfall
from analysis.quarter.quarter import Quarter
from analysis.verdict import Outcome

YEAR_WEEKS = 52


class Question(StrEnum):
    """What the quarterly rhythm asks."""

    HOLDS = "Does it hold?"
    UNTIL = "Until when?"
    DO = "What is to be done?"
    COST = "What does it cost?"


@dataclass(frozen=True, slots=True)
class Answer:
    """One answer; `good` None: cannot be told, or neither good nor bad. `more` are sentences that go with it.

    `sources`: the run folders and files that its numbers are from, each one of `sources_of`.
    """

    question: Question
    good: bool | None
    sentence: str
    more: tuple[str, ...]
    sources: tuple[str, ...]


def sources_of(quarter: Quarter) -> tuple[str, ...]:
    """Return all that the first page stands on: the runs that λ* is from, the history, the price list."""
    return (*quarter.sustained.used, quarter.history.source, quarter.plan.prices)


def answers_of(quarter: Quarter) -> tuple[Answer, ...]:
    """Return the four answers in their order."""
    return _holds(quarter), _until(quarter), _do(quarter), _cost(quarter)


def outcome_of(quarter: Quarter) -> Outcome:
    """Return pass where demand of now and all that is promised is carried, fail where the interval says it is not, else inconclusive."""
    holds = [None if each.gap is None else each.gap.holds for each in quarter.promises]
    holds.append(_demand_holds(quarter))
    if False in holds:
        return Outcome.FAIL
    return Outcome.INCONCLUSIVE if None in holds else Outcome.PASS


def _demand_holds(quarter: Quarter) -> bool | None:
    now = quarter.whole.now
    return True if now.p90 <= 1 else False if now.p10 > 1 else None


def _holds(quarter: Quarter) -> Answer:
    sustained = quarter.sustained
    least = "at least " if sustained.at_least else ""
    carries = f"it carries {least}{number(sustained.middle_per_s)} requests per s (90 %: {_between(sustained.interval)}) with every objective held"
    outcome = outcome_of(quarter)
    missed = [each.name for each in quarter.promises if each.gap is not None and each.gap.holds is False]
    match outcome:
        case Outcome.PASS:
            sentence = f"Yes: {carries}, enough for all that is promised and for the traffic of now"
        case Outcome.FAIL if missed:
            sentence = f"Not {' and not '.join(missed)}: {carries}"
        case Outcome.FAIL:
            sentence = f"No: {carries}, less than the traffic of now"
        case _:
            sentence = f"It cannot be told: {carries}"
    return Answer(
        Question.HOLDS,
        {Outcome.PASS: True, Outcome.FAIL: False}.get(outcome),
        f"{sentence}.",
        (
            *(gap_words(each) for each in quarter.promises),
            traffic_words(quarter),
            held_back(quarter),
            *(mix_words(each) for each in quarter.mixes),
        ),
        (*sustained.used, quarter.history.source),
    )


def gap_words(promise: Promise) -> str:
    """Return what a promise asks, what is carried of it, and whether that is enough."""
    if promise.gap is None:
        return f"{promise.name}: cannot be told, {promise.because}."
    low, high = promise.gap.interval
    word = {True: "holds", False: "does not hold", None: "too close to tell"}[promise.gap.holds]
    carried = f"{number(promise.gap.carried)} {promise.unit}"
    return f"{promise.name}: {carried} are carried, {percent(promise.gap.ratio)} of it (90 %: {percent(low)} to {percent(high)}): {word}."


def shortfall_words(quarter: Quarter) -> str:
    """Return the promise with the least room as a gap, empty where none can be told."""
    short = shortfall(quarter.promises)
    if short is None or short.gap is None:
        return ""
    low, high = short.gap.interval
    return f"{percent(short.gap.ratio)} of {short.name} (90 %: {percent(low)} to {percent(high)})"


def traffic_words(quarter: Quarter) -> str:
    """Return how much of what is carried the traffic of now takes."""
    now = quarter.whole.now
    busiest = number(quarter.history.busiest_now)
    return f"Traffic of now: {busiest} requests per s in the busiest hour of the last quarter, {percent(now.p50)} of what is carried (80 %: {percent(now.p10)} to {percent(now.p90)})."


def held_back(quarter: Quarter) -> str:
    """Return which resource holds it back, and what twice of it would carry."""
    found = quarter.last.found
    if found.bottleneck is None:
        return f"What holds it back is not a resource that a probe saw: {found.bottleneck_because}."
    told = f"The {found.bottleneck} holds it back: {found.bottleneck_because}"
    twice = next((each.twice for each in quarter.doubled if each.resource == found.bottleneck), None)
    if twice is None or twice.request_rate_per_s is None or twice.interval is None:
        return f"{told}."
    return f"{told}. Twice the places ({twice.places}) would carry {number(twice.request_rate_per_s)} requests per s (90 %: {_between(twice.interval)}), if nothing else held it back."


def mix_words(mix: OtherMix) -> str:
    """Return what another mix would carry, and whether a climb of it has checked that."""
    if mix.rate_per_s is None:
        return f"With the mix {mix.name}: cannot be told, {mix.because}."
    between = "" if mix.interval is None else f" (90 %: {_between(mix.interval)})"
    told = f"With the mix {mix.name}: {'at least ' if mix.at_least else ''}{number(mix.rate_per_s)} requests per s{between}"
    if mix.check is None:
        return f"{told}, not checked by a run."
    return (
        f"{told}; a climb of it carried {'at least ' if mix.check.at_least else ''}{number(mix.check.measured_per_s)}."
    )


def _until(quarter: Quarter) -> Answer:
    row = quarter.whole
    date_, sources = row.date, (*quarter.sustained.used, quarter.history.source)
    if row.now.p10 > 1:
        return Answer(
            Question.UNTIL,
            False,
            "It is exceeded now: the busiest hour of the last quarter was more than is carried.",
            (),
            sources,
        )
    if date_.p50 is not None:
        range_ = (
            f"80 %: {_day(date_.p10)} to {_day(date_.p90)}"
            if quarter.plan.interval_claimed or date_.p10 != date_.p90
            else "growth as given, without an interval"
        )
        sentence = f"Until the week of {date_.p50}: then demand exceeds what is carried ({range_})."
    elif date_.p10 is not None:
        sentence = f"Longer than {YEAR_WEEKS} weeks in most cases, but in one of ten only until the week of {date_.p10} ({percent(date_.reached_ratio)} of the paths exceed it within {YEAR_WEEKS} weeks)."
    else:
        sentence = f"Longer than {YEAR_WEEKS} weeks, and no date: {percent(date_.reached_ratio)} of the paths exceed it until {date_.horizon}."
    later = [
        f"{each.target}: demand reaches it about {each.date.p50}."
        for each in _promised(quarter)
        if each.date.p50 is not None
    ]
    return Answer(Question.UNTIL, date_.p10 is None, sentence, tuple(later), sources)


def _do(quarter: Quarter) -> Answer:
    row = quarter.whole
    more = _besides(quarter)
    more += [f"For {each.target}: {each.action}{_costing(each, quarter.plan.currency)}." for each in _promised(quarter)]
    if not row.purchases:
        return Answer(
            Question.DO,
            True,
            f"Nothing for the traffic that is expected: no purchase is needed within {YEAR_WEEKS} weeks in nine of ten cases.",
            tuple(more),
            sources_of(quarter),
        )
    by = _decided(row)
    lead = "" if row.lead_days is None else f" (lead time {number(row.lead_days)} days)"
    sentence = f"{row.action[0].upper()}{row.action[1:]}{by}{lead}; enough for nine cases of ten until a quarter after {row.date.p10}."
    return Answer(Question.DO, None if not row.overdue else False, sentence, tuple(more), sources_of(quarter))


def _besides(quarter: Quarter) -> list[str]:
    """Return what has to be done beside what is bought for all objectives: the database's connections, a cache that must hold more."""
    promised = {each.target for each in _promised(quarter)}
    bought = {each.action for each in quarter.whole.purchases}
    others = [row for row in quarter.plan.rows if row.target not in promised and row is not quarter.whole]
    return [
        f"{row.target[0].upper()}{row.target[1:]}: {row.action}{_costing(row, quarter.plan.currency)}{_decided(row)}."
        for row in others
        if row.purchases and any(each.action not in bought for each in row.purchases)
    ]


def _decided(row: PlanRow) -> str:
    if row.decide_by is None:
        return ""
    return f", overdue since {row.decide_by}" if row.overdue else f", decided by {row.decide_by}"


def _cost(quarter: Quarter) -> Answer:
    plan, row = quarter.plan, quarter.whole
    now, year = plan.bills[0], plan.bills[-1]
    money = plan.currency
    sentence = (
        f"{number(now.cost.p50)} {money} a month now, {number(year.cost.p50)} {money} in {YEAR_WEEKS} weeks "
        f"(80 %: {number(year.cost.p10)} to {number(year.cost.p90)}), with all that is then needed."
    )
    more = [
        f"1,000 bookings cost {number(now.cost_per_1000_bookings.p50)} {money} now and {number(year.cost_per_1000_bookings.p50)} in {YEAR_WEEKS} weeks."
    ]
    if row.purchases:
        more.append(f"What is to be bought adds {_added(row, money)}.")
    more += [
        f"{each.target}, were it reached now: {number(each.bill.cost.p50)} {money} a month."
        for each in plan.target_bills
    ]
    return Answer(Question.COST, None, sentence, tuple(more), sources_of(quarter))


def _promised(quarter: Quarter) -> list[PlanRow]:
    names = {each.name for each in quarter.promises}
    return [row for row in quarter.plan.rows if row.target in names]


def _costing(row: PlanRow, currency: str) -> str:
    if not row.purchases:
        return ""
    return f", {'at' if row.cost_per_month is None else 'for'} {_added(row, currency)}{'' if row.cost_per_month is None else ' more'}"


def _added(row: PlanRow, currency: str) -> str:
    if row.cost_per_month is None:
        return "a cost that cannot be told"
    return f"{number(row.cost_per_month)} {currency} a month"


def _between(interval: tuple[float, float]) -> str:
    return f"{number(interval[0])} to {number(interval[1])}"


def _day(day: date | None) -> str:
    return f"later than {YEAR_WEEKS} weeks" if day is None else str(day)
