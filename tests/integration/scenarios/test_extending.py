"""A profile that extends another: what it does not say is as there. Files in a temporary folder."""

from pathlib import Path

import pytest

from scenarios.document import Strict, load_document
from scenarios.errors import ScenarioError
from scenarios.library import load_target


class Inner(Strict):
    a: int = 0
    b: int = 0


class Outer(Strict):
    name: str
    inner: Inner = Inner()
    items: tuple[int, ...] = ()


def written(folder: Path, **texts: str) -> Path:
    for name, text in texts.items():
        (folder / f"{name}.toml").write_text(text, encoding="utf-8")
    return folder / "above.toml"


def test_tables_are_laid_over_key_by_key_and_lists_are_replaced(tmp_path: Path) -> None:
    path = written(
        tmp_path,
        below='name = "below"\nitems = [1, 2]\n[inner]\na = 1\nb = 2\n',
        above='extends = "below"\nname = "above"\nitems = [3]\n[inner]\nb = 5\n',
    )
    assert load_document(path, Outer) == Outer(name="above", inner=Inner(a=1, b=5), items=(3,))


def test_a_name_that_is_not_beside_it_is_refused_with_the_nearest(tmp_path: Path) -> None:
    path = written(tmp_path, below='name = "x"\n', above='extends = "belo"\nname = "x"\n')
    with pytest.raises(ScenarioError, match=r'extends is "belo", which is not beside it.*below'):
        load_document(path, Outer)


def test_a_path_is_no_name(tmp_path: Path) -> None:
    with pytest.raises(ScenarioError, match="expected the name of a file beside it"):
        load_document(written(tmp_path, above='extends = "../below"\nname = "x"\n'), Outer)


def test_what_is_wrong_is_said_of_the_file_that_extends(tmp_path: Path) -> None:
    path = written(tmp_path, below='name = "x"\n', above='extends = "below"\ncolour = 1\n')
    with pytest.raises(ScenarioError, match=r"above\.toml: colour is not a known key"):
        load_document(path, Outer)


def test_a_file_does_not_extend_a_third(tmp_path: Path) -> None:
    path = written(tmp_path, least='name = "x"\n', below='extends = "least"\n', above='extends = "below"\n')
    with pytest.raises(ScenarioError, match="extends is not a known key"):
        load_document(path, Outer)


def test_the_sandbox_on_postgresql_differs_by_its_database_alone() -> None:
    plain, server = load_target("sandbox"), load_target("sandbox_postgresql")
    assert plain.sandbox is not None
    assert server.sandbox == plain.sandbox.model_copy(update={"database": "postgresql"})
    assert server.model_copy(update={"sandbox": plain.sandbox, "name": plain.name, "title": plain.title}) == plain
