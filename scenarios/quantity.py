"""Quantities as people write them in TOML ("10 min", "200 ms", "0.1 %", "20 per s") and as numbers with one unit."""

import math
import re
from collections.abc import Mapping
from typing import Annotated

from pydantic import BeforeValidator

SECONDS_PER_UNIT = {"ms": 0.001, "s": 1.0, "min": 60.0, "h": 3600.0}
BYTES_PER_UNIT = {"B": 1.0, "kB": 1e3, "MB": 1e6, "GB": 1e9, "TB": 1e12, "KiB": 2.0**10, "MiB": 2.0**20, "GiB": 2.0**30}
DAYS_PER_UNIT = {"day": 1.0, "days": 1.0, "week": 7.0, "weeks": 7.0}
_NUMBER_WITH_UNIT = re.compile(r"^\s*(-?\d+(?:[\d_]*\d)?(?:\.\d+)?)\s*(%|(?:per |/ ?)?[a-zA-Z]+)?\s*$")


def _split(text: object, expected: str) -> tuple[float, str]:
    if not isinstance(text, str):
        raise ValueError(f"is {text!r}, a number without a unit; expected {expected}")
    match = _NUMBER_WITH_UNIT.match(text)
    if match is None:
        raise ValueError(f'is "{text}"; expected {expected}')
    number = float(match.group(1).replace("_", ""))
    if not math.isfinite(number):
        raise ValueError(f'is "{text[:40]}…", too large a number; expected {expected}')
    return number, (match.group(2) or "").strip()


def duration_s(text: object) -> float:
    """Return seconds from "500 ms", "30 s", "10 min" or "2 h"; raise ValueError for anything else."""
    expected = 'a duration with a unit, such as "30 s", "10 min" or "500 ms"'
    if isinstance(text, float):  # already converted: a plan read back from a manifest
        return text
    number, unit = _split(text, expected)
    if unit not in SECONDS_PER_UNIT:
        raise ValueError(f'is "{text}", with the unit "{unit}"; expected {expected}')
    return number * SECONDS_PER_UNIT[unit]


def positive_duration_s(text: object) -> float:
    """Return seconds as `duration_s` does; raise ValueError unless more than 0."""
    seconds = duration_s(text)
    if seconds <= 0:
        raise ValueError(f"is {_plain(seconds)} s; expected more than 0")
    return seconds


def ratio(text: object) -> float:
    """Return a ratio from a percentage such as "0.1 %"; raise ValueError unless between 0 and 100 %."""
    expected = 'a percentage with its sign, such as "0.1 %"'
    if isinstance(text, float):
        return text
    number, unit = _split(text, expected)
    if unit != "%":
        raise ValueError(f'is "{text}"; expected {expected}')
    if not 0 <= number <= 100:
        raise ValueError(f'is "{text}"; expected between 0 % and 100 %')
    return number / 100


def rate_per_s(text: object) -> float:
    """Return events per second from "20 per s", "90 per min" or "30 per h"; raise ValueError unless more than 0."""
    expected = 'a rate, such as "20 per s" or "90 per min"'
    if isinstance(text, float):
        return text
    number, unit = _split(text, expected)
    divisor = re.sub(r"^(per|/)\s*", "", unit)
    if divisor == unit or divisor not in SECONDS_PER_UNIT:
        raise ValueError(f'is "{text}"; expected {expected}')
    if number <= 0:
        raise ValueError(f'is "{text}"; expected more than 0')
    return number / SECONDS_PER_UNIT[divisor]


def size_bytes(text: object) -> float:
    """Return bytes from "8 GB", "900 MB" or "2 GiB"; raise ValueError for anything else, and below 0."""
    return _of_units(text, BYTES_PER_UNIT, 'a size with its unit, such as "8 GB" or "900 MB"')


def days(text: object) -> float:
    """Return days from "10 days" or "6 weeks"; raise ValueError for anything else, and below 0."""
    return _of_units(text, DAYS_PER_UNIT, 'a time in days or weeks, such as "10 days" or "6 weeks"')


def _of_units(text: object, units: Mapping[str, float], expected: str) -> float:
    number, unit = _split(text, expected)
    if unit not in units:
        raise ValueError(f'is "{text}"; expected {expected}')
    if number < 0:
        raise ValueError(f'is "{text}"; expected 0 or more')
    return number * units[unit]


def _plain(number: float) -> str:
    return f"{number:g}"


DurationS = Annotated[float, BeforeValidator(duration_s)]
PositiveDurationS = Annotated[float, BeforeValidator(positive_duration_s)]
Ratio = Annotated[float, BeforeValidator(ratio)]
RatePerS = Annotated[float, BeforeValidator(rate_per_s)]
SizeBytes = Annotated[float, BeforeValidator(size_bytes)]
Days = Annotated[float, BeforeValidator(days)]
