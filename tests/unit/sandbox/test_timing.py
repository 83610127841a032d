"""Modelled time: the same draws for the same seed, the distributions that are documented, and what plants stretch."""

from collections.abc import Mapping
from random import Random

import pytest

from sandbox.capacity import BOOKING_MIX
from sandbox.plants import Plant
from sandbox.timing import (
    CONFIRM,
    CREATE_INTENT,
    LOOKS,
    SERVICE_TIMES,
    SIGN_INS,
    SLOTS,
    Draws,
    Part,
    Times,
    provider_of,
)

DRAWS = 5_000


def drawn(draws: Draws, operation: str, count: int) -> list[Times]:
    return [times for _ in range(count) if (times := draws.next(operation)) is not None]


def quantile_ms(counts: Mapping[str, int], ratio: float) -> float:
    """Return a quantile of the whole time over so many draws of some operations, in ms."""
    times = [each for operation, count in counts.items() for each in drawn(Draws(seed=1), operation, count)]
    return sorted((each.database_s + each.outside_s) * 1e3 for each in times)[int(len(times) * ratio)]


def test_kth_request_takes_the_same_time_for_the_same_seed() -> None:
    one, same, other = (drawn(Draws(seed), SLOTS, 50) for seed in (1, 1, 2))
    assert one == same
    assert all(mine != others for mine, others in zip(one, other, strict=True))


def test_other_operations_do_not_shift_the_draws() -> None:
    mixed, alone = Draws(seed=1), Draws(seed=1)
    for _ in range(20):
        mixed.next("POST /appointments/")
        mixed.next(CONFIRM)
        assert mixed.next(SLOTS) == alone.next(SLOTS)


def test_factor_scales_the_same_draws() -> None:
    for once, twice in zip(drawn(Draws(1), CONFIRM, 20), drawn(Draws(1, factor=2.0), CONFIRM, 20), strict=True):
        assert twice.database_s == pytest.approx(2 * once.database_s)
        assert twice.outside_s == pytest.approx(2 * once.outside_s)


def test_slow_stretches_what_it_names_by_its_ratio_and_nothing_else() -> None:
    slow = Draws(1, slow=[("slots", 1.05)])
    for plain, slowed in zip(drawn(Draws(1), SLOTS, 20), drawn(slow, SLOTS, 20), strict=True):
        assert slowed.database_s == pytest.approx(1.05 * plain.database_s)
    assert drawn(slow, CONFIRM, 20) == drawn(Draws(1), CONFIRM, 20)


def test_slow_all_stretches_both_parts_of_everything_once_more_than_what_is_named_too() -> None:
    plain, slow = Draws(1), Draws(1, slow=[("all", 2.0), ("payments", 3.0)])
    for operation, ratio in ((CONFIRM, 6.0), (SLOTS, 2.0), ("GET /no/line/of/its/own", 2.0)):
        once, slowed = plain.next(operation), slow.next(operation)
        assert once is not None
        assert slowed is not None
        assert slowed.database_s == pytest.approx(ratio * once.database_s)
        assert slowed.outside_s == pytest.approx(ratio * once.outside_s)


@pytest.mark.parametrize(
    ("operation", "documented_ms"),
    [
        (SLOTS, 120),
        ("POST /appointments/", 90),
        ("POST /appointments/guest", 90),
        (CREATE_INTENT, 290),
        (CONFIRM, 300),
        ("POST /auth/login", 157),
        ("POST /calendar/sync-appointments", 445),
        ("POST /google-calendar/sync", 445),
    ],
)
def test_p95_is_the_one_documented(operation: str, documented_ms: float) -> None:
    assert quantile_ms({operation: DRAWS}, 0.95) == pytest.approx(documented_ms, rel=0.05)


def test_operations_that_only_ask_the_database_stay_well_under_150_ms() -> None:
    for operation, model in SERVICE_TIMES.items():
        if model.outside is None:
            assert quantile_ms({operation: 1_000}, 0.95) < 130, operation


def test_all_operations_of_the_mix_together_keep_the_200_ms_objective() -> None:
    counts = {operation: 20 * weight for operation, weight in BOOKING_MIX.items() if operation != "GET /health"}
    assert quantile_ms(counts, 0.95) < 180


def test_mean_of_a_part_is_that_of_its_draws() -> None:
    part, rng = Part(72, 0.31), Random(1)
    assert part.mean_s == pytest.approx(sum(part.draw_s(rng) for _ in range(DRAWS)) / DRAWS, rel=0.02)


def test_health_takes_no_modelled_time() -> None:
    assert Draws(seed=1).next("GET /health") is None
    assert Draws(seed=1).next("GET /api/v1/health/detailed") is not None


def test_slow_slots_stretches_slots_and_nothing_else() -> None:
    plain, planted = Draws(1), Draws(1, plants=[Plant.SLOW_SLOTS])
    for operation in SERVICE_TIMES:
        before, after = plain.next(operation), planted.next(operation)
        assert before is not None
        assert after is not None
        if operation == SLOTS:
            assert after.database_s == pytest.approx(2.2 * before.database_s)
            assert after.statements > 2 * before.statements
        else:
            assert after == before


def test_slow_payments_stretches_intent_and_confirmation_outside_the_pool() -> None:
    plain, planted = Draws(1), Draws(1, plants=[Plant.SLOW_PAYMENTS])
    for operation in SERVICE_TIMES:
        before, after = plain.next(operation), planted.next(operation)
        assert before is not None
        assert after is not None
        assert after.database_s == before.database_s
        stretch = 1.6 if operation in {CREATE_INTENT, CONFIRM} else 1.0
        whole_s = before.database_s + before.outside_s
        assert after.database_s + after.outside_s == pytest.approx(stretch * whole_s)


def test_plants_that_stretch_one_provider_leave_the_others_alone() -> None:
    for plant, stretched in ((Plant.SLOW_STRIPE, "stripe"), (Plant.SLOW_SIGN_IN, None)):
        plain, planted = Draws(1), Draws(1, plants=[plant])
        for operation in SERVICE_TIMES:
            before, after = plain.next(operation), planted.next(operation)
            assert before is not None
            assert after is not None
            assert after.database_s == before.database_s
            factor = 8.0 if provider_of(operation) == stretched is not None else 1.0
            if plant is Plant.SLOW_SIGN_IN and operation in SIGN_INS:
                factor = 0.0  # the process is blocked instead
            assert after.outside_s == pytest.approx(factor * before.outside_s)


def test_cache_off_stretches_looks_at_days_and_nothing_else() -> None:
    plain, planted = Draws(1), Draws(1, plants=[Plant.CACHE_OFF])
    for operation in SERVICE_TIMES:
        before, after = plain.next(operation), planted.next(operation)
        assert before is not None
        assert after is not None
        factor = 1.5 if operation in LOOKS else 1.0
        assert after.database_s == pytest.approx(factor * before.database_s)


def test_plant_that_is_switched_on_later_stretches_from_then_on() -> None:
    planted: set[Plant] = set()
    draws, plain = Draws(1, plants=planted), Draws(1)
    assert draws.next(SLOTS) == plain.next(SLOTS)
    planted.add(Plant.SLOW_SLOTS)
    before, after = plain.next(SLOTS), draws.next(SLOTS)
    assert before is not None
    assert after is not None
    assert after.database_s == pytest.approx(2.2 * before.database_s)


def test_passwords_are_hashed_by_no_provider() -> None:
    assert provider_of("POST /auth/login") is None
    assert provider_of(CONFIRM) == "stripe"
    assert provider_of("POST /google-calendar/sync") == "google"
    assert provider_of(SLOTS) is None
