"""The page at the control address: three files that ship with the package, and nothing from elsewhere."""

from collections.abc import Mapping
from pathlib import Path

FOLDER = Path(__file__).parent / "page"
FILES = {
    "/": ("index.html", "text/html; charset=utf-8"),
    "/page.js": ("page.js", "text/javascript; charset=utf-8"),
    "/page.css": ("page.css", "text/css; charset=utf-8"),
}
HEADERS: Mapping[str, str] = {
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self';"
    " base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
}


def find(path: str) -> tuple[str, bytes] | None:
    """Content type and content; None when there is no such page."""
    found = FILES.get(path.partition("?")[0])
    return None if found is None else (found[1], (FOLDER / found[0]).read_bytes())
