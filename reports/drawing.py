"""Small static charts as inline SVG: bars against a limit, dots with whiskers, sparklines, a small line chart, request bars.

Colours are CSS classes, so that a drawing follows light and dark; every drawing has a <title>, its text alternative.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup, escape

LIMIT_AT = 0.68  # where a bar's limit stands, as a share of the width: room to show by how much it was missed


def svg(width: float, height: float, title: str, parts: Sequence[str], css: str = "") -> Markup:
    """Return an <svg> of user units `width` x `height`."""
    return Markup(
        '<svg class="{}" viewBox="0 0 {:g} {:g}" width="{:g}" height="{:g}" role="img"><title>{}</title>{}</svg>'
    ).format(css, width, height, width, height, title, Markup("".join(parts)))


def line(x1: float, y1: float, x2: float, y2: float, css: str) -> str:
    """Return a <line>."""
    return f'<line class="{css}" x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}"/>'


def rect(x: float, y: float, width: float, height: float, css: str) -> str:
    """Return a <rect>; a negative width is none."""
    return f'<rect class="{css}" x="{x:.1f}" y="{y:.1f}" width="{max(0.0, width):.1f}" height="{height:.1f}"/>'


def circle(x: float, y: float, radius: float, css: str) -> str:
    """Return a <circle>."""
    return f'<circle class="{css}" cx="{x:.1f}" cy="{y:.1f}" r="{radius:.1f}"/>'


def text(x: float, y: float, words: str, css: str = "", anchor: str = "start") -> str:
    """Return a <text>, its words escaped."""
    return f'<text class="{css}" x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}">{escape(words)}</text>'


def path(points: Sequence[tuple[float, float]], css: str) -> str:
    """Return a <path> through points; a NaN breaks the line."""
    steps, pen_down = [], False
    for x, y in points:
        if math.isnan(y):
            pen_down = False
            continue
        steps.append(f"{'L' if pen_down else 'M'}{x:.1f} {y:.1f}")
        pen_down = True
    return f'<path class="{css}" d="{"".join(steps)}"/>'


def limit_bar(used: float, low: float | None, high: float | None, aim: float | None, css: str, title: str) -> Markup:
    """Return a bar of the share of a limit that is used: 1 stands at the limit's line; whiskers from `low` to `high`.

    `aim` is the target as a share of the limit. What does not fit ends in an arrow.
    """
    width, height, unit = 150.0, 22.0, 150.0 * LIMIT_AT
    most = width - 6
    parts = [rect(0, 6, min(used * unit, most), 10, f"bar {css}")]
    if used * unit > most:
        parts.append(f'<path class="bar {css}" d="M{most:.1f} 3L{width:.1f} 11L{most:.1f} 19Z"/>')
    if low is not None and high is not None and low * unit < most:
        left, right = max(0.0, low * unit), min(high * unit, most)
        parts += [line(left, 11, right, 11, "whisker"), line(left, 8, left, 14, "whisker")]
        parts.append(line(right, 8, right, 14, "whisker"))
    if aim is not None and 0 < aim * unit < most:
        parts.append(line(aim * unit, 4, aim * unit, 18, "aim"))
    parts.append(line(unit, 1, unit, 21, "limit"))
    return svg(width, height, title, parts, "limit-bar")


@dataclass(frozen=True, slots=True)
class ChangeAxis:
    """A common axis of relative change from -reach to +reach."""

    reach: float
    width: float = 150.0

    def x(self, ratio: float) -> float:
        """Return the place of a change; what is beyond the axis stands at its end."""
        inside = min(max(ratio, -self.reach), self.reach)
        return 4 + (inside + self.reach) / (2 * self.reach) * (self.width - 8)

    def head(self, tolerated: float, label: str) -> Markup:
        """Return the axis itself: zero, the tolerated change, and the ends."""
        zero, edge = self.x(0), self.x(tolerated)
        away = "start" if tolerated > 0 else "end"
        parts = [
            line(4, 22, self.width - 4, 22, "axis"),
            line(zero, 18, zero, 26, "axis"),
            line(edge, 14, edge, 26, "tolerated"),
            text(zero, 12, "0", "tick", "end" if tolerated > 0 else "start"),
            text(edge, 12, label, "tick", "middle" if abs(edge - zero) > 24 else away),
        ]
        return svg(self.width, 28, f"axis of change, tolerated {label}", parts, "whiskers")

    def mark(
        self, ratio: float, low_high: tuple[float, float] | None, tolerated: float, css: str, title: str
    ) -> Markup:
        """Return a dot with whiskers, with zero and the tolerated change."""
        parts = [
            line(self.x(0), 0, self.x(0), 24, "axis"),
            line(self.x(tolerated), 0, self.x(tolerated), 24, "tolerated"),
        ]
        if low_high is not None:
            left, right = self.x(low_high[0]), self.x(low_high[1])
            parts.append(rect(left, 8.5, right - left, 7, f"span {css}"))
            parts += [line(left, 12, right, 12, f"whisker {css}"), line(left, 7, left, 17, f"whisker {css}")]
            parts.append(line(right, 7, right, 17, f"whisker {css}"))
        parts.append(circle(self.x(ratio), 12, 4.5, f"dot {css}"))
        return svg(self.width, 24, title, parts, "whiskers")


def sparkline(history: Sequence[float], now: float | None, title: str, css: str = "") -> Markup:
    """Return the last runs as a grey line and this one as a strong dot."""
    values = [*history, *([] if now is None else [now])]
    width, height = 84.0, 24.0
    low, high = min(values), max(values)
    middle, half = (low + high) / 2, max((high - low) / 2, 0.02 * abs(high), 1e-12)
    step = (width - 12) / max(1, len(values) - 1)

    def place(index: int, value: float) -> tuple[float, float]:
        return 6 + index * step, height / 2 - (value - middle) / half * (height / 2 - 5)

    points = [place(index, value) for index, value in enumerate(values)]
    parts = [path(points, "spark")]
    parts += [circle(x, y, 1.4, "spark-dot") for x, y in points[: len(history)]]
    if now is not None:
        parts.append(circle(*points[-1], 3.5, f"dot {css}"))
    return svg(width, height, title, parts, "sparkline")


BELOW = 13.0  # user units from a guide to the foot of a label under it


@dataclass(frozen=True, slots=True)
class Guide:
    """A horizontal line with its label: a limit, a baseline; over a part of the axis where `start` and `end` are given."""

    value: float
    label: str
    css: str
    start: float | None = None
    end: float | None = None


@dataclass(frozen=True, slots=True)
class Band:
    """A stretch of the horizontal axis with its name."""

    start: float
    end: float
    name: str
    css: str


@dataclass(frozen=True, slots=True)
class Scale:
    """The ends of the axes of a small line chart, and the words at their ticks."""

    end_x: float
    top_y: float
    ticks_x: Sequence[tuple[float, str]]
    ticks_y: Sequence[tuple[float, str]]


def line_chart(
    points: Sequence[tuple[float, float]], scale: Scale, guides: Sequence[Guide], bands: Sequence[Band], title: str
) -> Markup:
    """Return a small line chart with labelled guides and named bands; axes start at zero."""
    width, height, left, top, bottom = 440.0, 190.0, 60.0, 22.0, 26.0

    def x(value: float) -> float:
        return left + value / scale.end_x * (width - left - 8)

    def y(value: float) -> float:
        return height - bottom - min(value, scale.top_y) / scale.top_y * (height - bottom - top)

    parts = [rect(x(b.start), top, x(b.end) - x(b.start), height - bottom - top, b.css) for b in bands]
    parts += [line(left, y(value), width - 8, y(value), "gridline") for value, _ in scale.ticks_y]
    parts += [text(left - 6, y(value) + 4, words, "tick", "end") for value, words in scale.ticks_y]
    parts += [text(x(value), height - 8, words, "tick", "middle") for value, words in scale.ticks_x]
    room = 6.6  # user units a character, about, at the size of ticks
    for band in bands:
        if band.name and (x(band.end) - x(band.start)) > len(band.name) * room:
            parts.append(text(x(band.start) + 4, top - 7, band.name, "tick"))
    for guide in guides:
        begin, stop = (
            (left if guide.start is None else x(guide.start)),
            (width - 8 if guide.end is None else x(guide.end)),
        )
        parts.append(line(begin, y(guide.value), stop, y(guide.value), guide.css))
    parts.append(path([(x(a), math.nan if math.isnan(b) else y(b)) for a, b in points], "candidate-line"))
    if len(points) <= 120:
        parts += [circle(x(a), y(b), 1.8, "candidate-dot") for a, b in points if not math.isnan(b)]
    for guide in (guide for guide in guides if guide.label):
        right = _nearer_on_the_left(points, scale, guide)
        place = width - 14 if right else left + 6
        shift = BELOW if _is_over(points, scale, guide.value, right=right) else -4.0
        parts.append(text(place, y(guide.value) + shift, guide.label, "tick guide-label", "end" if right else "start"))
    return svg(width, height, title, parts, "line-chart")


def _is_over(points: Sequence[tuple[float, float]], scale: Scale, value: float, *, right: bool) -> bool:
    """Tell whether the line is mostly over a value in one half."""
    half = [b > value for a, b in points if (a / scale.end_x >= 0.5) is right and not math.isnan(b)]
    return sum(half) * 2 > len(half)


def _nearer_on_the_left(points: Sequence[tuple[float, float]], scale: Scale, guide: Guide) -> bool:
    """Tell whether the line comes nearer to a guide's label in the left half than in the right one."""

    def nearest(low: float, high: float) -> float:
        inside = [abs(b - guide.value) for a, b in points if low <= a / scale.end_x <= high and not math.isnan(b)]
        return min(inside, default=math.inf)

    return nearest(0.0, 0.5) < nearest(0.5, 1.0)


