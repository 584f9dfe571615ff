"""The site itself: front page, help, accessibility statement, privacy, and whether it is well."""

from __future__ import annotations

from flask import Blueprint, current_app, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from web import health
from web.auth import PUBLIC, requires
from web.clock import now
from web.db import reading

bp = Blueprint("site", __name__)


@bp.get("/")
@requires(PUBLIC)
def home() -> ResponseReturnValue:
    """The calendar, once there is one."""
    calendar = "calendar.week" in current_app.view_functions
    return redirect(url_for("calendar.week" if calendar else "site.help_page"))


@bp.get("/help")
@requires(PUBLIC)
def help_page() -> ResponseReturnValue:
    return render_template("site/help.html")


@bp.get("/saavutettavuus")
@requires(PUBLIC)
def accessibility() -> ResponseReturnValue:
    return render_template("site/accessibility.html")


@bp.get("/privacy")
@requires(PUBLIC)
def privacy() -> ResponseReturnValue:
    return render_template("site/privacy.html")


@bp.get("/healthz")
@requires(PUBLIC)
def healthz() -> ResponseReturnValue:
    """The process answers. For the supervisor."""
    return {"status": "ok"}


@bp.get("/readyz")
@requires(PUBLIC)
def readyz() -> ResponseReturnValue:
    """Whether requests can be served: 200 or 503, with each check named. For the load balancer and the curious."""
    with reading() as session:
        checks = health.checks(session, now=now())
    ready = all(check.ok for check in checks if check.vital)
    return {
        "status": "ok" if ready else "failing",
        "checks": {one.name: one.shown for one in checks},
    }, 200 if ready else 503
