"""Operations: a row for each route, and what its handler sees of a request."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from typing import Any, TypeVar

from pydantic import BaseModel
from starlette.requests import Request

from sandbox.shop import Shop
from sandbox.store.users import User

JSON = "application/json"
LARGEST_ID = 2**63 - 1
"""What a database column holds; a larger id in a path is nobody's."""

Form = TypeVar("Form", bound=BaseModel)


class Access(Enum):
    """Who may."""

    ANYONE = "anyone"
    USER = "user"
    STAFF = "staff"


@dataclass(slots=True)
class Call:
    """One request, as its handler sees it. `visitor` is the signed-in user."""

    shop: Shop
    request: Request
    address: str
    raw: bytes
    visitor: User | None = None
    body: BaseModel | None = None
    query: BaseModel | None = None

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
    """One route. `name` is what the suite calls it; `path` has the real prefix."""

    method: str
    path: str
    handle: Callable[[Call], Any]
    access: Access = Access.USER
    body: type[BaseModel] | None = None
    query: type[BaseModel] | None = None
    idempotent: bool = False

    @property
    def name(self) -> str:
        """Return the method and the path without the parts that all of them have."""
        short = self.path.replace("/api/v2/api/", "/").replace("/api/v2/", "/").replace("{id:int}", "{id}")
        return f"{self.method} {short}"

    @property
    def template(self) -> str:
        """Return the path with its id named, as metrics show it."""
        return self.path.replace("{id:int}", "{id}")
