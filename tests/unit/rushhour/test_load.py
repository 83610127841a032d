import socket
from collections.abc import Iterator

import pytest

from loadgen.errors import GeneratorError
from rushhour import load


@pytest.fixture
def taken() -> Iterator[int]:
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server.getsockname()[1]


def test_a_port_that_somebody_listens_on_is_left_alone(taken: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(load, "PORTS", range(taken, taken + 1))
    with pytest.raises(GeneratorError, match=f"between {taken} and {taken} is free"):
        load.free_port()


def test_runs_that_start_together_do_not_all_draw_the_same_port() -> None:
    ports = {load.free_port() for _ in range(5)}
    assert len(ports) > 1
    assert all(port in load.PORTS for port in ports)
