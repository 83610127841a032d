"""One visit used by several greenlets at once, and by people who come together. The client is scripted: no socket is opened."""

import gc
import time
import weakref
from collections.abc import Callable
from functools import partial
from typing import Any

import gevent
import pytest
from gevent import GreenletExit

from loadgen.http import Exchange, FailureClass, Response
from loadgen.surroundings import Surroundings
from loadgen.visit import Reply, Visit
from records.journey import Milestone
from records.ledger import Answer, Write
from records.window import Outcome
from scenarios.library import load_mix, load_target
from scenarios.mix import Persona
from scenarios.provoke import Provocation, Provoke


@pytest.fixture
def around(monkeypatch: pytest.MonkeyPatch) -> Surroundings:
    monkeypatch.setenv("SANDBOX_PASSWORD", "x")
    made = Surroundings.of(load_target("sandbox"), load_mix("everyday"), seed=1, time_scale=0.0)
    made.clock.zero = time.monotonic()
    return made


class SlowSession:
    """Answers `/n` with status n after giving way `turns[n]` times; reports as the client does, at the very end."""

    def __init__(self, observer: Callable[[Exchange], None], turns: dict[int, int]) -> None:
        self.observer: Callable[[Exchange], None] | None = observer
        self.turns = turns
        self.intended: list[float | None] = []

    def request(
        self, method: str, path: str, *, name: str, intended_at: float | None = None, **options: Any
    ) -> Response:
        status = int(path.removeprefix("/"))
        self.intended.append(intended_at)
        begun = time.monotonic()
        exchange = Exchange(name, method, path, begun if intended_at is None else intended_at, begun, begun)
        try:
            for _ in range(self.turns[status]):
                gevent.sleep(0)
        except GreenletExit:
            exchange.failure, exchange.failure_text = FailureClass.ABORTED, "stopped in flight"
            self._report(exchange)
            raise
        exchange.status, exchange.ended_at = status, time.monotonic()
        self._report(exchange)
        return Response(path, status, (), b"{}")

    def _report(self, exchange: Exchange) -> None:
        if self.observer is not None:
            self.observer(exchange)

    def close(self) -> None:
        pass


def slow(visit: Visit, turns: dict[int, int]) -> Visit:
    visit._http = SlowSession(visit._observe, turns)  # type: ignore[assignment]  # stands in for it
    return visit


def visit_with(around: Surroundings, turns: dict[int, int]) -> Visit:
    return slow(Visit(around, Persona.PAYER, 7, time.monotonic()), turns)


def ask(visit: Visit, status: int) -> Reply:
    return visit.send("GET", f"/{status}", operation=f"GET /{status}")


def book(visit: Visit, status: int) -> Reply:
    reply = ask(visit, status)
    visit.enter(Write.BOOK, reply, appointment_id=status)
    return reply


@pytest.mark.parametrize("turns", [{200: 3, 400: 1, 500: 2}, {200: 0, 400: 2, 500: 1}, {200: 1, 400: 1, 500: 1}])
def test_each_greenlet_gets_the_answer_to_its_own_request(around: Surroundings, turns: dict[int, int]) -> None:
    visit = visit_with(around, turns)
    replies = visit.together([partial(ask, visit, status) for status in (200, 400, 500)])
    assert [reply.status for reply in replies] == [200, 400, 500]
    windows, _, _ = around.recorder.flush()
    assert {window.operation: window.outcomes for window in windows} == {
        "GET /200": {Outcome.OK: 1},
        "GET /400": {Outcome.CLIENT_ERROR: 1},
        "GET /500": {Outcome.SERVER_ERROR: 1},
    }


def test_all_of_a_volley_count_from_one_moment(around: Surroundings) -> None:
    visit = visit_with(around, {200: 1})
    begun = visit._next_intended
    visit.together([partial(ask, visit, 200)] * 3)
    session: Any = visit._http
    assert session.intended == [begun] * 3
    assert begun is not None


def test_what_follows_a_volley_counts_from_its_own_call(around: Surroundings) -> None:
    """The companion took the moment meant for the volley to their own connection; nothing of it is left over."""
    visit = visit_with(around, {200: 0})
    other = slow(visit.companion(), {200: 0})
    visit.together([partial(ask, other, 200)])
    ask(visit, 200)
    session: Any = visit._http
    assert session.intended == [None]


def killed_in_flight(visit: Visit, calls: list[Callable[[], Reply]]) -> None:
    greenlet = gevent.spawn(visit.together, calls)
    for _ in range(4):
        gevent.sleep(0)
    greenlet.kill()
    assert isinstance(greenlet.value, GreenletExit)


def test_a_volley_killed_in_flight_is_entered_as_unknown_each_of_it_once(around: Surroundings) -> None:
    visit = visit_with(around, {200: 1000, 201: 1000, 202: 0})
    killed_in_flight(visit, [partial(book, visit, status) for status in (200, 201, 202)])
    windows, _, ledger = around.recorder.flush()
    assert {(entry.appointment_id, entry.answer) for entry in ledger} == {
        (200, Answer.UNKNOWN),
        (201, Answer.UNKNOWN),
        (202, Answer.ACKNOWLEDGED),
    }
    assert len(ledger) == 3
    assert sum(window.outcomes.get(Outcome.ABORTED, 0) for window in windows) == 2


