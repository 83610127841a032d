"""A shop without a socket that shows what a test wants, for the audit to read."""

import json
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import httpx

STAFF = {"barber001@sandbox.example": 1, "barber002@sandbox.example": 2}
Answer = Callable[[httpx.Request], httpx.Response]


def appointment(number: int, barber: int = 1, start: str = "2026-12-01T10:00:00", **changes: Any) -> dict[str, Any]:
    """Return an appointment as the API shows it."""
    return {
        "id": number, "barber_id": barber, "user_id": 50 + number, "client_id": 50 + number, "start_time": start, "duration_minutes": 30,
        "status": "scheduled", "created_at": "2026-11-25T07:00:00", **changes,
    }  # fmt: skip


@dataclass
class ScriptedShop:
    """Holds appointments and payments; `instead` answers a path in another way, `asked` counts."""

    appointments: dict[int, dict[str, Any]] = field(default_factory=dict)
    payments: list[dict[str, Any]] = field(default_factory=list)
    instead: dict[str, Answer] = field(default_factory=dict)
    hidden: set[int] = field(default_factory=set)
    asked: defaultdict[str, int] = field(default_factory=lambda: defaultdict(int))
    addresses: set[str] = field(default_factory=set)

    def transport(self) -> httpx.MockTransport:
        """Return what a client speaks to."""
        return httpx.MockTransport(self._answer)

    def _answer(self, request: httpx.Request) -> httpx.Response:
        path = request.url.path.removeprefix("/api/v2")
        self.asked[path] += 1
        self.addresses.add(request.headers.get("X-Forwarded-For", ""))
        if path in self.instead:
            return self.instead[path](request)
        who = request.headers.get("Authorization", "").removeprefix("Bearer ")
        return self._show(path, who, request)

    def _show(  # noqa: PLR0911 - one for each path
        self, path: str, who: str, request: httpx.Request
    ) -> httpx.Response:
        mine = STAFF.get(who)
        own = [item for item in self.appointments.values() if item["barber_id"] == mine]
        query = request.url.params
        match path.strip("/").split("/"):
            case ["auth", "login"]:
                return httpx.Response(200, json={"access_token": json.loads(request.content)["email"]})
            case ["auth", "me"]:
                return httpx.Response(200, json={"id": mine})
            case ["barbers"]:
                found = [{"id": number, "email": email} for email, number in STAFF.items()]
                return httpx.Response(200, json=found[int(query["skip"]) :])
            case ["appointments"]:
                listed = [item for item in own if item["id"] not in self.hidden]
                page = listed[int(query["skip"]) :][: int(query["limit"])]
                return httpx.Response(200, json={"appointments": page, "total": len(listed)})
            case ["appointments", number]:
                found_one = self.appointments.get(int(number))
                return httpx.Response(404) if found_one is None else httpx.Response(200, json=found_one)
            case ["barber-availability", "schedule", _]:
                active = [item for item in own if item["status"] != "cancelled"]
                return httpx.Response(200, json={"schedule": {"2026-12-01": {"appointments": active}}})
            case ["payments", "history"]:
                return httpx.Response(
                    200, json={"payments": self.payments if mine == 1 else [], "total": len(self.payments)}
                )
        return httpx.Response(404)
