"""One bounded GET: a total deadline and a most number of bytes, over a connection that is kept."""

import time

import httpx

from loadgen.probes.reading import NoReading, reason

MAX_BODY_BYTES = 4_000_000  # a busy exporter writes some hundred kilobytes


class Fetching:
    """Fetches one address again and again."""

    def __init__(self, url: str, timeout_s: float, *, verify_tls: bool) -> None:
        self._url = url
        self._timeout_s = timeout_s
        self._client = httpx.Client(timeout=timeout_s, verify=verify_tls, trust_env=False)

    def body(self) -> bytes:
        """Return what is there; raise NoReading where the answer is not a whole 200 in time."""
        deadline = time.monotonic() + self._timeout_s
        try:
            with self._client.stream("GET", self._url) as answer:
                if answer.status_code != 200:
                    raise NoReading(f"{self._url} answered {answer.status_code}")
                return self._read(answer, deadline)
        except httpx.TimeoutException:
            raise NoReading(f"no answer within {self._timeout_s:g} s") from None
        except httpx.HTTPError as error:
            raise NoReading(f"{self._url}: {reason(error)}") from error

    def _read(self, answer: httpx.Response, deadline: float) -> bytes:
        pieces, size = [], 0
        for piece in answer.iter_bytes():
            size += len(piece)
            if size > MAX_BODY_BYTES:
                raise NoReading(f"{self._url} answered with more than {MAX_BODY_BYTES:,} bytes")
            if time.monotonic() > deadline:
                raise NoReading(f"no whole answer within {self._timeout_s:g} s")
            pieces.append(piece)
        return b"".join(pieces)

    def close(self) -> None:
        """Close the connection."""
        self._client.close()
