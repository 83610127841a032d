"""A toxic of Toxiproxy, added and removed by its HTTP API (github.com/Shopify/toxiproxy)."""

import time

import httpx

from loadgen.faults.injector import FaultError, Surroundings
from scenarios.errors import nearest_hint
from scenarios.injection import PlannedFault

TIMEOUT_S = 5.0
WITHIN_S = 20.0
AGAIN_S = 0.5
DOWN = "down"
GONE, TAKEN = 404, 409


class Intoxication:
    """One toxic on one proxy, or the proxy closed as a whole."""

    def __init__(self, planned: PlannedFault, around: Surroundings) -> None:
        fault = planned.fault
        assert fault.url is not None
        assert fault.proxy is not None
        assert fault.toxic is not None
        self._url, self._proxy, self._toxic = fault.url.rstrip("/"), fault.proxy, fault.toxic
        self._name = f"rushhour_{fault.name}"

    def problem(self) -> str:
        """Return why the proxy cannot be poisoned."""
        try:
            answer = self._ask("GET", "/proxies")
            known = list(answer.json()) if answer.is_success else None
        except (httpx.HTTPError, ValueError) as error:
            return f"Toxiproxy at {self._url} cannot be reached ({error}); expected its HTTP API there, is it running?"
        if known is None:
            return f"Toxiproxy at {self._url} answered {answer.status_code}; expected its list of proxies"
        if self._proxy not in known:
            return f'proxy "{self._proxy}" is not known to Toxiproxy at {self._url}{nearest_hint(self._proxy, known)}'
        return ""

    def begin(self) -> str:
        """Add the toxic; one that a killed run left behind is replaced."""
        if self._toxic.type == DOWN:
            return self._switched(enabled=False)
        body = {
            "name": self._name,
            "type": self._toxic.type,
            "stream": self._toxic.stream,
            "toxicity": self._toxic.toxicity,
            "attributes": self._toxic.attributes,
        }
        answer = self._insist("POST", f"/proxies/{self._proxy}/toxics", body)
        if answer.status_code == TAKEN:
            self.end()
            answer = self._insist("POST", f"/proxies/{self._proxy}/toxics", body)
        if not answer.is_success:
            raise FaultError(f"toxic on {self._proxy}: Toxiproxy answered {answer.status_code}: {answer.text[:200]}")
        return f"toxic {self._toxic.type} on {self._proxy} added"

    def over(self) -> str:
        """Return nothing: a toxic stays until it is removed."""
        return ""

    def end(self) -> str:
        """Remove the toxic; one that is gone already is fine."""
        if self._toxic.type == DOWN:
            return self._switched(enabled=True)
        answer = self._insist("DELETE", f"/proxies/{self._proxy}/toxics/{self._name}")
        if not answer.is_success and answer.status_code != GONE:
            raise FaultError(f"toxic on {self._proxy}: Toxiproxy answered {answer.status_code}: {answer.text[:200]}")
        return f"toxic {self._toxic.type} on {self._proxy} removed"

    def _switched(self, *, enabled: bool) -> str:
        answer = self._insist("POST", f"/proxies/{self._proxy}", {"enabled": enabled})
        if not answer.is_success:
            raise FaultError(f"proxy {self._proxy}: Toxiproxy answered {answer.status_code}: {answer.text[:200]}")
        return f"proxy {self._proxy} {'open' if enabled else 'closed'}"

    def _insist(self, method: str, path: str, json: object = None) -> httpx.Response:
        until = time.monotonic() + WITHIN_S
        while True:
            try:
                return self._ask(method, path, json)
            except httpx.HTTPError as error:
                if time.monotonic() > until:
                    raise FaultError(
                        f"Toxiproxy at {self._url} gave no answer within {WITHIN_S:g} s: {error}"
                    ) from error
                time.sleep(AGAIN_S)

    def _ask(self, method: str, path: str, json: object = None) -> httpx.Response:
        with httpx.Client(timeout=TIMEOUT_S, verify=self._url.startswith("https:"), trust_env=False) as client:
            return client.request(method, f"{self._url}{path}", json=json)
