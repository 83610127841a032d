"""Opening: which address is which database, and what may be shown of it."""

import pytest

from sandbox.store.opening import is_postgresql, without_password


@pytest.mark.parametrize(
    ("address", "shown"),
    [
        ("postgresql://me:secret@db:5432/shop", "postgresql://me@db:5432/shop"),
        ("postgresql://me:se@cret@db/shop", "postgresql://me@db/shop"),
        ("postgresql://db/shop", "postgresql://db/shop"),
        ("/tmp/a:b@c.sqlite3", "/tmp/a:b@c.sqlite3"),
    ],
)
def test_password_is_never_shown(address: str, shown: str) -> None:
    assert without_password(address) == shown


def test_anything_but_an_address_of_postgresql_is_a_file() -> None:
    assert is_postgresql("postgresql://db/shop")
    assert is_postgresql("postgres://db/shop")
    assert not is_postgresql("postgresql.sqlite3")
