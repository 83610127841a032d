"""What a visit makes of an exchange: outcome, record, ledger. The client is scripted: no socket is opened."""

import gc
import time
import weakref
from collections.abc import Callable, Mapping
from typing import Any

import pytest
from gevent import GreenletExit

from loadgen.addresses import address_header
from loadgen.errors import TargetError
from loadgen.http import Exchange, FailureClass, Response
from loadgen.surroundings import Surroundings
from loadgen.visit import Reply, Visit
from records.histogram import Histogram
from records.journey import Milestone
from records.ledger import Answer, Write
from records.window import GENERATOR_KIND, ErrorCount, Outcome, Window
from scenarios.library import load_mix, load_target
from scenarios.mix import Persona, Step
from scenarios.target import ProxyUse
from scenarios.think import Think, ThinkKind


class ScriptedSession:
    """Answers each request with one status, body and failure, and reports it as the client does."""

    def __init__(
        self, observer: Callable[[Exchange], None], status: int, body: bytes, failure: FailureClass | None
    ) -> None:
        self._observer = observer
        self._answer = (status, body, failure)
        self.headers: Mapping[str, str] | None = None
        self.intended_at: float | None = None

    def request(
        self, method: str, path: str, *, name: str, intended_at: float | None = None, **options: Any
    ) -> Response:
        status, body, failure = self._answer
        now = time.monotonic()
        self.headers, self.intended_at = options["headers"], intended_at
        exchange = Exchange(name, method, path, intended_at if intended_at is not None else now, now, now + 0.05)
        exchange.status, exchange.failure, exchange.failure_text = status, failure, str(failure or "")
        self._observer(exchange)
        return Response(path, status, (), body)

    def close(self) -> None:
        pass


@pytest.fixture
def around(monkeypatch: pytest.MonkeyPatch) -> Surroundings:
    monkeypatch.setenv("SANDBOX_PASSWORD", "x")
    made = Surroundings.of(load_target("sandbox"), load_mix("everyday"), seed=1, time_scale=0.0)
    made.clock.zero = time.monotonic()
    return made


def visit_with(
    around: Surroundings, status: int = 200, body: bytes = b"{}", failure: FailureClass | None = None
) -> Visit:
    visit = Visit(around, Persona.PAYER, 7, time.monotonic())
    visit._http = ScriptedSession(visit._observe, status, body, failure)  # type: ignore[assignment]  # stands in for it
    return visit


def ask(visit: Visit, **options: Any) -> Reply:
    return visit.send("GET", "/x", operation="GET /x", **options)


def recorded(around: Surroundings) -> Window:
    (window,), _, _ = around.recorder.flush()
    return window


@pytest.mark.parametrize(
    ("status", "failure", "outcome"),
    [
        (200, None, Outcome.OK),
        (429, None, Outcome.RATE_LIMITED),
        (404, None, Outcome.CLIENT_ERROR),
        (500, None, Outcome.SERVER_ERROR),
        (0, FailureClass.TIMEOUT, Outcome.TIMEOUT),
        (0, FailureClass.RESET, Outcome.CONNECTION_ERROR),
        (0, FailureClass.PROTOCOL, Outcome.CONNECTION_ERROR),
        (0, FailureClass.GENERATOR, Outcome.ABORTED),
    ],
)
def test_each_answer_has_its_outcome(
    around: Surroundings, status: int, failure: FailureClass | None, outcome: Outcome
) -> None:
    assert ask(visit_with(around, status, failure=failure)).outcome is outcome
    assert recorded(around).outcomes == {outcome: 1}


def test_a_business_refusal_is_no_client_error(around: Surroundings) -> None:
    visit = visit_with(around, 400, b'{"detail":"This time slot is already booked"}')
    reply = ask(visit, refusal=lambda answer: "already booked" in answer.body["detail"])
    assert reply.outcome is Outcome.REFUSED
    assert recorded(around).outcomes == {Outcome.REFUSED: 1}


def test_a_refusal_is_not_asked_of_a_server_error(around: Surroundings) -> None:
    assert ask(visit_with(around, 500), refusal=lambda _: True).outcome is Outcome.SERVER_ERROR


@pytest.mark.parametrize(
    ("body", "why"),
    [
        (b'{"name":1}', "another shape: no id"),
        (b"", "an empty answer"),
        (b"<html>", "not JSON"),
        (b'[{"name":1}]', "another shape"),
    ],
)
def test_an_answer_of_another_shape_is_a_server_error_and_says_so(around: Surroundings, body: bytes, why: str) -> None:
    reply = ask(visit_with(around, 200, body), keys=("id",))
    assert reply.outcome is Outcome.SERVER_ERROR
    assert why in reply.why


