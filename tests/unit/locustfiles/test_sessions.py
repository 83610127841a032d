"""Rules that hold for every persona."""

import re
import sys
from pathlib import Path

import pytest

import locustfiles
from locustfiles.journeys.everybody import JOURNEYS
from scenarios.mix import Persona
from tests.unit.locustfiles.conftest import BROKEN, EVERYDAY, HAPPY, SILENT, ScriptedVisit, forget

BRANCHES = EVERYDAY.branches.model_dump()
personas = pytest.mark.parametrize("persona", list(Persona))


@personas
def test_session_is_the_same_for_the_same_seed(persona: Persona) -> None:
    diaries = []
    for _ in range(2):
        forget()
        visits = [ScriptedVisit(persona, seed=str(seed), **BRANCHES) for seed in range(20)]
        for visit in visits:
            JOURNEYS[persona](visit)
        diaries.append(
            [(visit.diary, [(sent.path, sent.json, sent.params) for sent in visit.sent]) for visit in visits]
        )
    assert diaries[0] == diaries[1]


@personas
@pytest.mark.parametrize(
    "trouble", [BROKEN, SILENT, (429, {"detail": "slow", "retry_after": 60}), (422, {"detail": []})]
)
def test_a_session_ends_quietly_whichever_request_fails(persona: Persona, trouble: tuple[int, object]) -> None:
    for operation in HAPPY:
        for seed in range(3):
            JOURNEYS[persona](ScriptedVisit(persona, {operation: trouble}, seed=str(seed), **BRANCHES))


@personas
def test_no_operation_is_named_by_an_id(persona: Persona) -> None:
    names = set()
    for seed in range(50):
        visit = ScriptedVisit(persona, seed=str(seed), **BRANCHES)
        JOURNEYS[persona](visit)
        names.update(visit.operations)
    assert names <= set(HAPPY)
    assert not [name for name in names if re.search(r"\d", name)]


@personas
def test_sessions_are_bounded(persona: Persona) -> None:
    for seed in range(200):
        visit = ScriptedVisit(persona, {"GET /auth/me": (200, {"id": 3})}, seed=str(seed), **BRANCHES)
        JOURNEYS[persona](visit)
        assert len(visit.sent) <= 30


def test_no_file_is_named_like_a_standard_module() -> None:
    folder = Path(locustfiles.__file__).parent
    names = {path.stem for path in folder.iterdir()}
    assert not names & set(sys.stdlib_module_names)
