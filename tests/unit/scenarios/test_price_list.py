import pytest

from scenarios.document import parse_document
from scenarios.errors import ScenarioError
from scenarios.library import load_price_list
from scenarios.price import HOURS_PER_MONTH
from scenarios.price_list import PriceList

GOOD = """
format_version = 1
name = "trial"
title = "Trial prices"
currency = "EUR"
prices_of = 2026-10-01
[traffic]
peak_to_mean = 4
requests_per_booking = 40
bytes_per_request = "5 kB"
[[instances]]
name = "small"
vcpus = 2
memory = "4 GB"
price = "0.10 per h"
[[instances]]
name = "large"
vcpus = 4
memory = "8 GB"
price = "140 per month"
reserved_price = "0.13 per h"
[[resources]]
name = "application"
instance = "large"
now = 3
reserved = 1
lead_time = "2 weeks"
[[resources]]
name = "database"
grows_by = "size"
instance = "small"
sizes = ["small", "large"]
now = 1
lead_time = "10 days"
"""


def problems_of(text: str) -> tuple[str, ...]:
    with pytest.raises(ScenarioError) as caught:
        parse_document(text, "trial.toml", PriceList)
    return caught.value.problems


def test_quantities_are_read_with_their_units() -> None:
    prices = parse_document(GOOD, "trial.toml", PriceList)
    assert prices.instance("small").price == pytest.approx(0.10 * HOURS_PER_MONTH)
    assert prices.instance("large").price == 140
    assert prices.instance("large").memory == 8e9
    assert prices.traffic.bytes_per_request == 5000
    assert [resource.lead_time for resource in prices.resources] == [14, 10]


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (('currency = "EUR"\n', ""), "trial.toml: currency is missing; it has no default, add it"),
        (('currency = "EUR"', 'currency = "euro"'), 'trial.toml: currency is "euro"; expected a code of three letters'),
        (('price = "0.10 per h"\n', ""), "trial.toml: instances[0].price is missing"),
        (('price = "0.10 per h"', "price = 0.1"), "instances[0].price"),
        (('price = "0.10 per h"', 'price = "0.10 per day"'), 'instances[0].price is "0.10 per day"; expected a price, such as'),
        (('price = "0.10 per h"', 'price = "-1 per h"'), 'instances[0].price is "-1 per h"; expected a price'),
        (('memory = "4 GB"', 'memory = "4"'), 'instances[0].memory is "4"; expected a size with its unit'),
        (('instance = "large"', 'instance = "lage"'), 'resource "application": instance "lage" has no price; did you mean "large"?'),
        (('reserved_price = "0.13 per h"\n', ""), 'resource "application": reserved is 1, but its instance has no reserved_price'),
        (('sizes = ["small", "large"]', 'sizes = ["large", "small"]'), 'resource "database": sizes go down in vcpus'),
        (('sizes = ["small", "large"]', 'sizes = ["large"]'), 'instance is "small", which is not among its sizes'),
        (('name = "database"', 'name = "application"'), 'resources has "application" twice'),
        (("now = 3", "now = 3\nmost = 2"), "most is 2; expected at least now and minimum, 3"),
        (("now = 3", 'now = 3\nsizes = ["large"]'), "has sizes, but grows by count"),
        (("now = 3", 'now = 3\nmemory_base = "1 GB"'), "memory_base and memory_per_request_per_s need each other"),
        (
            ("now = 3", 'now = 3\nmemory_base = "7 GB"\nmemory_per_request_per_s = "1 MB"'),
            'resource "application": memory_base leaves nothing of 70 % of the memory of large',
        ),
        (('lead_time = "2 weeks"', 'lead_time = "2 months"'), 'is "2 months"; expected a time in days or weeks'),
        (("peak_to_mean = 4", "peak_to_mean = 0.5"), "traffic.peak_to_mean is 0.5"),
        (('price = "0.10 per h"', 'price = "0,10 per h"'), 'is "0,10 per h"; expected a price, such as "0.20 per h" or "140 per month": 0 or more, with a point'),
        (('price = "0.10 per h"', 'price = "9999999999999 per month"'), 'is "9999999999999 per month"; expected a price, such as'),
        (("requests_per_booking = 40", "requests_per_booking = inf"), "traffic.requests_per_booking is inf; expected: input should be a finite number"),
        (("requests_per_booking = 40", "requests_per_booking = nan"), "traffic.requests_per_booking is nan; expected: input should be a finite number"),
        (('memory = "4 GB"', f'memory = "{"9" * 400} GB"'), "too large a number; expected a size with its unit"),
        (("now = 3", "now = 3\nminimum = 4"), "now is 3; expected at least minimum, 4: say what there is, or ask for fewer"),
        (("vcpus = 2", "cpus = 2"), "instances[0].cpus is not a known key"),
    ],
)  # fmt: skip
def test_each_problem_gets_its_line(change: tuple[str, str], expected: str) -> None:
    text = GOOD.replace(*change, 1)
    assert text != GOOD
    assert any(expected in line for line in problems_of(text)), problems_of(text)


def test_the_shipped_list_says_that_it_is_an_example() -> None:
    prices = load_price_list("example")
    assert "invented" in prices.title
    assert prices.currency == "EUR"
