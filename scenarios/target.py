"""Target profiles: where the system under test is, what is allowed there, where accounts and secrets come from."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Annotated, Literal
from urllib.parse import urlsplit

from pydantic import Field, field_validator, model_validator

from scenarios.audit import TargetAudit
from scenarios.document import Strict
from scenarios.probe import MAX_PROBES, Probe, Resource, problems_of
from scenarios.quantity import PositiveDurationS, RatePerS


class TargetKind(StrEnum):
    """What stands behind a URL; a production target needs an explicit word on the command line.

    `unknown` is of imported runs whose target nobody named; it can be given no load.
    """

    SANDBOX = "sandbox"
    STAGING = "staging"
    PRODUCTION = "production"
    UNKNOWN = "unknown"


class Limits(Strict):
    """The most that this target may be given; a plan above it is refused before it starts."""

    sessions_per_s: RatePerS
    users: Annotated[int, Field(ge=1, le=200_000)]


class Accounts(Strict):
    """Where accounts come from: an e-mail pattern, a CSV file (`email,password`), or registration through the API.

    `begin_at` is the place in the list, as a share of it, at which lending begins: payments of an account are limited by the day.
    """

    source: Literal["pattern", "file", "register"]
    email: str | None = None
    first: Annotated[int, Field(ge=0)] = 1
    count: Annotated[int, Field(ge=1, le=1_000_000)] = 100
    file: str | None = None
    password_env: str | None = None
    begin_at: Annotated[float, Field(ge=0, lt=1)] = 0.0

    @model_validator(mode="after")
    def _check(self) -> "Accounts":
        if self.source in {"pattern", "register"}:
            if self.email is None or "{n" not in self.email:
                raise ValueError(
                    f'email is {self.email!r}; expected a pattern with a number, such as "client{{n:05d}}@shop.example"'
                )
            if self.password_env is None:
                raise ValueError(
                    "password_env is missing; expected the name of the environment variable with the password"
                )
        if self.source == "file" and self.file is None:
            raise ValueError("file is missing; expected the path of a CSV file with the columns email,password")
        return self


class Addresses(Strict):
    """How a virtual client presents an address of its own to a target that trusts the header from the generator."""

    header: str | None = None
    network: str = "10.64.0.0/10"


class Webhook(Strict):
    """Signing of simulated Stripe events."""

    secret_env: str


class ProxyUse(StrEnum):
    """Whether the load goes through the proxies that the environment names."""

    NONE = "none"
    ENVIRONMENT = "environment"


Crowding = Annotated[float, Field(ge=0, le=1)]


class Embedded(Strict):
    """Options of the embedded sandbox when `rushhour` starts it itself."""

    barbers: Annotated[int, Field(ge=1, le=2000)] = 60
    clients: Annotated[int, Field(ge=1, le=100_000)] = 2000
    pool: Annotated[int, Field(ge=1, le=1000)] | None = None
    contention: Crowding = 0.0  # the sandbox's --contention and --coherence (docs/sandbox.md)
    coherence: Crowding = 0.0
    fast: bool = False
    service_factor: Annotated[float, Field(gt=0, le=1000)] | None = None  # multiplies all modelled times
    keep_alive: PositiveDurationS | None = None
    database: Literal["sqlite", "postgresql"] = "sqlite"  # postgresql: a cluster of its own, for the time of the run
    instances: Annotated[int, Field(ge=1, le=8)] | None = None
    restart_after: PositiveDurationS | None = None  # a dead instance is back then


class Target(Strict):
    """One target profile."""

    format_version: Literal[1]
    name: str
    title: str
    kind: TargetKind
    url: str
    verify_tls: bool = True
    proxy: ProxyUse = ProxyUse.NONE
    request_timeout: PositiveDurationS = 30.0
    limits: Limits
    clients: Accounts
    staff: Accounts | None = None
    payments_per_account: Annotated[int, Field(ge=0, le=1000)] = 9
    addresses: Addresses = Addresses()
    webhook: Webhook | None = None
    sandbox: Embedded | None = None
    audit: TargetAudit = TargetAudit()
    probes: Annotated[tuple[Probe, ...], Field(max_length=MAX_PROBES)] = ()
    resources: tuple[Resource, ...] = ()

    @field_validator("url")
    @classmethod
    def _check_url(cls, value: str) -> str:
        parts = urlsplit(value)
        if parts.scheme not in {"http", "https"} or not parts.hostname:
            raise ValueError(f'is "{value}"; expected http://host[:port] or https://host[:port]')
        return value.rstrip("/")

    @model_validator(mode="after")
    def _check_probes(self) -> "Target":
        problems = problems_of(self.probes, self.resources)
        if problems:
            raise ValueError("; ".join(problems))
        return self

    def with_shop(self, options: Mapping[str, float]) -> "Target":
        """Return the target with these options of the sandbox that is started for it, by name; another target as it is."""
        if self.sandbox is None or not options:
            return self
        return self.model_copy(update={"sandbox": self.sandbox.model_copy(update=options)})

    def staffed(self) -> "Target":
        """Return the target with an account for each barber of the sandbox that is started for it; another target as it is."""
        if self.sandbox is None or self.staff is None or self.staff.source != "pattern":
            return self
        return self.model_copy(update={"staff": self.staff.model_copy(update={"count": self.sandbox.barbers})})
