"""What the runs say, in tables: breaking points, promises, resources, laws of scaling, more places, more nodes, peak runs."""

from analysis.quarter.doubled import Doubled
from analysis.quarter.peak import Peak
from analysis.quarter.promise import Promise
from analysis.quarter.quarter import Nodes, Quarter
from analysis.quarter.sustained import Broken
from analysis.scaling.law import Fit
from analysis.scaling.nodes import SAFE
from analysis.scaling.places import Carried
from reports import exhaustion, wording
from reports.capacity_section import Section, Table

MOST_OPERATIONS = 12  # by what they take together; the others take little
CONFIRMED = {True: "confirmed", False: "not confirmed", None: "not tried"}
SATURATION_HEAD = (
    "Resource",
    "Demand of a request",
    "Serves at most",
    "In use before it broke",
    "Wait, least",
    "before",
    "broken",
    "The wait",
)


def runs_section(quarter: Quarter) -> Section:
    """Return where each run broke, at which rate each limit is reached, and the gap to what is promised."""
    found = quarter.last.found
    return Section(
        "capacity",
        "How far it goes",
        (
            f"{exhaustion.title(found)} ({quarter.last.run_id}).",
            quarter.session.said[0].upper() + quarter.session.said[1:] + ".",
        ),
        pictures=("climb", "gaps"),
        tables=(
            Table(
                "Breaking points", ("Run", "Started", "Sessions", "Requests", "Bracket", "p95 of 200 ms", "Confirmed"),
                tuple(_broken(row) for row in quarter.sustained.rows),
                note="Requests per s with every objective held. Bracket: the highest step that held and the lowest that did not. "
                "p95 of 200 ms: where p95 of all operations reaches it.",
            ),
            Table(
                "What is promised", ("Promise", "Carried", "Of it", "90 % interval", "Outcome"), tuple(_promise(row) for row in quarter.promises),
                note="Users by Little's law: sessions per s times the length of a session.",
            ),
            Table(
                f"At which rate p95 reaches a limit ({quarter.last.run_id})", ("p95 of all operations", "Offered", "Requests"),
                tuple(exhaustion.crossing_rows(found)),
            ),
        ),
        points=tuple(f"{row.run_id}: {wording.sentence(row.because)}" for row in quarter.sustained.rows),
    )  # fmt: skip


def resources_section(quarter: Quarter) -> Section:
    """Return what holds it back: resources, places, nodes, operations."""
    found = quarter.last.found
    named = "Not a resource that a probe saw" if found.bottleneck is None else found.bottleneck
    tables = [
        Table(
            f"Resources over the climb ({quarter.last.run_id})", SATURATION_HEAD, tuple(exhaustion.saturation_rows(found)),
            note="Demand: the slope of use over requests per s while under 60 % in use; nothing serves more than 1 / demand.",
        ),
        Table(
            "Twice the places", ("Resource", "Places", "Carried at p95 of 200 ms", "90 % interval", "Measured"),
            tuple(row for each in quarter.doubled for row in _doubled(each)),
            note="From the stages at half of the breaking level and below alone: a queue for the places in front of what was measured there. The first "
            "row checks the model against the run (measured, and the steps around it): it agrees where the two overlap. Another resource may hold it back before twice the places do.",
        ),
        *([] if quarter.nodes is None else [_nodes(quarter.nodes)]),
        *_operations(quarter),
    ]  # fmt: skip
    told = [f"{each.resource}, twice the places: not told, {each.because}." for each in quarter.doubled if each.because]
    if quarter.demands is not None and quarter.demands.because:
        told.append(f"What each operation takes of {quarter.demands.resource}: not told, {quarter.demands.because}.")
    return Section(
        "resources",
        "What holds it back",
        (wording.capital(f"{named}: {wording.sentence(found.bottleneck_because)}"), *told),
        tables=tuple(tables),
        points=tuple(wording.capital(f"{each.resource}: {words}.") for each in quarter.doubled for words in each.said),
    )


def scaling_section(quarter: Quarter) -> Section:
    """Return which law the levels follow and what it says."""
    scaling, served = quarter.scaling, quarter.served
    words = [wording.sentence(scaling.because)]
    if served.served_per_s is not None and served.interval is not None:
        low, high = (wording.number(end) for end in served.interval)
        words.append(
            f"At most {wording.number(served.served_per_s)} requests per s are served (90 %: {low} to {high}), whatever their latency."
        )
    elif served.because != scaling.because:
        words.append(wording.sentence(served.because))
    return Section(
        "scaling",
        "Law of scaling",
        tuple(words),
        pictures=("scaling",),
        tables=(
            Table(
                "Laws that were tried", ("Law", "AICc", "Off by", "Parameters", "Knee at", "Chosen"),
                tuple(_law(each, chosen=each is scaling.chosen) for each in scaling.tried),
                note="Parameters: requests per s at the lowest level, contention, then coherence or the cap in requests per s. The smallest AICc is best; a law with more parameters must be better by 2. Nothing is said beyond 1.5 times the largest level.",
            ),
        ),
    )  # fmt: skip


