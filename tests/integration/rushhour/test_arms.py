"""Starting other people's targets anew: the command has to succeed, and says so in one line where it does not."""

import sys

import pytest

from loadgen.errors import TargetError
from rushhour.arms import restart_targets

pytestmark = pytest.mark.integration


def test_a_command_that_succeeds_is_all_it_takes() -> None:
    restart_targets((sys.executable, "-c", "pass"), within_s=20)


@pytest.mark.parametrize(
    ("command", "said"),
    [
        ((sys.executable, "-c", "raise SystemExit(3)"), "ended with code 3; expected 0"),
        (("/no/such/command",), "expected a command that starts both targets anew"),
        ((sys.executable, "-c", "import time; time.sleep(9)"), "timed out"),
    ],
)
def test_a_command_that_does_not_is_told_in_one_line(command: tuple[str, ...], said: str) -> None:
    with pytest.raises(TargetError, match=said):
        restart_targets(command, within_s=0.3)
