"""Operations: a row for each route, and what its handler sees of a request."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Any, TypeVar

from pydantic import BaseModel
from starlette.requests import Request

from sandbox.deliveries import Channel
from sandbox.plants import Plant
from sandbox.shop import Shop
from sandbox.store.users import User

JSON = "application/json"
UNFAILING = frozenset({"/health", "/metrics"})
"""Paths that plants leave alone, as they do the sandbox's own controls."""
LARGEST_ID = 2**63 - 1
"""What a database column holds; a larger id in a path is nobody's."""

Form = TypeVar("Form", bound=BaseModel)
Seen = TypeVar("Seen")


class Access(Enum):
    """Who may."""

    ANYONE = "anyone"
    USER = "user"
    STAFF = "staff"


@dataclass(slots=True)
class Call:
    """One request, as its handler sees it. `visitor` is the signed-in user.

    `messages` go out when the work is done, `made` is the appointment that was made, `statements_s` what PostgreSQL
    took. A plant sets `unguarded`: then the work is done on what was seen before, kept in `memory`, and the guards of the
    database are passed by.
    """

    shop: Shop
    request: Request
    address: str
    raw: bytes
    visitor: User | None = None
    body: BaseModel | None = None
    query: BaseModel | None = None
    messages: tuple[Channel, ...] = ()
    made: int | None = None
    statements_s: Sequence[float] = ()
    unguarded: bool = False
    memory: dict[str, Any] | None = None

    @property
    def user(self) -> User:
        """Return who is signed in; the operation asks for it."""
        assert self.visitor is not None
        return self.visitor

    @property
    def number(self) -> int:
        """Return the id in the path."""
        return min(int(self.request.path_params["id"]), LARGEST_ID)

    @property
    def moment(self) -> float:
        """Return the time in s since 1970."""
        return self.shop.now()

    def seen(self, what: str, look: Callable[[], Seen]) -> Seen:
        """Return what a look finds: what it found the first time, where a plant keeps that in memory."""
        if self.memory is None:
            return look()
        if what not in self.memory:
            self.memory[what] = look()
        found: Seen = self.memory[what]
        return found

    def form(self, kind: type[Form]) -> Form:
        """Return the body, which the operation declares to be of a kind."""
        assert isinstance(self.body, kind)
        return self.body

    def asked(self, kind: type[Form]) -> Form:
        """Return the query, which the operation declares to be of a kind."""
        assert isinstance(self.query, kind)
        return self.query


@dataclass(frozen=True, slots=True)
class Operation:
    """One route. `name` is what the suite calls it; `path` has the real prefix.

    One that writes is a transaction, one that is idempotent too. `race` is the plant under which it looks, waits, and
    writes by what it saw.
    """

    method: str
    path: str
    handle: Callable[[Call], Any]
    access: Access = Access.USER
    body: type[BaseModel] | None = None
    query: type[BaseModel] | None = None
    idempotent: bool = False
    writes: bool = False
    race: Plant | None = None

    @property
    def name(self) -> str:
        """Return the method and the path without the parts that all of them have."""
        short = self.path.replace("/api/v2/api/", "/").replace("/api/v2/", "/").replace("{id:int}", "{id}")
        return f"{self.method} {short}"

    @property
    def is_control(self) -> bool:
        """Tell the sandbox's own controls from the routes of the shop."""
        return self.path.startswith("/sandbox/")

    @property
    def is_unfailing(self) -> bool:
        """Tell whether plants leave it alone."""
        return self.path in UNFAILING or self.is_control

    @property
    def template(self) -> str:
        """Return the path with its id named, as metrics show it."""
        return self.path.replace("{id:int}", "{id}")
