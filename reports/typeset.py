"""Typesetting: a template, its data and its pictures become one PDF; the same input gives the same bytes.

Typst does it: one wheel that needs no package of the system, with Matplotlib's own DejaVu fonts, so that a page looks the same everywhere.
What comes from a target is handed over as data, and so is never taken for markup.
"""

import io
import json
import tempfile
from collections.abc import Mapping
from pathlib import Path

import matplotlib
import typst
from matplotlib.figure import Figure

from reports.page import ROOM, Row
from reports.palette import LIGHT

DATA = "data.json"
FONTS = Path(matplotlib.get_data_path()) / "fonts" / "ttf"
SETTINGS = {"Date": None}  # the day on which a picture was drawn would change its bytes


def typeset(template: str, data: Row, pictures: Mapping[str, Figure]) -> bytes:
    """Return a PDF of `templates/<template>.typ`; it reads `data`, and each picture by its name under `pictures`.

    The pictures are drawn here and their figures may be thrown away afterwards.
    """
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        for path in (ROOM / "templates").glob("*.typ"):
            (root / path.name).write_bytes(path.read_bytes())
        for name, figure in pictures.items():
            (root / f"{name}.svg").write_bytes(svg_of(figure))
        whole = {**data, "palette": LIGHT, "pictures": [f"{name}.svg" for name in pictures]}
        (root / DATA).write_text(json.dumps(whole), encoding="utf-8")
        made = typst.compile(
            root / f"{template}.typ", root=root, format="pdf", font_paths=[FONTS], ignore_system_fonts=True
        )
    assert isinstance(made, bytes)
    return made


def svg_of(figure: Figure) -> bytes:
    """Return a figure as SVG, its text as shapes."""
    content = io.BytesIO()
    with matplotlib.rc_context({"svg.fonttype": "path", "svg.hashsalt": "rushhour"}):
        figure.savefig(content, format="svg", metadata=SETTINGS)
    return content.getvalue()
