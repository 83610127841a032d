"""Words for numbers: the only place where a figure becomes text.

Three significant digits, thousands separated, a unit on everything; a percentile with its count, an interval with its level.
"""

import math
from collections.abc import Callable
from datetime import UTC, datetime

from analysis.verdict import Gate, ObjectiveOutcome, Outcome, Priority, Statement
from records.window import Outcome as RequestOutcome

MINUS = "−"
MAX_NAME_CHARACTERS = 120  # names come from the target; a longer one is cut, so that it cannot fill a report

OUTCOME_WORD = {
    Outcome.PASS: "PASS",
    Outcome.FAIL: "FAIL",
    Outcome.INCONCLUSIVE: "INCONCLUSIVE",
    Outcome.INVALID: "INVALID",
}
OUTCOME_SYMBOL = {Outcome.PASS: "✓", Outcome.FAIL: "✗", Outcome.INCONCLUSIVE: "?", Outcome.INVALID: "!"}
OUTCOME_MEANS = {
    Outcome.PASS: "The release may ship.",
    Outcome.FAIL: "The release should not ship as it is.",
    Outcome.INCONCLUSIVE: "This run cannot tell whether the release may ship.",
    Outcome.INVALID: "This measurement is not to be trusted; it says nothing about the release.",
}
OBJECTIVE_WORD = {
    ObjectiveOutcome.PASS: "held",
    ObjectiveOutcome.FAIL: "missed",
    ObjectiveOutcome.MARGINAL: "too close to tell",
    ObjectiveOutcome.NOT_MEASURED: "not measured",
}
INVARIANT_WORD = {**OBJECTIVE_WORD, ObjectiveOutcome.PASS: "holds", ObjectiveOutcome.FAIL: "broken"}
OBJECTIVE_SYMBOL = {
    ObjectiveOutcome.PASS: "✓",
    ObjectiveOutcome.FAIL: "✗",
    ObjectiveOutcome.MARGINAL: "?",
    ObjectiveOutcome.NOT_MEASURED: "–",
}
STATEMENT_WORD = {
    Statement.REGRESSED: "regressed",
    Statement.IMPROVED: "improved",
    Statement.NO_CHANGE: "no change",
    Statement.CANNOT_TELL: "cannot tell",
}
STATEMENT_SYMBOL = {
    Statement.REGRESSED: "▲",
    Statement.IMPROVED: "▼",
    Statement.NO_CHANGE: "=",
    Statement.CANNOT_TELL: "?",
}
GATE_WORD = {
    Gate.PASS: "lets it pass",
    Gate.FAIL: "blocks",
    Gate.INCONCLUSIVE: "cannot decide",
    Gate.NOT_GATED: "listed only",
}
PRIORITY_WORD = {
    Priority.CRITICAL: "critical",
    Priority.HIGH: "high",
    Priority.MEDIUM: "medium",
    Priority.LOW: "low",
}
PRIORITY_SYMBOL = {Priority.CRITICAL: "■", Priority.HIGH: "◆", Priority.MEDIUM: "▲", Priority.LOW: "●"}
METRIC_WORD = {
    "response_p50": "p50",
    "response_p95": "p95",
    "response_p99": "p99",
    "response_p999": "p99.9",
    "rate": "rate",
    "error_ratio": "errors",
    "share_of_previous": "share",
    "demand": "CPU a request",
}
METRIC_UNIT = {"rate": "per_s", "error_ratio": "ratio", "share_of_previous": "ratio", "demand": "s"}
REQUEST_OUTCOME_WORD = {
    RequestOutcome.OK: "ok",
    RequestOutcome.REFUSED: "refused (business)",
    RequestOutcome.RATE_LIMITED: "rate limited",
    RequestOutcome.CLIENT_ERROR: "client error (4xx)",
    RequestOutcome.SERVER_ERROR: "server error (5xx)",
    RequestOutcome.TIMEOUT: "timeout",
    RequestOutcome.CONNECTION_ERROR: "connection error",
    RequestOutcome.ABORTED: "aborted",
}


def number(value: float) -> str:
    """Return three significant digits, thousands separated: 0.0123, 1.23, 12.3, 123, 12,300."""
    if not math.isfinite(value):
        return "not a number" if math.isnan(value) else ("∞" if value > 0 else MINUS + "∞")
    if value == 0:
        return "0"
    digits = 2 - math.floor(math.log10(abs(value)))
    rounded = round(value, digits)
    places = max(0, 2 - math.floor(math.log10(abs(rounded))))
    text = f"{abs(rounded):,.{min(places, 12)}f}"
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    return (MINUS if rounded < 0 else "") + text


def count(value: float) -> str:
    """Return a whole number in full, thousands separated."""
    return (MINUS if value < 0 else "") + f"{abs(round(value)):,}"


def counted(value: float, singular: str, plural: str | None = None) -> str:
    """Return "1 request", "12,345 requests"."""
    return f"{count(value)} {singular if round(value) == 1 else plural or singular + 's'}"


def latency_us(value_us: float | None) -> str:
    """Return a latency given in us with the unit that suits it."""
    if value_us is None or math.isnan(value_us):
        return "none"
    if abs(value_us) < 1_000:
        return f"{number(value_us)} µs"
    if abs(value_us) < 999_500:
        return f"{number(value_us / 1_000)} ms"
    return f"{number(value_us / 1_000_000)} s"


def percent(ratio: float) -> str:
    """Return a ratio in %; close to 100 % with as many digits as tell it from 100 %."""
    if not 0.99 < ratio < 1:
        return f"{number(ratio * 100)} %"
    missing = (1 - ratio) * 100
    places = min(9, 1 - math.floor(math.log10(missing)))
    text = f"{100 - missing:.{places}f}".rstrip("0").rstrip(".")
    return f"{text} %"


