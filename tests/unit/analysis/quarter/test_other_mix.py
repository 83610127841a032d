"""What another mix would carry: demands worked out by hand, and climbs of both mixes on one simulated pool."""

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import pytest

from analysis.quarter.basis import Basis, Taken, basis_of
from analysis.quarter.climbed import Climbed, climbed
from analysis.quarter.makeup import Makeup, makeup_of_climb
from analysis.quarter.mix_bound import PER_REQUEST
from analysis.quarter.other_mix import Asked, OtherMix, not_told, other_mix
from analysis.quarter.sustained import DRAWS, Sustained, sustained_of
from analysis.scaling.demand import Demand, Demands
from records.errors import RunDataError
from tests.unit.analysis.quarter.build_mixed import MEASURED, OTHER, mixed_climb
from tests.unit.analysis.quarter.build_quarter import pool

SLOTS, BOOK, PAY = "slots", "book", "pay"
RATE_PER_S = 60.0
HOLDS_S = {SLOTS: 0.04, BOOK: 0.02}


@pytest.fixture(scope="module")
def climb() -> Climbed:
    return pool()


@pytest.fixture(scope="module")
def climbs() -> tuple[Climbed, Climbed]:
    """Climbs of a mix that holds a place for 45 ms on the mean, and of one that holds it for 30 ms."""
    return climbed(mixed_climb(MEASURED, "measured")), climbed(mixed_climb(OTHER, "other"))


def demands(resource: str, values: Mapping[str, float], draws: Mapping[str, list[float]] | None = None) -> Demands:
    rows = tuple(Demand(name, value, (value, value)) for name, value in values.items())
    columns = [(draws or {}).get(name, [value, value]) for name, value in values.items()]
    return Demands(resource, rows, "", np.array(columns).T)


def taken(values: Mapping[str, float] = HOLDS_S, draws: Mapping[str, list[float]] | None = None) -> Taken:
    return Taken("connection pool", 4.0, 0.9, demands("connection pool", values, draws))


def sustained(*, spread: float = 0.0, at_least: bool = False) -> Sustained:
    noise = np.exp(spread * np.random.default_rng(5).standard_normal(DRAWS))
    return Sustained(RATE_PER_S, (RATE_PER_S, RATE_PER_S), RATE_PER_S * noise, at_least, (), ("climb",), ())


def basis(climb: Climbed, *others: Taken, first: Taken | None = None, **changes: object) -> Basis:
    """Return a basis whose mix asks for slots and books equally often: 30 ms of the pool in a request, 60 x 0.03 / 4 = 45 % in use."""
    pool = first or taken()
    made = Basis(climb, sustained(), {SLOTS: 50.0, BOOK: 50.0}, (pool, *others), pool, None, ())
    return replace(made, **changes)  # type: ignore[arg-type]  # fields by name


def asked(operations: Mapping[str, float], think_s: float | None = 10.0, *climbs: Climbed) -> Asked:
    return Asked("another", "another.toml", Makeup(operations, think_s, "as told"), climbs)


def told(found: OtherMix) -> float:
    assert found.rate_per_s is not None, found.because
    return found.rate_per_s


def test_a_mix_that_takes_a_third_more_of_the_pool_breaks_at_three_quarters_of_the_rate(climb: Climbed) -> None:
    """By hand: 60 per s of 30 ms are 1.8 places; of 40 ms they are 45 per s."""
    found = other_mix(basis(climb), asked({SLOTS: 3.0}))
    assert told(found) == pytest.approx(45.0)
    assert found.resource == "connection pool"
    assert found.use == pytest.approx(0.45)
    assert found.interval is not None
    assert found.interval[0] < 45.0 < found.interval[1]


def test_a_mix_that_asks_for_the_same_breaks_at_the_same_rate(climb: Climbed) -> None:
    assert told(other_mix(basis(climb), asked({SLOTS: 2.0, BOOK: 2.0}))) == pytest.approx(RATE_PER_S)


def test_users_are_sessions_per_s_times_the_length_of_that_mixs_own_session(climb: Climbed) -> None:
    """By hand: 45 requests per s of 3 a session are 15 sessions per s, each 10 s of thinking and three mean responses."""
    found = other_mix(basis(climb), asked({SLOTS: 3.0}))
    mean_s = (climb.stage(climb.last_good.stage).histogram().mean_us() or 0.0) / 1e6
    assert found.length_s == pytest.approx(10.0 + 3 * mean_s)
    assert found.users == pytest.approx(15.0 * (10.0 + 3 * mean_s))
    unknown = other_mix(basis(climb), asked({SLOTS: 3.0}, None))
    assert (unknown.users, unknown.length_s) == (None, None)


def test_errors_that_cancel_in_a_mix_do_not_widen_its_interval(climb: Climbed) -> None:
    """Where one operation's demand is drawn high the other's is drawn low: half of each is 30 ms in every draw."""
    apart = {SLOTS: [0.02, 0.06], BOOK: [0.04, 0.0]}
    same, slots = (
        other_mix(basis(climb, first=taken(draws=apart)), asked(mix)).interval
        for mix in ({SLOTS: 1, BOOK: 1}, {SLOTS: 1})
    )
    assert same is not None
    assert slots is not None
    assert same[1] / same[0] < 1.1  # the model's own error alone
    assert slots[1] / slots[0] > 2.5  # 30 / 20 ms against 30 / 60 ms


def test_what_is_not_sure_of_the_measured_rate_is_not_sure_of_the_other(climb: Climbed) -> None:
    found = other_mix(basis(climb, sustained=sustained(spread=0.1)), asked({SLOTS: 1.0}))
    assert found.interval is not None
    assert found.interval[1] / found.interval[0] == pytest.approx(np.exp(2 * 1.645 * np.hypot(0.1, 0.02)), rel=0.05)


