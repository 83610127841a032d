"""Other mixes in the quarterly report: what each would carry, held against a climb of it where there is one."""

import shlex

from analysis.quarter.other_mix import OtherMix
from analysis.quarter.quarter import Quarter
from reports import wording
from reports.capacity_section import Section, Table

MOST_OPERATIONS = 8  # of a mix: those whose shares differ most
OVERLAP = {True: "✓ overlap", False: "✗ apart", None: "–"}


def mixes_section(quarter: Quarter) -> Section | None:
    """Return what other mixes would carry, None where nobody asked and no climb of one is there."""
    if not quarter.mixes:
        return None
    found = quarter.last.found
    held = found.bottleneck or "a limit that no probe saw"
    checked = [each for each in quarter.mixes if each.check is not None]
    return Section(
        "mixes",
        "Other mixes",
        (
            f"Measured with the mix {wording.plain(quarter.last.run.manifest.plan.mix.name)}, which the {held} held back.",
            "Another mix breaks at λ* times what a request of the measured mix takes of that, over what one of the other takes; of a pool, the queue for its places allows each mix its own use.",
        ),
        tables=(
            Table(
                "What other mixes would carry",
                ("Mix", "Carried", "90 % interval", "Users at once", "90 % interval", "Held back by", "In use then"),
                tuple(_row(each) for each in quarter.mixes),
                note="Every objective held. Users: sessions per s times the length of a session of that mix.",
            ),
            Table(
                "Held against climbs of them",
                ("Run", "Mix", "Predicted", "Measured", "90 % interval", "Prediction off by", "Intervals"),
                tuple(_checked(each) for each in checked),
                note="λ* of the climbs of each mix apart; those of several mixes are never taken together.",
            ),
            *(_operations(each) for each in quarter.mixes),
        ),
        points=tuple(point for each in quarter.mixes for point in _points(each)),
    )  # fmt: skip


def _row(mix: OtherMix) -> tuple[str, ...]:
    users = "not known" if mix.users is None else f"{'≥ ' if mix.at_least else ''}{wording.number(mix.users)}"
    return (
        mix.name,
        "not told" if mix.rate_per_s is None else _per_s(mix),
        _between(mix.interval),
        "–" if mix.rate_per_s is None else users,
        _between(mix.users_interval),
        mix.resource or "–",
        "–" if mix.use is None else wording.percent(mix.use),
    )


def _checked(mix: OtherMix) -> tuple[str, ...]:
    check = mix.check
    assert check is not None, "only mixes with a climb are held against it"
    return (
        ", ".join(check.runs),
        mix.name,
        "not told" if mix.rate_per_s is None else _per_s(mix),
        f"{'≥ ' if check.at_least else ''}{wording.number(check.measured_per_s)} per s",
        _between(check.interval),
        "–" if check.deviation_ratio is None else wording.change(check.deviation_ratio),
        OVERLAP[check.overlaps],
    )


def _points(mix: OtherMix) -> list[str]:
    points = [wording.sentence(f"{mix.name}: {told}") for told in (mix.because, *mix.said) if told]
    if mix.check is None:
        points.append(f"{mix.name}: not checked by a run: make one with: {shlex.join(mix.make_one)}")
    return points


def _operations(mix: OtherMix) -> Table:
    rows = tuple(
        (
            part.operation,
            wording.percent(part.measured),
            wording.percent(part.other),
            "not known" if part.demand_s is None else wording.latency_us(part.demand_s * 1e6),
        )
        for part in mix.parts[:MOST_OPERATIONS]
    )
    requests = f"{wording.number(mix.requests_per_session)} requests a session"
    length = "" if mix.length_s is None else f", which lasts {wording.number(mix.length_s)} s at full length"
    return Table(
        f"What people of the mix {mix.name} ask for", ("Operation", "Measured mix", mix.name, "Demand"), rows,
        note=f"Shares of requests; the {len(rows)} that differ most. {requests}{length}. Demand: of what held the measured mix back.",
    )  # fmt: skip


def _per_s(mix: OtherMix) -> str:
    assert mix.rate_per_s is not None
    return f"{'≥ ' if mix.at_least else ''}{wording.number(mix.rate_per_s)} per s"


def _between(interval: tuple[float, float] | None) -> str:
    return "–" if interval is None else " to ".join(wording.number(end) for end in interval)
