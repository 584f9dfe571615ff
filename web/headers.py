"""What every answer carries: the strict content policy, caching rules, static addresses that follow the content."""

from __future__ import annotations

import hashlib
from functools import lru_cache
from pathlib import Path

from flask import Flask, Response, request

POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' data:",  # Designsystemet's icons are data: masks
        "connect-src 'self'",
        "font-src 'self'",
        "manifest-src 'self'",
        "form-action 'self'",
        "frame-ancestors 'none'",
        "base-uri 'none'",
    )
)
HEADERS = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
}
HSTS = "max-age=31536000"
FOREVER = "public, max-age=31536000, immutable"


@lru_cache(maxsize=256)
def digest(file: Path, _changed_ns: int) -> str:
    return hashlib.sha256(file.read_bytes()).hexdigest()[:12]


def close_file(response: Response) -> Response:
    """Compressing puts other bytes in the place of a file and forgets it open; it is closed with the answer."""
    close = getattr(response.response, "close", None)
    if close is not None:
        response.call_on_close(close)
    return response


def start(app: Flask, *, https: bool) -> None:
    folder = Path(str(app.static_folder))

    def version(filename: str) -> str:
        file = folder / filename
        return digest(file, file.stat().st_mtime_ns) if file.is_file() else ""

    @app.url_defaults
    def add_version(endpoint: str, values: dict[str, object]) -> None:
        if endpoint == "static" and "v" not in values:
            values["v"] = version(str(values["filename"]))

    @app.after_request
    def complete(response: Response) -> Response:
        for name, value in HEADERS.items():
            response.headers.setdefault(name, value)
        if https:
            response.headers["Strict-Transport-Security"] = HSTS
        if request.endpoint == "static":
            fresh = response.status_code == 200 and request.args.get("v") == version(request.view_args["filename"])  # type: ignore[index]
            response.headers["Cache-Control"] = FOREVER if fresh else "no-cache"
        else:
            response.headers.setdefault("Cache-Control", "private, no-store")
        return response
