import os
import tempfile

from loadgen.health import ProcessUse


def test_open_descriptors_are_counted() -> None:
    use = ProcessUse()
    before = use.descriptors()
    with tempfile.TemporaryFile() as one, tempfile.TemporaryFile() as other:
        assert os.fstat(one.fileno()) != os.fstat(other.fileno())
        assert use.descriptors() == before + 2
    assert use.descriptors() == before