@dataclass(frozen=True, slots=True)
class Lane:
    """One request on a time line, in ms from its beginning."""

    label: str
    start_ms: float
    end_ms: float
    words: str


def request_bars(lanes: Sequence[Lane], title: str) -> Markup:
    """Return requests one under the other on a common time axis in ms."""
    width, left, lane_height = 440.0, 96.0, 30.0
    end = max((lane.end_ms for lane in lanes), default=1.0) or 1.0
    height = lane_height * len(lanes) + 28

    def x(value: float) -> float:
        return left + value / end * (width - left - 30)

    parts = []
    for index, lane in enumerate(lanes):
        y = index * lane_height + 4
        parts.append(text(0, y + 15, lane.label, "tick"))
        parts.append(rect(x(lane.start_ms), y + 2, max(2.0, x(lane.end_ms) - x(lane.start_ms)), 18, "bar fail"))
        parts.append(text(x(lane.start_ms) + 4, y + 15, lane.words, "on-bar"))
    base = lane_height * len(lanes) + 6
    parts.append(line(left, base, width - 30, base, "axis"))
    parts += [text(x(end * share), base + 15, f"{end * share:.0f} ms", "tick", "middle") for share in (0, 0.5, 1)]
    return svg(width, height, title, parts, "request-bars")


