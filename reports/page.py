"""A page: the frame that every HTML report has in common. One file that fetches nothing."""

import re
from functools import lru_cache
from pathlib import Path
from typing import Any

from bokeh.resources import INLINE
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup, escape

from reports import palette
from reports.drawing import hatch_definitions

ROOM = Path(__file__).parent
CSS = ROOM / "assets" / "report.css"
SCRIPT = ROOM / "assets" / "report.js"

Row = dict[str, Any]


@lru_cache(maxsize=1)
def environment() -> Environment:
    """Return what the templates are read with."""
    made = Environment(
        loader=FileSystemLoader(ROOM / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters["coded"] = coded
    return made


def coded(text: str) -> Markup:
    """Return text escaped, what stands between backticks as code."""
    return Markup(re.sub(r"`([^`]+)`", r"<code>\1</code>", str(escape(text))))


@lru_cache(maxsize=1)
def _bokeh() -> str:
    """Return Bokeh's own script without its widgets, as text that may stand inside a <script>."""
    core = INLINE.clone(components=["bokeh"])
    return "\n".join(core.js_raw).replace("</script", "<\\/script")


def page(has_charts: bool) -> Row:
    """Return style, script and definitions of a page; `has_charts`: with what draws the interactive ones."""
    themes = (
        f":root{{color-scheme:light dark;{palette.variables(palette.LIGHT)}}}"
        f"@media screen and (prefers-color-scheme:dark){{:root{{{palette.variables(palette.DARK)}}}}}"
    )
    return {
        "css": Markup(themes + CSS.read_text(encoding="utf-8")),
        "script": Markup(SCRIPT.read_text(encoding="utf-8")),
        "bokeh": Markup(_bokeh()) if has_charts else None,
        "hatch": hatch_definitions(),
    }
