import gc
from collections.abc import Iterator

import pytest

from loadgen.collector import MAX_UNSEEN_OBJECTS, settle


class Place:
    """Something that lives when a run begins."""


@pytest.fixture(autouse=True)
def _as_before() -> Iterator[None]:
    threshold = gc.get_threshold()
    yield
    gc.set_threshold(*threshold)
    gc.unfreeze()


def test_what_lives_when_a_run_begins_is_left_out_of_later_collections() -> None:
    place = Place()
    assert any(one is place for one in gc.get_objects())
    settle()
    assert not any(one is place for one in gc.get_objects())


def test_the_youngest_are_collected_in_need_only() -> None:
    settle()
    assert gc.get_threshold()[0] == MAX_UNSEEN_OBJECTS
