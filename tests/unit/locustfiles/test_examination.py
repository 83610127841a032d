from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from loadgen.accounts import Account
from loadgen.errors import OutOfAccounts
from loadgen.visit import Reply, Visit
from locustfiles.examination import Examination, Finding, examine
from locustfiles.examined_flows import flows_of
from scenarios.mix import Persona
from scenarios.target import TargetKind
from tests.unit.locustfiles.conftest import (
    EVERYDAY,
    SANDBOX,
    SILENT,
    Script,
    ScriptedVisit,
    slots,
)

WRONG_PASSWORD = (401, {"error": {"type": "http", "message": "Incorrect email or password"}})


class WatchedScript(ScriptedVisit):
    """A scripted visit whose replies are kept and have a date."""

    def __init__(self, examination: "ScriptedExamination", persona: Persona) -> None:
        super().__init__(persona, examination.script, seed=str(len(examination.visits)))
        self.mix = EVERYDAY
        self.examination = examination
        self.webhook_secret = examination.secret

    def lease_staff(self) -> Account:
        if not self.examination.has_staff:
            raise OutOfAccounts
        return super().lease_staff()

    def send(self, method: str, path: str, **options: Any) -> Reply:
        reply = super().send(method, path, **options)
        reply = reply._replace(headers=self.examination.headers)
        self.examination.seen.append(reply)
        return reply


class ScriptedExamination(Examination):
    """An examination of a shop that answers from a script."""

    def __init__(self, script: Mapping[str, Script] | None = None, kind: TargetKind = TargetKind.SANDBOX) -> None:
        super().__init__(SANDBOX.model_copy(update={"kind": kind}), seed=1)
        self.script = dict(script or {})
        self.headers = {"date": datetime.now(UTC).strftime("%a, %d %b %Y %H:%M:%S GMT")}
        self.visits: list[Visit] = []
        self.has_staff = True
        self.secret: str | None = "whsec_test"

    def visit(self, persona: Persona) -> Visit:
        visit = WatchedScript(self, persona)
        self.visits.append(visit)
        return visit


def found(examination: Examination) -> dict[tuple[str, str], Finding]:
    return {(finding.flow, finding.step): finding for finding in examine(examination, flows_of(examination.target))}


def failing(examination: Examination) -> dict[tuple[str, str], str]:
    return {where: finding.why for where, finding in found(examination).items() if not finding.works}


def test_everything_works_on_a_shop_in_order() -> None:
    assert failing(ScriptedExamination()) == {}


def test_nothing_else_is_tried_on_a_target_that_is_not_reached() -> None:
    findings = found(ScriptedExamination({"GET /health": SILENT}))
    assert list(findings) == [("target", "reachable")]
    assert not findings[("target", "reachable")].works


def test_a_wrong_password_says_whose_and_where_it_comes_from() -> None:
    why = failing(ScriptedExamination({"POST /auth/login": WRONG_PASSWORD}))[("client", "sign in")]
    assert "wrong credentials" in why
    assert "SANDBOX_PASSWORD" in why
    assert "client00001@sandbox.example" in why


def test_steps_behind_one_that_does_not_work_are_not_tried() -> None:
    why = failing(ScriptedExamination({"POST /payments/create-intent": (500, {"detail": "boom"})}))
    assert why[("payment", "begin")] == "500: boom"
    assert why[("payment", "pay")] == 'not tried: "begin" did not work'
    assert why[("refund", "refund")] == "not tried: no payment was made"


def test_a_target_without_staff_says_so_and_the_customers_flows_still_work() -> None:
    examination = ScriptedExamination()
    examination.has_staff = False
    why = failing(examination)
    assert why[("staff", "sign in")] == "the target profile has no staff accounts ([staff])"
    assert why[("calendar, two-way sync", "sync")] == "not tried: no barber is signed in"
    assert not [flow for flow, _ in why if flow in {"booking", "payment", "guest booking"}]


def test_without_a_secret_the_webhook_cannot_be_exercised() -> None:
    examination = ScriptedExamination()
    examination.secret = None
    assert failing(examination) == {
        ("webhook", "signed event"): "no webhook secret to sign with: SANDBOX_STRIPE_WEBHOOK_SECRET is not exported"
    }


def test_an_answer_of_another_shape_does_not_work() -> None:
    assert ("client", "who am I") in failing(ScriptedExamination({"GET /auth/me": (200, {"name": "Ada"})}))


def test_slots_of_a_barber_that_are_always_empty_are_found() -> None:
    def empty_by_barber(sent: Any) -> tuple[int, Any]:
        return 200, slots() if "barber_id" in sent.params else slots("12:00")

    why = failing(ScriptedExamination({"GET /appointments/slots": empty_by_barber}))
    assert list(why) == [("looking", "slots of a barber")]


def test_a_rate_limit_in_the_way_is_said_where_it_was_met_and_at_the_end() -> None:
    why = failing(ScriptedExamination({"POST /appointments/guest": (429, {"detail": "slow", "retry_after": 60})}))
    assert why[("guest booking", "book as a guest")].startswith("429: rate limited")
    assert why[("rate limits", "none in the way")].startswith("1 of ")


def test_a_calendar_not_connected_says_what_to_do() -> None:
    why = failing(ScriptedExamination({"GET /calendar/status": (200, {"connected": False})}))
    assert "connect one" in why[("calendar, Google flow", "status")]


def test_a_barber_whose_calendar_is_connected_is_looked_for() -> None:
    script: dict[str, Script] = {"GET /calendar/status": [(200, {"connected": False}), (200, {"connected": True})]}
    examination = ScriptedExamination()
    examination.script = script  # shared by all visits, and used up one by one
    assert failing(examination) == {}


def test_only_the_sandbox_is_asked_to_decline_a_card() -> None:
    flows = {flow for flow, _ in found(ScriptedExamination(kind=TargetKind.STAGING))}
    assert "declined card" not in flows


def test_a_clock_far_off_does_not_work() -> None:
    examination = ScriptedExamination()
    examination.headers = {"date": "Wed, 21 Oct 2015 07:28:00 GMT"}
    assert "behind" in failing(examination)[("target", "clock")]


def test_findings_have_the_documented_keys() -> None:
    record = Finding("flow", "step", works=True).as_record()
    assert list(record) == ["flow", "step", "works", "status", "took_ms", "why"]
