"""The `[sessions]` of the shipped mix are what sessions are: journeys or branches that change must be measured again."""

from collections.abc import Iterator

import pytest

from locustfiles.session_size import measure
from scenarios.library import load_mix, load_target
from scenarios.session import SessionSize, mean_session
from scenarios.target import Target
from tests.shop import SECRETS, open_shop

pytestmark = pytest.mark.integration
SESSIONS = 700  # one standard error of the mean is 1.5 %


@pytest.fixture
def shop(monkeypatch: pytest.MonkeyPatch) -> Iterator[Target]:
    """A fresh sandbox without modelled time."""
    for name, value in SECRETS.items():
        monkeypatch.setenv(name, value)
    with open_shop("--fast", "--barbers", "100", "--clients", "2000") as ready:
        yield load_target("sandbox").model_copy(update={"url": ready["listening"]})


def test_the_mix_says_what_its_sessions_are(shop: Target) -> None:
    mix = load_mix("everyday")
    played = measure(shop, mix, SESSIONS)
    assert [why for size in played.values() for why in size.failed] == []
    found = {
        persona.value: SessionSize(
            requests=size.mean, thinks={step.value: count / size.sessions for step, count in size.thinks.items()}
        )
        for persona, size in played.items()
    }
    measured, shipped = (mean_session(mix.personas, sizes, mix.think) for sizes in (found, mix.sessions))
    assert measured is not None
    assert shipped is not None
    assert measured[0] == pytest.approx(shipped[0], rel=0.05)
    assert measured[1] == pytest.approx(shipped[1], rel=0.05)
    assert measured[0] / measured[1] == pytest.approx(
        shipped[0] / shipped[1], rel=0.02
    )  # which the planned rate follows
