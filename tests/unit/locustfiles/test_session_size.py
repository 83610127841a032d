from collections import Counter

from locustfiles.session_size import Played, table
from scenarios.mix import Persona
from tests.unit.locustfiles.conftest import EVERYDAY


def test_the_mix_is_the_mean_weighted_by_shares() -> None:
    sizes = {persona: Played(sessions=1) for persona in Persona}
    sizes[Persona.NEW_CUSTOMER] = Played(sessions=2, requests=6, by_operation=Counter({"GET /barbers/": 6}))
    lines = table(sizes, EVERYDAY).splitlines()
    # 3 a session for 25 % of sessions, none for the others
    assert lines[2] == "| GET /barbers/ | 3.00 |  |  |  |  |  |  | 0.75 |"
    assert lines[-1].startswith("| **all** | 3.00 |")
