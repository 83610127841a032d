"""How old a history is on the day of a report: what lies ahead of it, what is not over yet, what was long ago."""

from datetime import date

from analysis.figures import counted
from analysis.growth.demand import BUSY_WEEKS, WEEK, Demand


def age_of(demand: Demand, today: date) -> tuple[str, ...]:
    """Return what is taken for granted of a history that does not end just before `today`, a day in its own time zone.

    A report counts from the end of the history and not from the day on which it was made: the same files give the same plan.
    """
    ahead = [demand.week(index) for index, value in enumerate(demand.values) if value and demand.week(index) > today]
    last = demand.week(demand.weeks - 1)
    if ahead:
        span = f"{today} ({ahead[0]} to {ahead[-1]})"
        return (
            f"{counted(len(ahead), 'week')} of {demand.source} lie ahead of the day of this report, {span}: taken as if they had been measured",
        )
    if last + WEEK > today:
        return (
            f"the week of {last} in {demand.source} is not over on the day of this report, {today}: its peak so far stands for it",
        )
    since = (today - demand.end) // WEEK
    if since < BUSY_WEEKS:
        return ()
    ended = f"{demand.source} ends on {demand.end}, {counted(since, 'week')} before the day of this report, {today}"
    return (f"{ended}: all that lies ahead is counted from its end",)
