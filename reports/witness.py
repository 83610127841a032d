"""The witness of a broken invariant in plain words: who asked for what and was told what, and what the target shows."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from analysis.verdict import InvariantResult
from reports import wording

MOST_LINES = 4  # where lines are read
MOST_PARTS = 8  # in a table
ASKED = {
    "register": "to register",
    "book": "for the chair",
    "reschedule": "to move it",
    "cancel": "to cancel",
    "intent": "to begin a payment",
    "confirm": "to pay",
    "refund": "for a refund",
    "calendar_sync": "to sync a calendar",
    "webhook": "told of a payment",
}
FOUND = {
    "appointment": "appointment",
    "payment": "payment",
    "refund": "refund",
    "schedule": "schedule entry",
    "absent": "nothing",
}
TOLD = {"acknowledged": "ok", "refused": "refused", "unknown": "no answer"}
LABELS = (
    ("appointment_id", "appointment"),
    ("payment_id", "payment"),
    ("barber_id", "barber"),
    ("start_time", "time"),
    ("duration_minutes", "minutes"),
    ("amount_cents", "amount"),
    ("refunded_cents", "given back"),
    ("state", "state"),
    ("owner_id", "account"),
    ("created_at", "made at"),
    ("key", "key"),
    ("reference", "reference"),
    ("session", "session"),
    ("provoked", "provoked by"),
    ("repeat", "repeat"),
    ("read_s", "read at"),
)


def is_found(item: Mapping[str, Any]) -> bool:
    """Tell whether a part of a witness is a row of the target, not a request."""
    return "row" in item


@dataclass(frozen=True, slots=True)
class WitnessTable:
    """A witness side by side: a title for each column, and for each label a value in each column, "" where there is none."""

    titles: list[str]
    fields: list[tuple[str, list[str]]]


def witness_table(invariant: InvariantResult, most: int = MOST_PARTS) -> WitnessTable:
    """Return the requests side by side, each with what was found of it afterwards; what was found of none has its own column."""
    parts = invariant.witness[:most]
    requests = [item for item in parts if not is_found(item)]
    rows = [item for item in parts if is_found(item)]
    own = [row for row in rows if not any(_same_thing(row, request) for request in requests)]
    columns = [_values(request) | _found(request, rows) for request in requests] + [_values(row) for row in own]
    titles = [f"request {number}" for number, _ in enumerate(requests, start=1)] + ["found"] * len(own)
    labels = ["who", "asked", "sent", "answered", "answer", *(label for _, label in LABELS), "found after"]
    table = [(label, [column.get(label, "") for column in columns]) for label in labels]
    return WitnessTable(titles, [(label, values) for label, values in table if any(values)])


def _same_thing(row: Mapping[str, Any], request: Mapping[str, Any]) -> bool:
    facts = _facts(row)
    field = "payment_id" if row["row"] in {"payment", "refund"} else "appointment_id"
    return facts.get(field) is not None and facts.get(field) == request.get(field)


def _found(request: Mapping[str, Any], rows: Sequence[Mapping[str, Any]]) -> dict[str, str]:
    told = [_details(row) for row in rows if _same_thing(row, request)]
    return {"found after": "; ".join(told)} if told else {}


def _details(item: Mapping[str, Any]) -> str:
    """Return what a row shows, in a few words."""
    values = _values(item)
    shown = ("appointment", "payment", "barber", "time", "minutes", "amount", "given back", "account", "state")
    facts = [values[label] if label == "state" else f"{label} {values[label]}" for label in shown if label in values]
    kind = "" if item["row"] in {"appointment", "payment"} else f"{values['asked']}: "
    return kind + ", ".join(facts)


def witness_lines(invariant: InvariantResult, most: int = MOST_LINES) -> list[str]:
    """Return the witness as one line a part."""
    return [_line(item) for item in invariant.witness[:most]]


def _values(item: Mapping[str, Any]) -> dict[str, str]:
    """Return the words of one part by label."""
    facts = _facts(item)
    found = {label: _shown(field, facts[field]) for field, label in LABELS if facts.get(field) is not None}
    if is_found(item):
        return {"who": "the target shows", "asked": FOUND.get(str(item["row"]), str(item["row"])), **found}
    return {
        "who": wording.plain(str(item.get("client", "")), 60),
        "asked": ASKED.get(str(item.get("write")), str(item.get("write", ""))),
        "sent": _seconds(item.get("sent_s")),
        "answered": _seconds(item.get("answered_s")),
        "answer": _answer(item),
        **found,
    }


def _facts(item: Mapping[str, Any]) -> dict[str, Any]:
    """Return the fields by the names that requests have: a row's own id is its appointment's or payment's."""
    facts = {**item, "state": item.get("status") if is_found(item) else None}
    kind = item.get("row")
    if kind in {"appointment", "schedule", "absent"} and "id" in item:
        facts["appointment_id"] = item["id"]
    if kind == "payment":
        facts["payment_id"] = item["id"]
    return facts


def _line(item: Mapping[str, Any]) -> str:
    values = _values(item)
    shown = ("appointment", "payment", "barber", "time", "amount", "given back", "state")
    details = ", ".join(
        f"{label} {values[label]}" if label != "state" else values[label] for label in shown if label in values
    )
    if is_found(item):
        return f"the target shows {values['asked']}: {details}"
    return f"{values['sent']} {values['who']} asked {values['asked']} ({details}): {values['answer']} at {values['answered']}"


def _answer(item: Mapping[str, Any]) -> str:
    answer, status = str(item.get("answer", "")), item.get("status")
    return f"{answer} ({status})" if status else answer


def _seconds(value: Any) -> str:
    return f"{value:.3f} s" if isinstance(value, int | float) else ""


def _shown(field: str, value: Any) -> str:
    if field == "read_s" and isinstance(value, int | float):
        return f"{value:.3f} s"
    if field in {"amount_cents", "refunded_cents"} and isinstance(value, int | float):
        return f"{value / 100:,.2f}"
    return wording.plain(str(value), 80)


def short_lines(invariant: InvariantResult, most: int) -> list[str]:
    """Return the witness as lines that fit a terminal: when, who, about what, and the answer; then what was found."""
    return [_short(item) for item in invariant.witness[:most]]


def _short(item: Mapping[str, Any]) -> str:
    values = _values(item)
    about = [values["time"][5:16].replace("T", " ")] if "time" in values else []
    about += [f"{label} {values[label]}" for label in ("barber", "appointment", "payment") if label in values]
    about += [values["amount"]] if "amount" in values else []
    if is_found(item):
        about += [values["state"]] if "state" in values else []
        return f"found: {', '.join(about) if item['row'] != 'absent' else 'nothing, of ' + ', '.join(about)}"
    who = wording.plain(values["who"].partition("@")[0], 16)
    return f"{values['sent']} {who}: {', '.join(about)}: {TOLD.get(str(item.get('answer')), '')}"
