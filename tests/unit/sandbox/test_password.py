"""Passwords."""

from sandbox.password import hashed, matches


def test_password_matches_itself_only() -> None:
    kept = hashed("sandbox", "a@sandbox.example")
    assert matches("sandbox", "a@sandbox.example", kept)
    assert not matches("Sandbox", "a@sandbox.example", kept)


def test_same_password_is_kept_differently_for_another_user() -> None:
    assert hashed("sandbox", "a@sandbox.example") != hashed("sandbox", "b@sandbox.example")