def change(ratio: float) -> str:
    """Return a signed change in %: +31.2 %, −4 %. Changes are estimates: one decimal is plenty."""
    rounded = round(ratio * 100, 1 if abs(ratio) < 0.9995 else 0)
    sign = "+" if rounded > 0 else MINUS if rounded < 0 else "±"
    text = f"{abs(rounded):,.1f}".removesuffix(".0")
    return f"{sign}{text} %"


def data_size(size_bytes: float) -> str:
    """Return bytes with the decimal unit that suits."""
    for factor, unit in ((1e9, "GB"), (1e6, "MB"), (1e3, "kB")):
        if abs(size_bytes) >= factor:
            return f"{number(size_bytes / factor)} {unit}"
    return f"{number(size_bytes)} B"


QUANTITIES: dict[str, Callable[[float], str]] = {
    "s": lambda value: latency_us(value * 1e6) if value else "0 s",
    "ms": lambda value: latency_us(value * 1e3),
    "us": latency_us,
    "ratio": percent,
    "per_s": lambda value: f"{number(value)} per s",
    "count": count,
    "": count,
    "bytes": data_size,
}


def quantity(value: float | None, unit: str) -> str:
    """Return a value in one of the units of verdicts: s, us, ratio, per_s, count, bytes; others are named as they are."""
    if value is None:
        return "not measured"
    form = QUANTITIES.get(unit)
    return f"{number(value)} {unit}" if form is None else form(value)


def metric_value(value: float | None, metric: str) -> str:
    """Return a compared value: a latency in us, a rate per s, a share, or the CPU of a request in s."""
    if value is None:
        return "none"
    return quantity(value, METRIC_UNIT.get(metric, "us"))


def interval(low_high: tuple[float, float] | None, unit: str, level: str) -> str:
    """Return "90 % interval 130 ms to 151 ms", empty where there is none."""
    if low_high is None:
        return ""
    return f"{level} interval {quantity(low_high[0], unit)} to {quantity(low_high[1], unit)}"


def change_interval(low_high: tuple[float, float] | None, level: float) -> str:
    """Return "95 % interval +22 % to +41 %", empty where there is none."""
    if low_high is None:
        return ""
    return f"{percent(level)} interval {change(low_high[0])} to {change(low_high[1])}"


def limit(value: float, unit: str, *, higher_is_better: bool) -> str:
    """Return "at most 200 ms" or "at least 99.9 %"."""
    return f"{'at least' if higher_is_better else 'at most'} {quantity(value, unit)}"


def length(seconds: float) -> str:
    """Return a length of time: 45 s, 24 min 10 s, 3 h 5 min, 2 days."""
    whole = round(seconds)
    if whole < 120:
        return f"{number(seconds)} s"
    parts = ((whole // 86400, "d"), (whole % 86400 // 3600, "h"), (whole % 3600 // 60, "min"), (whole % 60, "s"))
    told = [f"{amount} {unit}" for amount, unit in parts if amount]
    return " ".join(told[:2])


def deadline(seconds: float) -> str:
    """Return a deadline in the largest unit that divides it: 15 min, 8 h, 7 days."""
    for size, unit in ((86400, "day"), (3600, "h"), (60, "min")):
        if seconds >= size and seconds % size == 0:
            amount = int(seconds // size)
            return f"{amount} {unit}{'s' if unit == 'day' and amount > 1 else ''}"
    return length(seconds)


def moment(seconds: float) -> str:
    """Return a moment of a run as minutes and seconds from its start: 4:05, 1:02:03."""
    whole = max(0, int(seconds))
    hours, rest = divmod(whole, 3600)
    minutes = f"{rest // 60}:{rest % 60:02d}"
    return minutes if hours == 0 else f"{hours}:{rest // 60:02d}:{rest % 60:02d}"


def utc(started_at: str) -> str:
    """Return an ISO moment as "2026-11-23 06:00:00 UTC"; as it is where it cannot be read."""
    parsed = parsed_moment(started_at)
    return plain(started_at) if parsed is None else f"{parsed:%Y-%m-%d %H:%M:%S} UTC"


def parsed_moment(started_at: str) -> datetime | None:
    """Return an ISO moment in UTC, None where it is none; one without a zone is UTC."""
    try:
        parsed = datetime.fromisoformat(started_at)
    except ValueError:
        return None
    return parsed.replace(tzinfo=UTC) if parsed.tzinfo is None else parsed.astimezone(UTC)


def plain(text: str, most: int = MAX_NAME_CHARACTERS) -> str:
    """Return text of the target fit for one line: control characters replaced, cut at `most` with an ellipsis."""
    printable = "".join(character if character.isprintable() else "\ufffd" for character in text)
    return printable if len(printable) <= most else printable[: most - 1] + "…"


def operation(name: str | None) -> str:
    """Return the name of an operation, "all operations" for None."""
    return "all operations" if name is None else plain(name)


def metric(name: str) -> str:
    """Return the short name of a metric."""
    return METRIC_WORD.get(name, name.replace("_", " "))


def sentence(text: str) -> str:
    """Return text with a capital at its beginning and a full stop at its end."""
    text = text.strip()
    if not text:
        return text
    return capital(text) + ("" if text[-1] in ".!?:" else ".")


def capital(text: str) -> str:
    """Return text with a capital at its beginning, unless its first word is a name such as p95 or plus_50."""
    first = text.split(" ", 1)[0].rstrip(",.:;")
    return text[0].upper() + text[1:] if first.isalpha() else text
