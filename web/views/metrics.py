"""Figures for Prometheus: for who shows the token of the settings; without one only for this very machine."""

from __future__ import annotations

import hmac
from ipaddress import ip_address

from flask import Blueprint, Response, current_app, request

from access import metrics
from booking.refusals import NotAllowed
from web.auth import PUBLIC, requires
from web.clock import now
from web.db import sessions

bp = Blueprint("metrics", __name__)
KIND = "text/plain; version=0.0.4; charset=utf-8"


@bp.get("/metrics")
@requires(PUBLIC)
def show() -> Response:
    """Raises NotAllowed for who may not."""
    if not _may():
        raise NotAllowed
    return Response(metrics.shown(sessions(), now), content_type=KIND, headers={"Cache-Control": "no-store"})


def _may() -> bool:
    token = current_app.config["SETTINGS"].metrics_token
    if token:
        return hmac.compare_digest(request.headers.get("Authorization", "").encode(), f"Bearer {token}".encode())
    forwarded = any(name in request.headers for name in ("X-Forwarded-For", "Forwarded"))
    return not forwarded and ip_address(request.remote_addr or "0.0.0.0").is_loopback  # noqa: S104 - no address to bind
