"""Names of operations as other tools have them: a URL becomes its path, without host and query."""

import re
from urllib.parse import urlsplit

MOST_CHARACTERS = 200  # a name is a method and a path template
_URL = re.compile(r"^[a-z][a-z0-9+.-]*://", re.IGNORECASE)


def operation_of(name: str, method: str = "") -> str:
    """Return "GET /path" for a URL, any other name as it is; control characters become spaces."""
    plain = " ".join("".join(character if character.isprintable() else " " for character in name).split())
    if _URL.match(plain):
        plain = urlsplit(plain).path or "/"
        plain = f"{method} {plain}".strip()
    return plain[:MOST_CHARACTERS]
