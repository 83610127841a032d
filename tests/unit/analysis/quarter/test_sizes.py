"""Climbs at several sizes: the report stands on one of them, the law speaks of others, and never far beyond."""

from dataclasses import replace
from itertools import pairwise

import pytest

from analysis.quarter.climbed import Climbed
from analysis.quarter.document import as_document
from analysis.quarter.quarter import Quarter, measured_of
from analysis.quarter.sizes import Sizes, asked, of_latest_size, sizes_of
from analysis.scaling.law import Law
from records.errors import RunDataError
from reports.capacity import sections
from reports.capacity_sizes import sizes_figure
from tests.unit.analysis.quarter.build_quarter import pool, quarter_of_climbs
from tests.unit.analysis.quarter.build_sizes import climb_at

SIZES = (4, 6, 8, 12, 16, 20, 24)
CONTENTION, COHERENCE = 0.02, 0.004


@pytest.fixture(scope="module")
def base() -> Climbed:
    return pool()


@pytest.fixture(scope="module")
def hindered(base: Climbed) -> list[Climbed]:
    """Climbs that follow the universal scalability law to a half of a percent, the one of 8 places the latest."""
    return [
        climb_at(base, f"of-{places}", usl(places) * (1.005 if index % 2 else 0.995), {"pool": places}, day=28 if places == 8 else index + 1)
        for index, places in enumerate(SIZES)
    ]  # fmt: skip


@pytest.fixture(scope="module")
def quarter(hindered: list[Climbed]) -> Quarter:
    return quarter_of_climbs(hindered)


@pytest.fixture(scope="module")
def found(quarter: Quarter) -> Sizes:
    assert quarter.sizes is not None
    return quarter.sizes


def usl(places: float) -> float:
    """Return what is carried by so many places at 10 per s each."""
    return 10 * places / (1 + CONTENTION * (places - 1) + COHERENCE * places * (places - 1))


def two(base: Climbed, *, second: str = "shop") -> list[Climbed]:
    """Return a climb of four places and a later one of eight."""
    return [
        climb_at(base, "small", 60.0, {"pool": 4}, day=1),
        climb_at(base, "large", 130.0, {"pool": 4, "instances": 2}, day=2, name=second),
    ]


def test_lambda_is_that_of_the_latest_climbs_size_alone(base: Climbed) -> None:
    again = climb_at(base, "large-before", 120.0, {"pool": 4, "instances": 2}, day=1)
    measured = measured_of([*two(base), again], [])
    assert [climb.run_id for climb in measured.climbs] == ["large-before", "large"]
    assert measured.sustained.middle_per_s == pytest.approx((120 * 130) ** 0.5)
    assert any("λ* is that of 8 places" in told and "(small)" in told for told in measured.assumptions)
    assert measured.sizes is not None
    assert [(row.size, row.runs) for row in measured.sizes.rows] == [
        (4, ("small",)), (8, ("large-before", "large")),
    ]  # fmt: skip


def test_climbs_of_one_size_have_no_sizes(base: Climbed) -> None:
    measured = measured_of([two(base)[0], climb_at(base, "again", 62.0, {"pool": 4})], [])
    assert measured.sizes is None
    assert len(measured.climbs) == 2
    assert not any("size" in told for told in measured.assumptions)


def test_the_law_that_the_sizes_follow_tells_of_others_up_to_one_and_a_half_times_the_largest(found: Sizes) -> None:
    assert found.scaling.chosen is not None
    assert found.scaling.chosen.law is Law.USL
    told = {each.load: each for each in found.told}
    assert max(told) == 36
    for places in (5, 14, 18, 36):
        assert told[places].served_per_s == pytest.approx(usl(places), rel=0.05)
        assert told[places].interval is not None
    assert found.most.load == pytest.approx((0.98 / COHERENCE) ** 0.5, rel=0.05)  # the peak, at 15.7 places
    assert found.latest == 8


def test_with_fewer_sizes_only_what_was_measured_is_shown(base: Climbed) -> None:
    found = sizes_of(two(base), {})
    assert found is not None
    assert found.told == ()
    assert "at 2 sizes; a law over sizes needs 6" in found.because


def test_a_size_at_which_nothing_broke_is_shown_and_not_given_to_the_law(base: Climbed) -> None:
    found = sizes_of([*two(base), climb_at(base, "never", None, {"pool": 16})], {})
    assert found is not None
    assert [row.at_least for row in found.rows] == [False, False, True]
    assert [level.load for level in found.levels] == [4, 8]


def test_of_a_real_target_somebody_has_to_tell_the_sizes(base: Climbed) -> None:
    climbs = [climb_at(base, "three", 60.0, None, day=2), climb_at(base, "four", 75.0, None, day=1)]
    assert sizes_of(climbs, {}) is None
    found = sizes_of(climbs, {"three": 3.0, "four": 4.0})
    assert found is not None
    assert (found.latest, found.said(4.0)) == (3.0, "4 units")
    assert [row.carried_per_s for row in found.rows] == pytest.approx([60, 75])


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"small": 4.0}, "--size: nothing tells the size of large; expected that of every run, or of none"),
        ({"small": 4.0, "large": 4.0}, "--run: runs of the same size are of different sandboxes"),
    ],
)
def test_sizes_that_cannot_be_are_refused(base: Climbed, given: dict[str, float], told: str) -> None:
    with pytest.raises(RunDataError, match=told):
        of_latest_size(two(base), given)


def test_a_latest_climb_without_a_size_is_refused_though_the_others_have_one(base: Climbed) -> None:
    climbs = [*two(base), climb_at(base, "latest", 140.0, {"pool": 9}, day=3)]
    with pytest.raises(RunDataError, match="nothing tells the size of latest"):
        measured_of(climbs, [], {"small": 4.0, "large": 8.0})


def test_sizes_are_of_one_target(base: Climbed) -> None:
    with pytest.raises(RunDataError, match="several targets"):
        measured_of(two(base, second="elsewhere"), [])


def test_the_law_is_asked_between_the_sizes_and_beyond_them() -> None:
    assert asked([2, 4, 7]) == [2, 3, 4, 5, 7, 8, 10]  # 5.5, 8.75 and 10.5 are no whole number of places
    assert asked([0.5, 1.0]) == [0.5, 0.75, 1.0, 1.25, 1.5]


def test_the_report_has_a_table_a_picture_and_a_document_of_the_sizes(quarter: Quarter) -> None:
    (section,) = (each for each in sections(quarter) if each.name == "sizes")
    (table,) = section.tables
    rows = {row[0]: row for row in table.rows}
    assert rows["8 places ✓"][1:3] == ("of-8", "58.4 per s")  # 0.995 x 80 / (1 + 0.02 x 7 + 0.004 x 8 x 7)
    assert rows["5 places"][1:4] == ("–", "–", "–")
    assert max(float(name.split()[0]) for name in rows) == 36
    assert any("No size carries more than" in text for text in section.words)
    figure = sizes_figure(quarter.sizes)
    assert figure is not None
    assert figure.get_suptitle() == "What a size carries: universal scalability law"
    document = as_document(quarter, "2026-11-26T03:00:00+00:00")["sizes"]
    assert [row["size"] for row in document["rows"]] == list(SIZES)
    assert all(low["load"] < high["load"] for low, high in pairwise(document["told"]))


def test_a_report_on_one_size_has_none_of_that(quarter: Quarter) -> None:
    alone = replace(quarter, sizes=None)
    assert "sizes" not in [each.name for each in sections(alone)]
    assert sizes_figure(None) is None
    assert as_document(alone, "2026-11-26T03:00:00+00:00")["sizes"] is None
