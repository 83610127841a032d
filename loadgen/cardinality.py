"""A bound on distinct names: an id that slipped into a name must not make a table of statistics grow for ever."""

MAX_NAME_CHARS = 120


class BoundedNames:
    """The first so many distinct names, cut at `MAX_NAME_CHARS`; all later ones become `other`."""

    __slots__ = ("_known", "_most", "_other")

    def __init__(self, most: int, other: str) -> None:
        self._known: set[str] = set()
        self._most = most
        self._other = other

    def __len__(self) -> int:
        return len(self._known)

    def bounded(self, name: str) -> str:
        """Return the name under which this one is counted."""
        if name in self._known:
            return name
        name = name[:MAX_NAME_CHARS]
        if name in self._known:
            return name
        if len(self._known) >= self._most:
            return self._other
        self._known.add(name)
        return name