@pytest.mark.parametrize("body", [b'{"id":1}', b'[{"id":1}]', b"[]"])
def test_an_answer_of_the_known_shape_is_ok(around: Surroundings, body: bytes) -> None:
    assert ask(visit_with(around, 200, body), keys=("id",)).ok


def test_the_first_request_counts_from_the_arrival(around: Surroundings) -> None:
    """A session that started 300 ms late waited 300 ms before its first request."""
    visit = Visit(around, Persona.PAYER, 7, time.monotonic() - 0.3)
    visit._http = ScriptedSession(visit._observe, 200, b"{}", None)  # type: ignore[assignment]  # stands in for it
    reply = ask(visit)
    assert reply.response_us >= 350_000
    assert reply.service_us < 200_000


def test_a_request_after_thinking_counts_from_the_end_of_the_thought(around: Surroundings) -> None:
    visit = visit_with(around)
    ask(visit)
    before = time.monotonic()
    visit.think(Step.PAY)  # no time at this scale
    ask(visit)
    session: Any = visit._http
    assert session.intended_at >= before


def test_a_request_without_a_thought_before_it_counts_from_its_call(around: Surroundings) -> None:
    visit = visit_with(around)
    ask(visit)
    ask(visit)
    session: Any = visit._http
    assert session.intended_at is None


def test_running_out_of_descriptors_is_the_generators_fault(around: Surroundings) -> None:
    ask(visit_with(around, 0, failure=FailureClass.GENERATOR))
    window = recorded(around)
    assert window.errors == (ErrorCount(Outcome.ABORTED, GENERATOR_KIND, "generator", 1),)
    assert window.response_us == []
    assert around.user_errors == 0


@pytest.mark.parametrize(
    ("status", "body", "failure", "kind", "text"),
    [
        (503, b"{}", None, "status", "status 503"),
        (404, b"{}", None, "status", "status 404"),
        (429, b"{}", None, "status", "status 429"),
        (0, b"", FailureClass.TIMEOUT, "timeout", "timeout"),
        (0, b"", FailureClass.DNS, "dns", "dns"),
        (200, b"[1]", None, "shape", "another shape: no id in the answer"),
        (200, b"<html>", None, "shape", "an answer that is not JSON"),
    ],
)
def test_a_failure_has_a_kind_and_a_text(
    around: Surroundings, status: int, body: bytes, failure: FailureClass | None, kind: str, text: str
) -> None:
    ask(visit_with(around, status, body, failure), keys=("id",))
    (error,) = recorded(around).errors
    assert (error.kind, error.text, error.count) == (kind, text, 1)


def test_what_is_served_has_no_error(around: Surroundings) -> None:
    ask(visit_with(around))
    assert recorded(around).errors == ()
    ask(visit_with(around, 409), refusal=lambda reply: True)
    assert recorded(around).errors == ()


def test_a_flow_is_recorded_but_not_counted_as_a_request(around: Surroundings) -> None:
    visit = visit_with(around)
    visit.record_flow("payment end to end", 5000.0, Outcome.OK)
    assert around.recorder.requests_counted == 0
    assert Histogram.from_sparse(recorded(around).response_us).count == 1


@pytest.mark.parametrize(
    ("status", "failure", "answer"),
    [
        (200, None, Answer.ACKNOWLEDGED),
        (400, None, Answer.REFUSED),
        (500, None, Answer.UNKNOWN),
        (0, FailureClass.TIMEOUT, Answer.UNKNOWN),
    ],
)
def test_the_ledger_keeps_what_the_person_was_told(
    around: Surroundings, status: int, failure: FailureClass | None, answer: Answer
) -> None:
    visit = visit_with(around, status, failure=failure)
    visit.enter(Write.BOOK, ask(visit), appointment_id=5)
    _, _, (entry,) = around.recorder.flush()
    assert (entry.answer, entry.appointment_id, entry.session) == (answer, 5, 7)


def test_milestones_belong_to_the_second_the_session_was_meant_to_start_in(around: Surroundings) -> None:
    assert around.clock.zero is not None
    around.clock.zero -= 12.5
    Visit(around, Persona.PAYER, 7, time.monotonic() - 4.0).reach(Milestone.PAID)
    _, (count,), _ = around.recorder.flush()
    assert count.second == 8


