"""How often somebody may try: counted in memory, which holds for the one web process of a town."""

from __future__ import annotations

from flask import Blueprint, Flask, request, session
from flask_limiter import Limiter
from flask_limiter.util import get_remote_address

WRITES = "300 per minute"
SAFE = {"GET", "HEAD", "OPTIONS"}


def caller() -> str:
    """Whom the limits count: the signed-in browser, else the network address."""
    return f"visit {session['visit']}" if "visit" in session else get_remote_address()


limiter = Limiter(caller, storage_uri="memory://")


def reads_only() -> bool:
    return request.method in SAFE


def limit_writes(blueprint: Blueprint) -> None:
    """What changes something is limited everywhere."""
    limiter.limit(WRITES, exempt_when=reads_only)(blueprint)


def start(app: Flask) -> None:
    limiter.init_app(app)
