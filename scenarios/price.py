"""Prices as people write them in TOML, in the currency of their list: "0.20 per h", "140 per month", "0.12 per GB month"."""

import re
from typing import Annotated

from pydantic import BeforeValidator

HOURS_PER_MONTH = 365.25 * 24 / 12  # 730.5: a twelfth of a year, whatever the month
MAX_PRICE = 1e12  # of a month, in any currency: beyond it a number is a typing error
_PRICE = re.compile(r"^\s*(\d+(?:[\d_]*\d)?(?:\.\d+)?)\s*(?:per|/)\s*([A-Za-z ]+?)\s*$")


def price_per_month(text: object) -> float:
    """Return a price per month from "0.20 per h" or "140 per month"; raise ValueError for anything else."""
    return _price(text, {"h": HOURS_PER_MONTH, "month": 1.0}, 'a price, such as "0.20 per h" or "140 per month"')


def price_per_gb_month(text: object) -> float:
    """Return the price of keeping 10^9 bytes for a month; raise ValueError for anything else."""
    return _price(text, {"GB month": 1.0}, 'a price, such as "0.12 per GB month"')


def price_per_gb(text: object) -> float:
    """Return the price of sending 10^9 bytes; raise ValueError for anything else."""
    return _price(text, {"GB": 1.0}, 'a price, such as "0.08 per GB"')


def _price(text: object, units: dict[str, float], expected: str) -> float:
    if not isinstance(text, str):
        raise ValueError(f"is {text!r}, a number without a unit; expected {expected}")
    match = _PRICE.match(text)
    if match is None or match[2] not in units:
        raise ValueError(f'is "{text}"; expected {expected}: 0 or more, with a point, without a currency')
    price = float(match[1].replace("_", "")) * units[match[2]]
    if price > MAX_PRICE:
        raise ValueError(f'is "{text[:40]}"; expected {expected}, at most {MAX_PRICE:,.0f} a month')
    return price


PricePerMonth = Annotated[float, BeforeValidator(price_per_month)]
PricePerGbMonth = Annotated[float, BeforeValidator(price_per_gb_month)]
PricePerGb = Annotated[float, BeforeValidator(price_per_gb)]