def test_the_same_session_makes_the_same_choices(around: Surroundings) -> None:
    draws = [[Visit(around, Persona.PAYER, 7, 0.0).rng.random() for _ in range(5)] for _ in range(2)]
    assert draws[0] == draws[1]
    assert draws[0] != [Visit(around, Persona.PAYER, 8, 0.0).rng.random() for _ in range(5)]


def test_idempotency_keys_are_prefix_and_uuid4(around: Surroundings) -> None:
    key = visit_with(around).new_key("pay")
    prefix, _, rest = key.partition("_")
    assert prefix == "pay"
    assert (len(rest), rest[14]) == (36, "4")


def test_virtual_clients_have_addresses_of_their_own() -> None:
    target = load_target("sandbox")
    addresses = {(address_header(target, 1, number) or {})["X-Forwarded-For"] for number in range(5000)}
    assert len(addresses) == 5000
    assert all(address.startswith("10.") for address in addresses)


def test_the_environments_proxies_count_where_the_profile_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SANDBOX_PASSWORD", "x")
    monkeypatch.setenv("all_proxy", "http://proxy.test:3128")
    target, mix = load_target("sandbox"), load_mix("everyday")
    through = target.model_copy(update={"proxy": ProxyUse.ENVIRONMENT})
    assert target.proxy is ProxyUse.NONE
    assert Surroundings.of(target, mix, seed=1, time_scale=0.0).proxies is None
    around = Surroundings.of(through, mix, seed=1, time_scale=0.0)
    visit = Visit(around, Persona.PAYER, 7, 0.0)
    assert visit._http._proxies is around.proxies is not None


def test_a_proxy_that_cannot_be_used_is_told_in_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SANDBOX_PASSWORD", "x")
    monkeypatch.setenv("all_proxy", "socks5://me:pa55@proxy.test")
    through = load_target("sandbox").model_copy(update={"proxy": ProxyUse.ENVIRONMENT})
    with pytest.raises(
        TargetError, match=r"target sandbox: all_proxy is socks5://proxy\.test; expected http://"
    ) as caught:
        Surroundings.of(through, load_mix("everyday"), seed=1, time_scale=0.0)
    assert "pa55" not in str(caught.value)


def test_a_closed_visit_leaves_no_cycle(around: Surroundings) -> None:
    """The collector rests during a run: what a session held must be free without it."""
    visit = Visit(around, Persona.PAYER, 7, time.monotonic())
    gone = weakref.ref(visit)
    gc.collect()
    gc.disable()
    try:
        visit.close()
        del visit
        assert gone() is None
    finally:
        gc.enable()


class KilledSession(ScriptedSession):
    """Is stopped while it waits for the answer, as the client is at the end of a run."""

    def request(self, *args: Any, **options: Any) -> Response:
        super().request(*args, **options)
        raise GreenletExit


def killed_visit(around: Surroundings) -> Visit:
    visit = visit_with(around)
    visit._http = KilledSession(visit._observe, 0, b"", FailureClass.ABORTED)  # type: ignore[assignment]  # stands in for it
    return visit


def test_a_write_killed_in_flight_is_entered_as_unknown(around: Surroundings) -> None:
    """The shop may have cancelled: whoever has the chair afterwards is no double booking."""
    visit = killed_visit(around)
    visit.enter(Write.CANCEL, ask(visit), appointment_id=7)
    (window,), _, (entry,) = around.recorder.flush()
    assert (entry.write, entry.answer, entry.appointment_id) == (Write.CANCEL, Answer.UNKNOWN, 7)
    assert window.outcomes == {Outcome.ABORTED: 1}  # once


def test_a_killed_session_ends_at_its_next_step(around: Surroundings) -> None:
    visit = killed_visit(around)
    ask(visit)
    visit.reach(Milestone.BOOKED)
    for step in (lambda: ask(visit), lambda: visit.think(Step.PAY), visit.check_alive):
        with pytest.raises(GreenletExit):
            step()
    windows, journeys, _ = around.recorder.flush()
    assert (len(windows), journeys) == (1, [])


def test_thinking_takes_the_time_of_the_mix_and_moves_the_intended_start(around: Surroundings) -> None:
    """A fixed think time of 20 s at a thousandth of the time."""
    fixed = Think(kind=ThinkKind.FIXED, time=20.0)
    around.mix = around.mix.model_copy(update={"think": {**around.mix.think, Step.PAY.value: fixed}})
    around.time_scale = 0.001
    visit = visit_with(around)
    begin = time.monotonic()
    visit.think(Step.PAY)
    took = time.monotonic() - begin
    assert 0.02 <= took < 0.05
    assert visit._next_intended == pytest.approx(begin + 0.02, abs=0.005)
