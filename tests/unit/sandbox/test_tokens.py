"""Tokens: whose they are, how long, and that they are not to be forged."""

import pytest

from sandbox.tokens import ACCESS, REFRESH, Tokens

TOKENS = Tokens(b"secret")
NOW = 1_000_000.0


def test_token_names_its_user_until_it_expires() -> None:
    token = TOKENS.issue(42, ACCESS, NOW)
    assert TOKENS.user_of(token, ACCESS, NOW + 899.9) == 42
    assert TOKENS.user_of(token, ACCESS, NOW + 900) is None


def test_token_of_another_kind_or_secret_is_not_taken() -> None:
    token = TOKENS.issue(42, ACCESS, NOW)
    assert TOKENS.user_of(token, REFRESH, NOW) is None
    assert Tokens(b"other").user_of(token, ACCESS, NOW) is None


@pytest.mark.parametrize("token", ["", ".", "not-a-jwt", "a.b.c", "ä.ö.ü"])
def test_anything_else_is_not_taken(token: str) -> None:
    assert TOKENS.user_of(token, ACCESS, NOW) is None


def test_changed_token_is_not_taken() -> None:
    head, claims, signature = TOKENS.issue(42, ACCESS, NOW).split(".")
    other = TOKENS.issue(43, ACCESS, NOW).split(".")[1]
    assert TOKENS.user_of(f"{head}.{other}.{signature}", ACCESS, NOW) is None
    assert TOKENS.user_of(f"{head}.{claims}.{signature[:-1]}", ACCESS, NOW) is None


def test_no_two_tokens_are_alike() -> None:
    assert TOKENS.issue(42, ACCESS, NOW) != TOKENS.issue(42, ACCESS, NOW)
