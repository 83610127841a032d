from locustfiles.journeys.customer_journey import new_customer, returning_customer
from records.journey import FUNNEL, Milestone
from records.ledger import Write
from records.window import Outcome
from scenarios.mix import Persona, Popularity
from tests.unit.locustfiles.conftest import BROKEN, LOST, SILENT, ScriptedVisit, Sent, appointment, slots


def test_a_returning_customer_walks_through_the_whole_funnel() -> None:
    visit = ScriptedVisit()
    returning_customer(visit)
    assert visit.operations == [
        "POST /auth/login",
        "GET /barbers/",
        "GET /services/",
        "GET /appointments/slots",
        "POST /appointments/",
        "POST /payments/create-intent",
        "POST /payments/confirm",
        "GET /appointments/{id}",
    ]
    assert [visit.reached[milestone] for milestone in FUNNEL] == [1, 1, 1, 1, 1]


def test_people_think_before_each_step_of_a_booking() -> None:
    visit = ScriptedVisit()
    returning_customer(visit)
    thoughts = [line.removeprefix("think ") for line in visit.diary if line.startswith("think ")]
    assert thoughts == ["choose_barber", "choose_service", "choose_slot", "fill_form", "review", "pay"]


def test_losing_a_slot_leads_to_another_look() -> None:
    visit = ScriptedVisit(script={"POST /appointments/": [LOST, (200, appointment())]})
    returning_customer(visit)
    booked = visit.of("POST /appointments/")
    assert len(visit.of("GET /appointments/slots")) == 2
    assert booked[0].json["time"] != booked[1].json["time"]
    assert (visit.reached[Milestone.SLOT_LOST], visit.reached[Milestone.BOOKED]) == (1, 1)
    assert visit.reached[Milestone.SLOT_CHOSEN] == 1


def test_the_curious_look_at_three_days_more_and_no_further() -> None:
    visit = ScriptedVisit(looks_at_another_day=1.0)
    returning_customer(visit)
    assert len(visit.of("GET /appointments/slots")) == 4
    assert visit.reached[Milestone.BEGUN] == 1


def test_a_lost_slot_is_refused_not_failed() -> None:
    visit = ScriptedVisit(script={"POST /appointments/": LOST})
    returning_customer(visit)
    assert {entry["outcome"] for entry in visit.writes(Write.BOOK)} == {Outcome.REFUSED}


def test_a_client_gives_up_after_three_lost_slots() -> None:
    visit = ScriptedVisit(script={"POST /appointments/": LOST, "GET /appointments/slots": (200, slots(*ALL_DAY))})
    returning_customer(visit)
    assert len(visit.of("POST /appointments/")) == 3
    assert (visit.reached[Milestone.SLOT_LOST], visit.reached[Milestone.GAVE_UP]) == (3, 1)


def test_guest_gives_up_after_two_lost_slots() -> None:
    visit = ScriptedVisit(
        Persona.NEW_CUSTOMER,
        {"POST /appointments/guest": LOST, "GET /appointments/slots": (200, slots(*ALL_DAY))},
    )
    new_customer(visit)
    assert len(visit.of("POST /appointments/guest")) == 2
    assert visit.reached[Milestone.GAVE_UP] == 1


def test_some_do_not_choose_another_slot() -> None:
    visit = ScriptedVisit(script={"POST /appointments/": LOST}, tries_again_after_lost_slot=0.0)
    returning_customer(visit)
    assert len(visit.of("POST /appointments/")) == 1
    assert visit.reached[Milestone.GAVE_UP] == 1


def test_a_day_without_free_times_leads_to_another_day() -> None:
    visit = ScriptedVisit(script={"GET /appointments/slots": [(200, slots(taken=ALL_DAY)), (200, slots("12:00"))]})
    returning_customer(visit)
    first, second = visit.of("GET /appointments/slots")
    assert first.params["appointment_date"] != second.params["appointment_date"]
    assert visit.reached[Milestone.BOOKED] == 1


def test_a_barbers_day_without_any_times_is_looked_at_without_the_barber() -> None:
    def only_without_barber(sent: Sent) -> tuple[int, object]:
        return 200, slots() if "barber_id" in sent.params else slots("12:00")

    visit = ScriptedVisit(script={"GET /appointments/slots": only_without_barber})
    returning_customer(visit)
    first, second = visit.of("GET /appointments/slots")
    assert first.params["appointment_date"] == second.params["appointment_date"]
    assert visit.of("POST /appointments/")[0].json["barber_id"] == first.params["barber_id"]


def test_when_a_barber_is_full_on_the_only_day_anyone_will_do() -> None:
    def full_by_barber(sent: Sent) -> tuple[int, object]:
        return 200, slots(taken=ALL_DAY) if "barber_id" in sent.params else slots("12:00")

    visit = ScriptedVisit(script={"GET /appointments/slots": full_by_barber})
    visit.mix = visit.mix.model_copy(update={"popularity": Popularity(days_ahead=1)})
    returning_customer(visit)
    assert len(visit.of("GET /appointments/slots")) == 2
    assert "barber_id" not in visit.of("POST /appointments/")[0].json