def peaks_section(quarter: Quarter) -> Section | None:
    """Return the peak runs beside the climbs, None where there is none."""
    if not quarter.peaks:
        return None
    head = ("Run", "Stage", "Requests", "Users", "p95", "Errors", "In use", "Objectives")
    return Section(
        "peaks",
        "The busiest hour, as it was run",
        tables=(Table("Judged stages", head, tuple(_peak(row) for row in quarter.peaks)),),
    )


def _broken(row: Broken) -> tuple[str, ...]:
    bracket = "–" if row.bracket_per_s is None else " to ".join(wording.number(end) for end in row.bracket_per_s)
    at_limit = (
        wording.sentence(row.limit_because)
        if row.at_limit_per_s is None
        else f"{wording.number(row.at_limit_per_s)} per s"
    )
    least = "≥ " if row.at_least else ""
    return (
        row.run_id,
        wording.utc(row.started_at),
        f"{least}{wording.number(row.sessions_per_s)} per s",
        f"{least}{wording.number(row.request_rate_per_s)} per s",
        bracket,
        at_limit,
        CONFIRMED[row.confirmed],
    )


def _promise(row: Promise) -> tuple[str, ...]:
    if row.gap is None:
        return row.name, "–", "–", "–", wording.sentence(row.because)
    low, high = (wording.percent(end) for end in row.gap.interval)
    word = {True: "✓ holds", False: "✗ does not hold", None: "? too close to tell"}[row.gap.holds]
    return row.name, wording.number(row.gap.carried), wording.percent(row.gap.ratio), f"{low} to {high}", word


def _doubled(row: Doubled) -> list[tuple[str, ...]]:
    told: list[tuple[str, ...]] = []
    for carried, name in ((row.now, row.resource), (row.twice, f"{row.resource}, twice")):
        if carried is not None and carried.request_rate_per_s is not None:
            measured = "–" if carried is row.twice or row.measured_per_s is None else _measured(row)
            told.append(
                (
                    name,
                    str(carried.places),
                    f"{wording.number(carried.request_rate_per_s)} per s",
                    _interval(carried),
                    measured,
                )
            )
    return told


def _measured(row: Doubled) -> str:
    assert row.measured_per_s is not None
    told = f"{wording.number(row.measured_per_s)} per s"
    if row.bracket_per_s is None:
        return told
    return f"{told} ({' to '.join(wording.number(end) for end in row.bracket_per_s)})"


def _interval(carried: Carried) -> str:
    return "–" if carried.interval is None else " to ".join(wording.number(end) for end in carried.interval)


def _nodes(nodes: Nodes) -> Table:
    rows = tuple(
        (
            f"{row.nodes} × {nodes.resource}",
            *(f"{wording.number(rate)} per s" for rate in (row.at_limit_per_s, row.one_lost_per_s, row.safe_per_s)),
        )
        for row in nodes.rows
    )
    needed = "; ".join(
        f"{name} needs {'more than a thousand' if count is None else count}" for name, count in nodes.needed
    )
    return Table(
        "More nodes", ("Nodes", "Carried", "With one lost", "To plan with"), rows,
        note=f"In proportion to the {nodes.measured} that were measured. To plan with: {wording.percent(SAFE)} of what is left when one is lost. {wording.sentence(needed)}",
    )  # fmt: skip


def _operations(quarter: Quarter) -> list[Table]:
    demands = quarter.demands
    if demands is None:
        return []
    rows = tuple(
        (
            row.operation,
            wording.latency_us(row.demand_s * 1e6),
            " to ".join(wording.latency_us(end * 1e6) if end else "0" for end in row.interval),
        )
        for row in demands.rows[:MOST_OPERATIONS]
    )
    note = (
        f"Seconds of it in a request, by non-negative least squares; the {len(rows)} that take most of it together."
        if rows
        else ""
    )
    return [
        Table(
            f"What each operation takes of {demands.resource}",
            ("Operation", "Demand", "90 % interval"),
            rows,
            note=note,
        )
    ]


def _law(made: Fit, *, chosen: bool) -> tuple[str, ...]:
    values = ", ".join(wording.number(value) for value in made.values)
    knee = "none" if made.knee is None else f"{wording.number(made.knee)} sessions per s"
    return (
        made.law.value,
        wording.number(made.aicc),
        wording.percent(made.deviation),
        values,
        knee,
        "✓" if chosen else "",
    )


def _peak(row: Peak) -> tuple[str, ...]:
    step = row.step
    used = ", ".join(f"{use.resource} {wording.percent(use.use)}" for use in step.uses if use.use is not None)
    return (
        row.run_id,
        step.stage,
        f"{wording.number(step.request_rate_per_s)} per s",
        wording.number(row.users),
        wording.latency_us(step.response_us_p95),
        "–" if step.error_ratio is None else wording.percent(step.error_ratio),
        used or "–",
        exhaustion.GOOD[step.good][1] + (f": {step.because}" if step.because else ""),
    )
