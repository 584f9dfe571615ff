"""QR codes as SVG that stands in a page: no style attributes, so the strict content policy lets them be."""

from __future__ import annotations

import segno
from markupsafe import Markup


def qr_svg(text: str) -> Markup:
    """Black on white whatever the scheme, with its quiet zone; the size is the page's to give."""
    made = segno.make(text, error="m", micro=False)
    return Markup(made.svg_inline(omitsize=True, dark="#000", light="#fff", border=4))  # noqa: S704 - paths of segno's