def test_who_finds_no_free_time_gives_up() -> None:
    visit = ScriptedVisit(script={"GET /appointments/slots": (200, slots(taken=ALL_DAY))})
    returning_customer(visit)
    assert len(visit.of("GET /appointments/slots")) == 4
    assert (visit.reached[Milestone.BEGUN], visit.reached[Milestone.SLOT_CHOSEN]) == (1, 0)
    assert visit.reached[Milestone.GAVE_UP] == 1


def test_abandoning_at_the_slots_is_no_giving_up() -> None:
    visit = ScriptedVisit(abandons_at_slots=1.0)
    returning_customer(visit)
    assert visit.reached[Milestone.ABANDONED] == 1
    assert visit.reached[Milestone.GAVE_UP] == 0
    assert visit.operations[-1] == "GET /appointments/slots"


def test_a_guest_needs_no_token_and_pays_nothing() -> None:
    visit = ScriptedVisit(Persona.NEW_CUSTOMER)
    new_customer(visit)
    assert visit.operations == ["GET /barbers/", "GET /appointments/slots", "POST /appointments/guest"]
    assert {sent.token for sent in visit.sent} == {None}
    assert visit.client == visit.sent[-1].json["guest_info"]["email"]
    assert visit.reached[Milestone.BOOKED] == 1


def test_a_new_customer_registers_then_signs_in_with_the_same_account() -> None:
    visit = ScriptedVisit(Persona.NEW_CUSTOMER, new_customer_registers=1.0)
    new_customer(visit)
    registered, signed_in = visit.sent[:2]
    assert [registered.operation, signed_in.operation] == ["POST /auth/register-client", "POST /auth/login"]
    assert signed_in.json == {key: registered.json[key] for key in ("email", "password")}
    assert visit.client == registered.json["email"]
    assert visit.reached[Milestone.CONFIRMED] == 1


def test_a_booking_that_fails_is_tried_once_more() -> None:
    visit = ScriptedVisit(script={"POST /appointments/": [SILENT, (200, appointment())]}, retries_after_error=1.0)
    returning_customer(visit)
    assert len(visit.of("POST /appointments/")) == 2
    assert [entry["outcome"] for entry in visit.writes(Write.BOOK)] == [Outcome.TIMEOUT, Outcome.OK]
    assert visit.reached[Milestone.BOOKED] == 1


def test_nobody_tries_a_third_time() -> None:
    visit = ScriptedVisit(script={"POST /appointments/": BROKEN}, retries_after_error=1.0)
    returning_customer(visit)
    assert len(visit.of("POST /appointments/")) == 2
    assert visit.reached[Milestone.GAVE_UP] == 1


def test_who_is_not_let_in_leaves() -> None:
    visit = ScriptedVisit(script={"POST /auth/login": (401, {"detail": "Incorrect email or password"})})
    returning_customer(visit)
    assert visit.operations == ["POST /auth/login"]
    assert visit.reached[Milestone.BEGUN] == 0


def test_the_ledger_holds_what_the_shop_told_of_a_booking() -> None:
    visit = ScriptedVisit()
    returning_customer(visit)
    (entry,) = visit.writes(Write.BOOK)
    assert entry["appointment_id"] == 7
    assert entry["barber_id"] == 3
    assert entry["start_time"] == "2026-11-26T17:00:00"


def test_the_ledger_holds_the_wish_of_a_booking_without_an_answer() -> None:
    visit = ScriptedVisit(script={"POST /appointments/": SILENT})
    returning_customer(visit)
    (entry,) = visit.writes(Write.BOOK)
    wish = visit.of("POST /appointments/")[0].json
    assert entry["start_time"] == f"{wish['date']}T{wish['time']}:00"
    assert entry["barber_id"] == wish["barber_id"]


def test_reschedule_moves_the_appointment_before_it_is_paid() -> None:
    visit = ScriptedVisit(reschedules=1.0)
    returning_customer(visit)
    assert visit.operations.index("POST /appointments/{id}/reschedule") < visit.operations.index(
        "POST /payments/create-intent"
    )
    (entry,) = visit.writes(Write.RESCHEDULE)
    assert (entry["appointment_id"], entry["start_time"]) == (7, "2026-11-27T12:30:00")
    assert visit.reached[Milestone.RESCHEDULED] == 1


def test_a_reschedule_that_loses_its_slot_keeps_the_appointment() -> None:
    visit = ScriptedVisit(script={"POST /appointments/{id}/reschedule": LOST}, reschedules=1.0)
    returning_customer(visit)
    assert (visit.reached[Milestone.SLOT_LOST], visit.reached[Milestone.RESCHEDULED]) == (1, 0)
    assert visit.reached[Milestone.PAID] == 1


def test_who_cancels_does_not_pay() -> None:
    visit = ScriptedVisit(cancels=1.0)
    returning_customer(visit)
    assert visit.operations[-1] == "PUT /appointments/{id}/cancel"
    assert visit.reached[Milestone.CANCELLED] == 1
    assert len(visit.writes(Write.CANCEL)) == 1


def test_without_accounts_that_may_pay_people_book_all_the_same() -> None:
    visit = ScriptedVisit()
    visit.payers_left = False
    returning_customer(visit)
    assert visit.operations[-1] == "POST /appointments/"
    assert visit.reached[Milestone.BOOKED] == 1


ALL_DAY = ("09:00", "10:00", "11:00", "12:00", "13:00", "14:00", "15:00", "16:00", "17:00")