def test_operations_without_a_known_demand_are_refused_by_name(climb: Climbed) -> None:
    with pytest.raises(RunDataError, match=r"does not tell what pay takes of the connection pool"):
        other_mix(basis(climb), asked({SLOTS: 1.0, PAY: 0.5}))
    assert told(other_mix(basis(climb), asked({SLOTS: 1.0, PAY: 0.001}))) == pytest.approx(45.0)  # hardly asked for


def test_another_resource_holds_back_a_mix_that_takes_more_of_that(climb: Climbed) -> None:
    """By hand: 12 ms of a core up to 70 % are 58 per s; the pool would carry 60 x 30 / 20 = 90 of them."""
    cpu = Taken("CPU", 1.0, 0.7, demands("CPU", {SLOTS: 0.001, BOOK: 0.012}))
    found = other_mix(basis(climb, cpu), asked({BOOK: 1.0}))
    assert told(found) == pytest.approx(0.7 / 0.012)
    assert found.resource == "CPU"
    assert found.use == pytest.approx(0.7)
    assert other_mix(basis(climb, cpu), asked({SLOTS: 1.0})).resource == "connection pool"


def test_a_resource_is_good_for_the_use_that_the_measured_mix_made_of_it(climb: Climbed) -> None:
    """By hand: 60 per s of 15 ms are 90 % of a core, more than the 70 % that it is relied upon; all objectives held."""
    cpu = Taken("CPU", 1.0, 0.7, demands("CPU", {SLOTS: 0.01, BOOK: 0.02}))
    assert told(other_mix(basis(climb, cpu), asked({BOOK: 1.0}))) == pytest.approx(0.9 / 0.02)


def test_nothing_is_said_beyond_one_and_a_half_times_what_was_served(climb: Climbed) -> None:
    light = basis(climb, first=taken({SLOTS: 0.04, BOOK: 0.0001}))
    found = other_mix(light, asked({BOOK: 1.0}))
    most = max(step.request_rate_per_s for step in climb.found.steps)
    assert told(found) == pytest.approx(1.5 * most)
    assert (found.at_least, found.interval, found.resource) == (True, None, None)
    assert any("nothing is said: measure nearer to it" in text for text in found.said)


def test_a_rate_limit_is_the_same_for_every_mix_and_that_is_said(climb: Climbed) -> None:
    found = other_mix(basis(climb, bottleneck=None), asked({SLOTS: 1.0}))
    assert told(found) == RATE_PER_S
    assert found.resource == PER_REQUEST
    assert any("the same number of requests per s whatever the mix" in text for text in found.said)
    heavy = other_mix(basis(climb, first=taken({SLOTS: 0.12, BOOK: 0.02}), bottleneck=None), asked({SLOTS: 1.0}))
    assert heavy.resource == "connection pool" or told(heavy) == RATE_PER_S


def test_where_nothing_broke_the_other_mix_is_carried_with_as_much_of_each_resource(climb: Climbed) -> None:
    unbroken = basis(climb, bottleneck=None, sustained=sustained(at_least=True))
    found = other_mix(unbroken, asked({SLOTS: 1.0}))
    assert told(found) == pytest.approx(45.0)
    assert found.at_least
    with pytest.raises(RunDataError, match="expected a climb that breaks"):
        other_mix(replace(unbroken, resources=()), asked({SLOTS: 1.0}))


def test_without_a_climb_of_it_the_report_says_how_to_make_one(climb: Climbed) -> None:
    """By hand: 45 per s of 3 a session are 15 sessions per s where the measured mix had 60 of one request: a quarter of the load."""
    found = other_mix(basis(climb), asked({SLOTS: 3.0}))
    assert found.check is None
    assert " ".join(found.make_one).endswith("--mix another.toml --load-scale 0.25")


def test_a_climb_of_the_other_mix_is_held_against_the_prediction(climb: Climbed) -> None:
    """The climb on the pool broke at about 60 per s; 45 were predicted, so that it is a quarter too low."""
    found = other_mix(basis(climb), asked({SLOTS: 1.0}, None, climb))
    measured = sustained_of([climb])
    assert found.check is not None
    assert found.check.measured_per_s == measured.middle_per_s
    assert found.check.deviation_ratio == pytest.approx(45.0 / measured.middle_per_s - 1)
    assert found.check.overlaps is False
    near = other_mix(basis(climb), asked({SLOTS: 1.0, BOOK: 1.0}, None, climb))
    assert near.check is not None
    assert near.check.overlaps is True


def test_a_mix_that_cannot_be_predicted_keeps_what_was_measured_of_it(climb: Climbed) -> None:
    found = not_told(basis(climb), asked({PAY: 1.0}, None, climb), "nobody knows")
    assert (found.rate_per_s, found.because) == (None, "nobody knows")
    assert found.check is not None
    assert (found.check.deviation_ratio, found.check.overlaps) == (None, None)


def test_a_climb_of_one_mix_tells_where_another_breaks_on_the_same_pool(climbs: tuple[Climbed, Climbed]) -> None:
    """Two independent climbs of a simulated queue: without the demands the prediction would be a third too low."""
    measured, other = climbs
    found = basis_of([measured], sustained_of([measured]))
    makeup = makeup_of_climb(other)
    assert makeup is not None
    predicted = other_mix(found, Asked("monitors", "monitors", makeup, (other,)))
    assert found.use_at_break is not None
    assert 0.5 < found.use_at_break < 0.95
    assert predicted.resource == "connection pool"
    assert predicted.check is not None
    assert predicted.check.deviation_ratio == pytest.approx(0.0, abs=0.08)
    assert predicted.check.overlaps is True
    assert found.sustained.middle_per_s / predicted.check.measured_per_s < 0.75
