"""Passwords: salted and hashed once. Cheap on purpose: the time of bcrypt is modelled, and costs no processor here."""

import hashlib
import hmac


def hashed(password: str, salt: str) -> str:
    """Return what is kept of a password."""
    return hashlib.sha256(f"{salt}:{password}".encode()).hexdigest()


def matches(password: str, salt: str, kept: str) -> bool:
    """Tell whether a password is the one that was kept."""
    return hmac.compare_digest(hashed(password, salt), kept)
