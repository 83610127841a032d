"""Breaking points made by hand for tests."""

from analysis.quarter.sustained import Broken


def broken(
    rate_per_s: float = 300.0,
    bracket_per_s: tuple[float, float] | None = (290.0, 310.0),
    run_id: str = "climb-1",
    *,
    at_least: bool = False,
) -> Broken:
    """Return a climb that broke at a rate, six requests a session."""
    return Broken(
        run_id=run_id, started_at="2026-11-23T06:00:00+00:00", build=None, sessions_per_s=rate_per_s / 6, request_rate_per_s=rate_per_s,
        bracket_per_s=None if at_least else bracket_per_s, at_limit_per_s=rate_per_s, limit_because="", confirmed=True, at_least=at_least,
        because="",
    )  # fmt: skip
