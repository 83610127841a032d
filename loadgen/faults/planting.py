"""A plant of the sandbox, switched on and off over HTTP while it serves."""

import time

import httpx

from loadgen.faults.injector import FaultError, Surroundings
from scenarios.errors import nearest_hint
from scenarios.injection import PlannedFault
from scenarios.target import TargetKind

PLANTS = "/sandbox/plants"
TIMEOUT_S = 5.0  # one try; a sandbox that stands still answers late
WITHIN_S = 20.0  # all tries: an instance that was killed meanwhile comes back within seconds
AGAIN_S = 0.2
SAFETY_S = 5.0  # the sandbox itself takes the plant out so long after its end, where nobody is left to do it
UNKNOWN = 404


class Planting:
    """One plant for the length of one injection."""

    def __init__(self, planned: PlannedFault, around: Surroundings) -> None:
        assert planned.fault.plant is not None
        self._plant = planned.fault.plant
        self._target = around.target
        self._length_s = planned.end_s - planned.start_s
        self._verify = around.target.verify_tls and around.target.url.startswith("https:")  # loading roots takes 30 ms

    def problem(self) -> str:
        """Return why the plant cannot be switched here."""
        if self._target.kind is not TargetKind.SANDBOX:
            return (
                f"a plant needs a sandbox; the target {self._target.name} is {self._target.kind}, use a command there"
            )
        try:
            answer = self._ask("GET", PLANTS)
        except httpx.HTTPError as error:
            return f"{self._target.url}{PLANTS} cannot be reached ({error}); expected the sandbox there"
        if answer.status_code != 200:
            return f"{self._target.url}{PLANTS} answered {answer.status_code}; expected a sandbox whose plants can be switched"
        known = _told(answer, "effects")
        if known and self._plant not in known:
            return f'plant "{self._plant}" is not known there{nearest_hint(self._plant, known)}'
        why_not = _told(answer, "not_here").get(self._plant)
        return f"plant {self._plant}: {why_not}" if why_not else ""

    def begin(self) -> str:
        """Switch the plant on."""
        answer = self._insist("PUT", {"seconds": round(self._length_s + SAFETY_S, 3)})
        if not answer.is_success:
            raise FaultError(f"plant {self._plant}: PUT answered {answer.status_code}: {answer.text[:200]}")
        return f"plant {self._plant} on"

    def over(self) -> str:
        """Return nothing: a plant stays until it is taken out."""
        return ""

    def end(self) -> str:
        """Switch the plant off; one that is off already is fine."""
        answer = self._insist("DELETE")
        if not answer.is_success and answer.status_code != UNKNOWN:
            raise FaultError(f"plant {self._plant}: DELETE answered {answer.status_code}: {answer.text[:200]}")
        return f"plant {self._plant} off"

    def _insist(self, method: str, json: object = None) -> httpx.Response:
        """Return the answer to a switch; both can be repeated without harm, so it is tried until it is told."""
        until = time.monotonic() + WITHIN_S
        while True:
            try:
                return self._ask(method, f"{PLANTS}/{self._plant}", json)
            except httpx.HTTPError as error:
                if time.monotonic() > until:
                    raise FaultError(
                        f"plant {self._plant}: {method} got no answer within {WITHIN_S:g} s: {error}"
                    ) from error
                time.sleep(AGAIN_S)

    def _ask(self, method: str, path: str, json: object = None) -> httpx.Response:
        with httpx.Client(timeout=TIMEOUT_S, verify=self._verify, trust_env=False) as client:
            return client.request(method, f"{self._target.url}{path}", json=json)


def _told(answer: httpx.Response, key: str) -> dict[str, str]:
    """Return what a sandbox says under a key of its plants by name: what they do, or why they cannot be switched there."""
    try:
        listed = answer.json()
    except ValueError:
        return {}
    told = listed.get(key) if isinstance(listed, dict) else None
    return {str(name): str(words) for name, words in told.items()} if isinstance(told, dict) else {}
