"""Provoking sessions against a real sandbox process: silent on a correct shop, loud on one that sells a chair twice."""

import random
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack
from dataclasses import dataclass
from typing import Any

import pytest

from loadgen.surroundings import Surroundings
from loadgen.visit import Visit
from locustfiles.journeys.everybody import JOURNEYS
from records.journey import FUNNEL, Milestone
from records.ledger import Answer, Entry, Write
from records.window import Outcome
from scenarios.library import load_mix, load_target
from scenarios.mix import Persona
from scenarios.provoke import Provocation
from tests.shop import SECRETS, open_shop

pytestmark = pytest.mark.integration
SESSIONS = 250
Open = Callable[..., str]


@pytest.fixture
def opened(monkeypatch: pytest.MonkeyPatch) -> Iterator[Open]:
    """Return what starts a sandbox without modelled time and returns its address."""
    for name, value in SECRETS.items():
        monkeypatch.setenv(name, value)
    with ExitStack() as stack:
        yield lambda *plants: stack.enter_context(sandbox(*plants))["listening"]


def sandbox(*plants: str) -> AbstractContextManager[dict[str, Any]]:
    planted = [word for plant in plants for word in ("--plant", plant)]
    return open_shop("--fast", "--barbers", "100", "--clients", "2000", *planted)


@dataclass(frozen=True, slots=True)
class Played:
    """What some sessions of the rush brought."""

    outcomes: Counter[Outcome]
    why: list[str]
    milestones: Counter[Milestone]
    ledger: list[Entry]

    def provoked(self, kind: Provocation) -> list[Entry]:
        """Return the writes of one provocation."""
        return [entry for entry in self.ledger if entry.provoked == kind.value]


def play(url: str, seed: int = 1) -> Played:
    """Play sessions of the rush one after the other, without thinking."""
    target, mix = load_target("sandbox").model_copy(update={"url": url}), load_mix("rush")
    around = Surroundings.of(target, mix, seed=seed, time_scale=0.0)
    around.clock.zero = time.monotonic()
    rng = random.Random(seed)
    names, shares = list(mix.personas), list(mix.personas.values())
    for number, name in enumerate(rng.choices(names, shares, k=SESSIONS)):
        visit = Visit(around, Persona(name), number, time.monotonic())
        try:
            JOURNEYS[visit.persona](visit)
        finally:
            visit.close()
    windows, journeys, ledger = around.recorder.flush()
    outcomes, milestones = Counter[Outcome](), Counter[Milestone]()
    for window in windows:
        outcomes.update(window.outcomes)
    for row in journeys:
        milestones[row.milestone] += row.count
    why = [f"{window.operation}: {error}" for window in windows for error in window.errors]
    return Played(outcomes, why, milestones, ledger)


def sold_twice(ledger: list[Entry]) -> int:
    """Return how many chairs have several acknowledged bookings that nobody moved or cancelled."""
    changed = {entry.appointment_id for entry in ledger if entry.write in {Write.RESCHEDULE, Write.CANCEL}}
    chairs = Counter(
        (entry.barber_id, entry.start_time)
        for entry in ledger
        if entry.write is Write.BOOK and entry.answer is Answer.ACKNOWLEDGED
        if entry.barber_id is not None and entry.appointment_id not in changed
    )
    return sum(count > 1 for count in chairs.values())


def charged_twice(ledger: list[Entry]) -> int:
    """Return how many appointments have several acknowledged payments."""
    payments: dict[int | None, set[int | None]] = {}
    for entry in ledger:
        if entry.write is Write.CONFIRM and entry.answer is Answer.ACKNOWLEDGED:
            payments.setdefault(entry.appointment_id, set()).add(entry.payment_id)
    return sum(len(found) > 1 for found in payments.values())


def test_a_correct_shop_answers_all_provocations_without_an_error(opened: Open) -> None:
    played = play(opened())
    assert played.why == []
    assert set(played.outcomes) == {Outcome.OK, Outcome.REFUSED}
    assert (sold_twice(played.ledger), charged_twice(played.ledger)) == (0, 0)


def test_every_kind_provokes_and_the_ledger_has_all_of_it(opened: Open) -> None:
    played = play(opened())
    assert all(played.provoked(kind) for kind in Provocation)
    clicks = [entry for entry in played.provoked(Provocation.DOUBLE_CLICK) if entry.write is Write.BOOK]
    assert len([entry for entry in clicks if entry.repeat]) * 2 == len(clicks)
    payments = [entry for entry in played.provoked(Provocation.CONCURRENT_PAYMENT) if entry.write is Write.INTENT]
    by_appointment = Counter(entry.appointment_id for entry in payments)
    assert set(by_appointment.values()) == {4}
    assert {entry.key for entry in payments} == {None}


def test_one_refund_of_a_volley_is_acknowledged_or_all_with_one_key_alike(opened: Open) -> None:
    refunds = play(opened()).provoked(Provocation.CONCURRENT_REFUND)
    volleys: dict[tuple[int | None, int], list[Entry]] = {}
    for entry in refunds:
        volleys.setdefault((entry.payment_id, entry.session), []).append(entry)
    assert len(volleys) >= 5
    for volley in volleys.values():
        given = {entry.reference for entry in volley if entry.answer is Answer.ACKNOWLEDGED}
        assert len(volley) == 4
        assert len(given) <= 1  # none where somebody had given it back before


def test_a_retry_brings_the_same_answer(opened: Open) -> None:
    retries = play(opened()).provoked(Provocation.RETRY)
    by_key: dict[str | None, list[Entry]] = {}
    for entry in retries:
        by_key.setdefault(entry.key, []).append(entry)
    assert len(by_key) >= 10
    for pair in by_key.values():
        assert [entry.repeat for entry in pair] == [None, 1]
        assert len({(entry.answer, entry.status, entry.payment_id, entry.reference) for entry in pair}) == 1


def test_provoking_writes_make_nobody_further_than_they_came(opened: Open) -> None:
    """As many bookings and payments by milestones as the ledger has of people that were no rivals."""
    played = play(opened())
    counts = [played.milestones[milestone] for milestone in FUNNEL]
    assert counts == sorted(counts, reverse=True)
    assert played.milestones[Milestone.PAYMENT_SUCCEEDED] == played.milestones[Milestone.PAYMENT_TRIED]
    paid = {
        entry.appointment_id
        for entry in played.ledger
        if entry.write is Write.CONFIRM and entry.answer is Answer.ACKNOWLEDGED
    }
    assert played.milestones[Milestone.PAYMENT_SUCCEEDED] == len(paid)


def test_a_shop_that_sells_a_chair_twice_is_accused(opened: Open) -> None:
    assert sold_twice(play(opened("double-booking")).ledger) >= 20
