import gc

from loadgen.collector import settle


class Place:
    """Something that lives when a run begins."""


def test_what_lives_when_a_run_begins_is_left_out_of_later_collections() -> None:
    place = Place()
    assert any(one is place for one in gc.get_objects())
    settle()
    try:
        assert not any(one is place for one in gc.get_objects())
    finally:
        gc.unfreeze()
