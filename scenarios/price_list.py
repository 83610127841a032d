"""The price list: what the shop runs on, in which steps more of it is bought, and what that costs (docs/capacity.md)."""

from collections.abc import Iterable, Iterator
from datetime import date
from enum import StrEnum
from typing import Annotated, Literal

from pydantic import Field, field_validator, model_validator

from scenarios.document import Strict
from scenarios.errors import nearest_hint
from scenarios.price import PricePerGb, PricePerGbMonth, PricePerMonth
from scenarios.quantity import Days, Ratio, SizeBytes

MAX_UNITS = 10_000  # beyond it a number is a typing error
Count = Annotated[int, Field(ge=0, le=MAX_UNITS)]
Positive = Annotated[float, Field(gt=0, allow_inf_nan=False)]


class Growing(StrEnum):
    """How a resource is made more of: by the number of its instances, or by a larger instance in the place of the one."""

    COUNT = "count"
    SIZE = "size"


class Instance(Strict):
    """An instance type. `reserved_price` is what one costs that was committed to; None where none is on offer."""

    name: str
    vcpus: Annotated[int, Field(ge=1, le=1024)]
    memory: SizeBytes
    price: PricePerMonth
    reserved_price: PricePerMonth | None = None


class PricedResource(Strict):
    """What can be bought more of.

    COUNT: `instance` and how many there are `now`. SIZE: `sizes` (small to large) and which of them is in use (`instance`); `now`
    counts what is paid for, a standby among it. Units are never fewer than `minimum`, come in steps of `step`, and `spare` of them
    may fail without harm. `reserved` of them are committed to and paid for, used or not. `memory_*`: what a unit's memory holds
    before the first request, and more for each request per s, of which `memory_use` at most is to be used. `pool`: connections to
    the database that each unit may open. `measured_as`: what the target profile calls what is used up of it; none: its own name.
    """

    name: str
    grows_by: Growing = Growing.COUNT
    instance: str
    sizes: tuple[str, ...] = ()
    now: Annotated[int, Field(ge=1, le=MAX_UNITS)]
    minimum: Annotated[int, Field(ge=1, le=MAX_UNITS)] = 1
    step: Annotated[int, Field(ge=1, le=MAX_UNITS)] = 1
    most: Annotated[int, Field(ge=1, le=MAX_UNITS)] = MAX_UNITS
    spare: Count = 1
    reserved: Count = 0
    headroom: Ratio = 0.2
    lead_time: Days
    memory_base: SizeBytes | None = None
    memory_per_request_per_s: SizeBytes | None = None
    memory_use: Ratio = 0.7
    pool: Count = 0
    measured_as: tuple[str, ...] = ()

    @model_validator(mode="after")
    def _check(self) -> "PricedResource":
        problems = []
        if self.grows_by is Growing.SIZE and self.instance not in self.sizes:
            problems.append(
                f'instance is "{self.instance}", which is not among its sizes; expected one of {", ".join(self.sizes) or "some"}'
            )
        if self.grows_by is Growing.COUNT and self.sizes:
            problems.append('has sizes, but grows by count; say grows_by = "size", or leave them out')
        if self.now < self.minimum:
            problems.append(
                f"now is {self.now}; expected at least minimum, {self.minimum}: say what there is, or ask for fewer"
            )
        if self.most < max(self.now, self.minimum):
            problems.append(f"most is {self.most}; expected at least now and minimum, {max(self.now, self.minimum)}")
        if (self.memory_base is None) != (self.memory_per_request_per_s is None):
            problems.append("memory_base and memory_per_request_per_s need each other")
        if self.memory_use == 0:
            problems.append("memory_use is 0 %; expected more")
        if problems:
            raise ValueError("; ".join(problems))
        return self


class Conversion(Strict):
    """From the peak hour to a month. `peak_to_mean`: the week's peak hour over the mean of all hours.

    `requests_per_user_s`: what one concurrent user asks for each second; needed where the history counts users.
    """

    peak_to_mean: Annotated[float, Field(ge=1, le=1000)]
    requests_per_booking: Positive
    bytes_per_request: SizeBytes
    requests_per_user_s: Positive | None = None


class Connections(Strict):
    """Database connections: `limit` is the server's `max_connections`; `others` are opened by whoever is no priced resource."""

    limit: Annotated[int, Field(ge=1, le=1_000_000)]
    others: Count = 0
    lead_time: Days


class Storage(Strict):
    """What is kept for ever: now, and for each booking."""

    now: SizeBytes
    per_booking: SizeBytes
    price: PricePerGbMonth


class Egress(Strict):
    """What is sent to the world; `free` of it each month."""

    price: PricePerGb
    free: SizeBytes = 0.0


class FixedCost(Strict):
    """What costs the same however many come."""

    name: str
    price: PricePerMonth


class PriceList(Strict):
    """One price list. `currency` is an ISO 4217 code, `prices_of` the day on which the prices were looked up."""

    format_version: Literal[1]
    name: str
    title: str
    currency: str
    prices_of: date
    traffic: Conversion
    instances: Annotated[tuple[Instance, ...], Field(min_length=1, max_length=200)]
    resources: Annotated[tuple[PricedResource, ...], Field(min_length=1, max_length=50)]
    connections: Connections | None = None
    storage: Storage | None = None
    egress: Egress | None = None
    fixed: Annotated[tuple[FixedCost, ...], Field(max_length=200)] = ()

    @field_validator("currency")
    @classmethod
    def _check_currency(cls, value: str) -> str:
        if not (len(value) == 3 and value.isascii() and value.isupper() and value.isalpha()):
            raise ValueError(f'is "{value}"; expected a code of three letters, such as "EUR"')
        return value

    @model_validator(mode="after")
    def _check(self) -> "PriceList":
        problems = [*_twice("instances", (each.name for each in self.instances))]
        problems += _twice("resources", (each.name for each in self.resources))
        known = {each.name: each for each in self.instances}
        for resource in self.resources:
            problems += _problems_of(resource, known)
        if problems:
            raise ValueError("; ".join(problems))
        return self

    def instance(self, name: str) -> Instance:
        """Return the instance type of a name; the validator has seen that it is there."""
        return next(each for each in self.instances if each.name == name)


def _twice(table: str, names: Iterable[str]) -> Iterator[str]:
    seen: set[str] = set()
    for name in names:
        if name in seen:
            yield f'{table} has "{name}" twice; expected each name once'
        seen.add(name)


def _problems_of(resource: PricedResource, known: dict[str, Instance]) -> Iterator[str]:
    where = f'resource "{resource.name}"'
    missing = [name for name in (resource.instance, *resource.sizes) if name not in known]
    for name in dict.fromkeys(missing):
        yield f'{where}: instance "{name}" has no price{nearest_hint(name, known)}'
    if missing:
        return
    if resource.reserved and any(known[name].reserved_price is None for name in (resource.instance, *resource.sizes)):
        yield f"{where}: reserved is {resource.reserved}, but its instance has no reserved_price; add it, or say reserved = 0"
    vcpus = [known[name].vcpus for name in resource.sizes]
    if vcpus != sorted(vcpus):
        yield f"{where}: sizes go down in vcpus; expected small to large"
    room = known[resource.instance].memory * resource.memory_use
    if resource.memory_base is not None and resource.memory_base >= room:
        yield (
            f"{where}: memory_base leaves nothing of {resource.memory_use * 100:g} % of the memory of {resource.instance}; "
            "expected a larger instance"
        )
