"""Colours by what they mean, light and dark; told apart by colour-blind readers and never alone: always with a word or a shape.

Text colours have a contrast of at least 4.5 : 1 on their background (WCAG 2.2, 1.4.3); strokes at least 3 : 1. The hues follow
M. Okabe and K. Ito, Color Universal Design (2008), darkened or lightened until they pass.
"""

from records.window import Outcome

LIGHT = {
    "paper": "#ffffff",
    "raised": "#f5f6f8",
    "ink": "#1b1f24",
    "muted": "#555c66",
    "rule": "#d5d9df",
    "grid": "#e6e8ec",
    "candidate": "#0b5cad",
    "baseline": "#737b86",
    "limit": "#1b1f24",
    "band": "#eef1f5",
    "warm": "#c3c9d1",
    "fault": "#f3d7a5",
    "pass": "#00684f",
    "fail": "#b0360b",
    "marginal": "#805300",
    "unknown": "#555c66",
    "invalid": "#74379a",
    "ok": "#0b5cad",
    "refused": "#737b86",
    "rate_limited": "#805300",
    "client_error": "#a33a72",
    "server_error": "#b0360b",
    "timeout": "#74379a",
    "connection_error": "#1b1f24",
    "aborted": "#00684f",
}
DARK = {
    "paper": "#15181c",
    "raised": "#1e2227",
    "ink": "#e9ebee",
    "muted": "#a7aeb8",
    "rule": "#3a4048",
    "grid": "#2b3037",
    "candidate": "#6fb4ff",
    "baseline": "#949ca8",
    "limit": "#e9ebee",
    "band": "#1f242a",
    "warm": "#4a515b",
    "fault": "#5c4515",
    "pass": "#4ecba6",
    "fail": "#ff8f63",
    "marginal": "#e3b34d",
    "unknown": "#a7aeb8",
    "invalid": "#cd9cf0",
    "ok": "#6fb4ff",
    "refused": "#949ca8",
    "rate_limited": "#e3b34d",
    "client_error": "#f08fc0",
    "server_error": "#ff8f63",
    "timeout": "#cd9cf0",
    "connection_error": "#e9ebee",
    "aborted": "#4ecba6",
}
DASH = {
    Outcome.RATE_LIMITED: "dotted",
    Outcome.CLIENT_ERROR: "dashed",
    Outcome.SERVER_ERROR: "solid",
    Outcome.TIMEOUT: "dotdash",
    Outcome.CONNECTION_ERROR: "dashdot",
    Outcome.ABORTED: "dotted",
    Outcome.OK: "solid",
    Outcome.REFUSED: "dashed",
}
MARKER = {
    Outcome.OK: "circle",
    Outcome.REFUSED: "square",
    Outcome.RATE_LIMITED: "diamond",
    Outcome.CLIENT_ERROR: "triangle",
    Outcome.SERVER_ERROR: "x",
    Outcome.TIMEOUT: "inverted_triangle",
    Outcome.CONNECTION_ERROR: "cross",
    Outcome.ABORTED: "asterisk",
}


def variables(colours: dict[str, str]) -> str:
    """Return the colours as CSS custom properties."""
    return "".join(f"--{name}:{value};" for name, value in colours.items())
