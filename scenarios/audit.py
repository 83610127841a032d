"""What the audit may do to read a target back after a run, and whether a scenario wants it."""

from typing import Annotated
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import Field, field_validator, model_validator

from scenarios.document import Strict
from scenarios.quantity import PositiveDurationS, RatePerS

MIN_SAMPLE_EVERY_S = 2.0  # a look at a few barbers takes about as long, at its pace


class Statements(Strict):
    """SELECT statements for the target's own tables, with the columns that `docs/audit.md` names; `%(from)s` is the run's start."""

    appointments: str
    payments: str | None = None
    refunds: str | None = None


class TargetAudit(Strict):
    """How the target is read back: through its API, or by SQL where `dsn_env` names the variable that holds a DSN.

    `exclusive`: nobody but the run writes meanwhile, so that whatever the run did not do, the target did. `timezone` is that of the
    shop's clock times; without it, times that customers wished for are not compared with those the shop tells in UTC.
    """

    exclusive: bool = False
    timezone: str | None = None
    requests: Annotated[int, Field(ge=1, le=1_000_000)] = 20_000
    requests_per_s: RatePerS = 20.0
    at_once: Annotated[int, Field(ge=1, le=32)] = 4
    within: PositiveDurationS = 600.0
    dsn_env: str | None = None
    sql: Statements | None = None

    @field_validator("timezone")
    @classmethod
    def _check_zone(cls, value: str | None) -> str | None:
        try:
            if value is not None:
                ZoneInfo(value)
        except (ZoneInfoNotFoundError, ValueError):
            raise ValueError(f'is "{value}"; expected a name such as "Europe/Berlin" or "UTC"') from None
        return value

    @model_validator(mode="after")
    def _check(self) -> "TargetAudit":
        if (self.dsn_env is None) != (self.sql is None):
            raise ValueError("dsn_env and [audit.sql] need each other: where the database is, and what to ask it")
        return self


class ScenarioAudit(Strict):
    """Whether the target is read back after this scenario. `required`: a run whose audit says nothing is inconclusive.

    While the load goes on, so many barbers (0: none) are looked at every so often; `stop_on_violation` ends the run at the first
    thing that is certainly broken.
    """

    enabled: bool = True
    required: bool = False
    sample_every: PositiveDurationS = 30.0
    sample_barbers: Annotated[int, Field(ge=0, le=50)] = 4
    stop_on_violation: bool = False

    @model_validator(mode="after")
    def _check(self) -> "ScenarioAudit":
        if self.stop_on_violation and not (self.enabled and self.sample_barbers):
            raise ValueError(
                "stop_on_violation needs the sample during the run; expected enabled = true and sample_barbers of 1 or more"
            )
        return self

    def scaled(self, time_scale: float) -> "ScenarioAudit":
        """Return it with its time scaled, as long as a look takes at least."""
        return self.model_copy(update={"sample_every": max(MIN_SAMPLE_EVERY_S, self.sample_every * time_scale)})
