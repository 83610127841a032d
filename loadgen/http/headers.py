"""Header fields: what is received (case-insensitive, repeatable) and what is sent (checked against injection)."""

import re
from collections.abc import Iterator, Mapping, MutableMapping, Sequence
from collections.abc import Set as AbstractSet
from functools import lru_cache

_TOKEN = re.compile(r"[!#$%&'*+\-.^_`|~0-9A-Za-z]+")  # RFC 9110 section 5.6.2
_UNSAFE_VALUE = re.compile(r"[\r\n\0]")

NAMES_MAX = 1_024
"""Header names remembered in lower case, over all connections; a server that invents names cannot fill memory."""
OURS = frozenset({"host", "content-length", "transfer-encoding", "connection"})
"""Framing and place are the client's: a caller's own value could only break it."""


@lru_cache(maxsize=4_096)
def header_line(name: str, value: str) -> bytes:
    """`Name: value\\r\\n`. ValueError, in one line, for a name or value that would end the line early."""
    if not _TOKEN.fullmatch(name):
        raise ValueError(f"header name {name!r} is not a token; expected letters, digits and -")
    if _UNSAFE_VALUE.search(value):
        raise ValueError(f"header {name} holds a line break or NUL; expected one line")
    if name.lower() in OURS:
        raise ValueError(f"header {name} is set by the client itself; leave it out")
    try:
        return f"{name}: {value}\r\n".encode("latin-1")
    except UnicodeEncodeError as error:
        raise ValueError(f"header {name} holds {error.object[error.start]!r}; expected Latin-1 characters") from error


@lru_cache(maxsize=4_096)
def header_lines(fields: tuple[tuple[str, str], ...]) -> tuple[bytes, frozenset[str]]:
    """The lines of all fields and their names in lower case. Kept, since a user sends the same ones again and again."""
    return b"".join([header_line(name, value) for name, value in fields]), frozenset(name.lower() for name, _ in fields)


Field = tuple[bytes, bytes]
"""Name and value as they were received."""


class _LowerNames(dict[bytes, str]):
    def __missing__(self, name: bytes) -> str:
        lower = name.decode("latin-1").lower()
        if len(self) < NAMES_MAX:
            self[name] = lower
        return lower


lower_name = _LowerNames()
"""Names as received, in lower case."""


class Headers(Mapping[str, str]):
    """Fields of a response. `headers["set-cookie"]` joins repeated fields with a comma; `get_list` keeps them apart."""

    __slots__ = ("_fields",)

    def __init__(self, fields: Sequence[Field]) -> None:
        self._fields = fields

    @property
    def _names(self) -> list[str]:
        return [lower_name[name] for name, _ in self._fields]

    def get_list(self, name: str) -> list[str]:
        wanted = name.lower()
        return [value.decode("latin-1") for one, value in self._fields if lower_name[one] == wanted]

    def __getitem__(self, name: str) -> str:
        found = self.get_list(name)
        if not found:
            raise KeyError(name)
        return found[0] if len(found) == 1 else ", ".join(found)

    def __contains__(self, name: object) -> bool:
        return isinstance(name, str) and name.lower() in self._names

    def __iter__(self) -> Iterator[str]:
        return iter(dict.fromkeys(self._names))

    def __len__(self) -> int:
        return len(set(self._names))

    def __repr__(self) -> str:
        return f"Headers({dict(self)!r})"


CREDENTIALS = frozenset({"authorization", "cookie", "proxy-authorization"})


class SessionHeaders(MutableMapping[str, str]):
    """Fields sent with every request of a session, kept ready as bytes: a change costs once, a request nothing."""

    __slots__ = ("_fields", "abroad", "home", "keys_lower")

    def __init__(self, fields: Mapping[str, str]) -> None:
        self._fields: dict[str, tuple[str, str]] = {}
        self.home = b""
        """Lines for the session's own origin."""
        self.abroad = b""
        """Lines for any other origin: without credentials."""
        for name, value in fields.items():
            header_line(name, value)
            self._fields[name.lower()] = (name, value)
        self._render()

    def _render(self) -> None:
        lines = {key: header_line(name, value) for key, (name, value) in self._fields.items()}
        self.keys_lower = lines.keys()
        self.home = b"".join(lines.values())
        self.abroad = b"".join(line for key, line in lines.items() if key not in CREDENTIALS)

    def without(self, names: AbstractSet[str], *, abroad: bool) -> bytes:
        """Lines, less those a request brings itself."""
        left = names | CREDENTIALS if abroad else names
        return b"".join(header_line(n, v) for key, (n, v) in self._fields.items() if key not in left)

    def __getitem__(self, name: str) -> str:
        return self._fields[name.lower()][1]

    def __setitem__(self, name: str, value: str) -> None:
        header_line(name, value)
        self._fields[name.lower()] = (name, value)
        self._render()

    def __delitem__(self, name: str) -> None:
        del self._fields[name.lower()]
        self._render()

    def __contains__(self, name: object) -> bool:
        return isinstance(name, str) and name.lower() in self._fields

    def __iter__(self) -> Iterator[str]:
        return (name for name, _ in self._fields.values())

    def __len__(self) -> int:
        return len(self._fields)