def share_bar(share: float, css: str, title: str) -> Markup:
    """Return a bar of a share between 0 and 1."""
    width = 240.0
    parts = [rect(0, 3, width, 14, "bar-room"), rect(0, 3, min(1.0, max(0.0, share)) * width, 14, f"bar {css}")]
    return svg(width, 20, title, parts, "share-bar")


def hatch_definitions() -> Markup:
    """Return the pattern that "cannot tell" is filled with, once a page."""
    return Markup(
        '<svg width="0" height="0" class="definitions" aria-hidden="true"><defs><pattern id="hatch" width="5" height="5" '
        'patternUnits="userSpaceOnUse" patternTransform="rotate(45)"><rect class="hatch-ground" width="5" height="5"/>'
        '<line class="hatch-line" x1="0" y1="0" x2="0" y2="5"/></pattern></defs></svg>'
    )


def nice_ticks(top: float, most: int = 4) -> list[float]:
    """Return 0 and round steps (1, 2, 2.5 or 5 times a power of ten) up to `top`."""
    if top <= 0:
        return [0.0]
    raw = top / most
    power = 10 ** math.floor(math.log10(raw))
    step = next(factor * power for factor in (1, 2, 2.5, 5, 10) if factor * power >= raw * 0.999)
    return [step * index for index in range(int(top / step + 1e-9) + 1)]