def test_after_a_volley_was_killed_nobody_of_the_session_goes_on(around: Surroundings) -> None:
    visit = visit_with(around, {200: 1000})
    other = slow(visit.companion(), {200: 0})
    killed_in_flight(visit, [partial(book, visit, 200)])
    for person in (visit, other):
        with pytest.raises(GreenletExit):
            ask(person, 200)


def test_a_companion_is_another_person_of_the_same_session(around: Surroundings) -> None:
    visit = visit_with(around, {})
    others = [visit.companion(), visit.companion()]
    people = [visit, *others]
    assert len({person.client for person in people}) == 3
    assert len({person._http.headers["X-Forwarded-For"] for person in others}) == 2
    assert len({person.rng.random() for person in people}) == 3
    slow(others[0], {200: 0})
    book(others[0], 200)
    _, _, (entry,) = around.recorder.flush()
    assert (entry.session, entry.client) == (7, others[0].client)


def test_a_companion_counts_in_no_funnel(around: Surroundings) -> None:
    visit = visit_with(around, {})
    visit.companion().reach(Milestone.BOOKED)
    visit.companion().record_flow("payment end to end", 1.0, Outcome.OK)
    assert around.recorder.flush()[:2] == ([], [])
    visit.reach(Milestone.BOOKED)
    assert len(around.recorder.flush()[1]) == 1


def test_a_visit_that_had_company_leaves_no_cycle(around: Surroundings) -> None:
    visit = visit_with(around, {200: 1})
    other = slow(visit.companion(), {200: 1})
    visit.together([partial(ask, visit, 200), partial(ask, other, 200)])
    gone = [weakref.ref(visit), weakref.ref(other)]
    gc.collect()
    gc.disable()
    try:
        visit.close()
        del visit, other
        assert [ref() for ref in gone] == [None, None]
    finally:
        gc.enable()


def test_the_ledger_says_what_provoked_a_write_and_which_repeat_it_is(around: Surroundings) -> None:
    visit = visit_with(around, {200: 0})
    visit.enter(Write.BOOK, ask(visit, 200))
    visit.enter(Write.BOOK, ask(visit, 200), provoked=Provocation.DOUBLE_CLICK, repeat=1)
    _, _, (first, second) = around.recorder.flush()
    assert (first.provoked, first.repeat) == (None, None)
    assert (second.provoked, second.repeat) == ("double_click", 1)
    assert "repeat" not in first.as_record()


def provoking(around: Surroundings, **shares: float) -> Visit:
    around.mix = around.mix.model_copy(update={"provoke": Provoke(**shares)})
    return Visit(around, Persona.PAYER, 7, time.monotonic())


def test_a_mix_that_provokes_nothing_draws_nothing(around: Surroundings) -> None:
    """Or sessions of the shipped mixes would choose otherwise than those of the accepted baselines did."""
    visit = provoking(around)
    before = visit.rng.getstate()
    assert visit.provocation(*Provocation) is None
    assert visit.rng.getstate() == before


def test_provocations_happen_as_often_as_their_shares_say(around: Surroundings) -> None:
    """60 and 30 % of 4,000: three standard deviations are 93 and 87."""
    visit = provoking(around, concurrent_payment=0.6, retry=0.3)
    kinds = (Provocation.CONCURRENT_PAYMENT, Provocation.DOUBLE_CLICK, Provocation.RETRY)
    drawn = [visit.provocation(*kinds) for _ in range(4000)]
    assert drawn.count(Provocation.CONCURRENT_PAYMENT) == pytest.approx(2400, abs=93)
    assert drawn.count(Provocation.RETRY) == pytest.approx(1200, abs=87)
    assert drawn.count(Provocation.DOUBLE_CLICK) == 0


def test_the_coming_second_is_whole_and_far_enough_away(around: Surroundings) -> None:
    visit = visit_with(around, {})
    assert around.clock.zero is not None
    around.clock.zero = time.monotonic() - 12.7
    assert visit.coming_second(0.1) == 13
    assert visit.coming_second(0.5) == 14


def test_waiting_for_a_second_moves_the_intended_start_to_it(around: Surroundings) -> None:
    around.time_scale = 1.0
    visit = visit_with(around, {200: 0})
    around.clock.zero = time.monotonic() - 0.98
    visit.wait_for_second(1)
    assert 1.0 <= around.clock.now() < 1.1
    reply = ask(visit, 200)
    assert reply.response_us < 100_000
    session: Any = visit._http
    assert session.intended == [pytest.approx(around.clock.zero + 1.0)]


def test_who_comes_after_the_opening_is_not_late_for_it(around: Surroundings) -> None:
    """A slow look before the opening is the look's latency, not the booking's as well."""
    around.time_scale = 1.0
    visit = visit_with(around, {200: 0})
    around.clock.zero = time.monotonic() - 5.0
    visit.wait_for_second(3)
    assert ask(visit, 200).response_us < 1_000_000
