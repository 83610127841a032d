"""Figures in the sentences of a verdict: three significant digits, a unit on everything."""

import math


def number(value: float) -> str:
    """Return three significant digits, thousands separated: 0.0123, 1.23, 123, 12,300."""
    if value == 0:
        return "0"
    places = 2 - math.floor(math.log10(abs(value)))
    text = f"{round(value, places):,.{max(0, places)}f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def milliseconds(value_us: float) -> str:
    """Return a latency in us as ms."""
    return f"{number(value_us / 1000)} ms"


def percent(ratio: float) -> str:
    """Return a ratio in %; close to 100 % with enough digits to tell it from 100 %."""
    if not 0.99 < ratio < 1:
        return f"{number(ratio * 100)} %"
    places = 1 - math.floor(math.log10((1 - ratio) * 100))
    return f"{ratio * 100:.{min(9, max(0, places))}f}".rstrip("0").rstrip(".") + " %"


def metric_word(metric: str) -> str:
    """Return a metric as people say it: `response_p95` is p95, `response_p999` is p99.9."""
    named = {
        "response_p999": "p99.9", "error_ratio": "errors", "share_of_previous": "share", "demand": "CPU a request"
    }  # fmt: skip
    return named.get(metric, metric.removeprefix("response_"))


def change(ratio: float) -> str:
    """Return a signed change: +31.2 %, −4 %."""
    text = f"{ratio * 100:+,.1f}".removesuffix(".0").replace("-", "−")
    return f"{'0' if text in {'+0', '−0'} else text} %"


LONG_S = 10.0  # from here on a time is said in seconds: nobody says 45,000 ms


def quantity(value: float, unit: str) -> str:
    """Return a value in `s` (as ms under 10 s), `us` (as ms), `ratio` (as %), `per_s`, or a plain count."""
    match unit:
        case "s":
            return f"{number(value)} s" if value >= LONG_S else milliseconds(value * 1e6)
        case "us":
            return milliseconds(value)
        case "ratio":
            return percent(value)
        case "per_s":
            return f"{number(value)} per s"
        case _:
            return f"{round(value):,}"


def counted(count: float, singular: str, plural: str | None = None) -> str:
    """Return "1 request", "12,345 requests"."""
    return f"{round(count):,} {singular if round(count) == 1 else plural or singular + 's'}"


def listed(names: list[str], most: int = 4) -> str:
    """Return names as a list that is cut after `most`."""
    shown = ", ".join(names[:most])
    return shown if len(names) <= most else f"{shown} and {len(names) - most} more"
