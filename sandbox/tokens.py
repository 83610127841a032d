"""Tokens: JSON Web Tokens signed with HMAC-SHA256 (RFC 7519), valid on every process that shares the database."""

import base64
import hashlib
import hmac
from dataclasses import dataclass
from itertools import count

import orjson

ACCESS, REFRESH = "access", "refresh"
ACCESS_LIFE_S = 15 * 60.0
REFRESH_LIFE_S = 7 * 24 * 3600.0
_HEADER = base64.urlsafe_b64encode(b'{"alg":"HS256","typ":"JWT"}').rstrip(b"=")


@dataclass(frozen=True, slots=True)
class Tokens:
    """Writes and reads tokens. Lives are in s."""

    secret: bytes
    access_life_s: float = ACCESS_LIFE_S
    refresh_life_s: float = REFRESH_LIFE_S

    def issue(self, user_id: int, kind: str, unix_s: float) -> str:
        """Return a token for a user."""
        life_s = self.access_life_s if kind == ACCESS else self.refresh_life_s
        claims = {"sub": str(user_id), "type": kind, "exp": unix_s + life_s, "jti": next(_SERIAL)}
        signed = _HEADER + b"." + base64.urlsafe_b64encode(orjson.dumps(claims)).rstrip(b"=")
        return (signed + b"." + self._signature(signed)).decode()

    def user_of(self, token: str, kind: str, unix_s: float) -> int | None:
        """Return the id of the user a token belongs to, None where it is forged, of another kind or has expired."""
        signed, _, signature = token.encode().rpartition(b".")
        if not hmac.compare_digest(self._signature(signed), signature):
            return None
        payload = signed.rpartition(b".")[2]
        claims = orjson.loads(base64.urlsafe_b64decode(payload + b"=" * (-len(payload) % 4)))
        if claims["type"] != kind or claims["exp"] <= unix_s:
            return None
        return int(claims["sub"])

    def _signature(self, signed: bytes) -> bytes:
        return base64.urlsafe_b64encode(hmac.digest(self.secret, signed, hashlib.sha256)).rstrip(b"=")


_SERIAL = count(1)
