"""The API put into an app: its blueprints, its OpenAPI document at /api/openapi.json, and who may read that."""

from __future__ import annotations

from flask import Flask
from flask_smorest import Api
from flask_wtf.csrf import CSRFProtect
from werkzeug.routing import BaseConverter

from web import auth, limits
from web.api import (
    applications,
    attendance,
    bookings,
    door_modes,
    doors,
    finding,
    grants,
    me,
    organisations,
    places,
    rounds,
    rulebooks,
)
from web.api.problems import ProblemOut
from web.api.shapes import REF

PARTS = (
    me.bp,
    places.bp,
    finding.bp,
    bookings.bp,
    organisations.bp,
    attendance.bp,
    grants.bp,
    rulebooks.bp,
    rounds.bp,
    applications.bp,
    door_modes.bp,
    doors.bp,
)
ABOUT = "What the pages do, as JSON. Instants are in UTC, money in whole cents, wall times local to the space."


class RefConverter(BaseConverter):
    """A part of an address that may be a ref; anything else is no address of ours."""

    regex = REF.strip("^$")


class VuoroApi(Api):  # type: ignore[misc]  # flask_smorest has no types
    """smorest's Api without its own error pages: web.errors answers, and keeps the Allow header of a 405."""

    ERROR_SCHEMA = ProblemOut

    def _register_error_handlers(self) -> None:
        """None."""


def start(app: Flask, csrf: CSRFProtect) -> None:
    """Register the API. POSTs carry the session's CSRF token, but for the rulebooks', which change nothing."""
    app.url_map.converters["ref"] = RefConverter
    app.config |= {
        "API_TITLE": "Vuoro",
        "API_VERSION": "v1",
        "OPENAPI_VERSION": "3.1.0",
        "OPENAPI_URL_PREFIX": "/api",
        "OPENAPI_JSON_PATH": "openapi.json",
    }
    api = VuoroApi(app, spec_kwargs={"info": {"description": ABOUT}, "components": {"securitySchemes": keys(app)}})
    api.register_converter(RefConverter, lambda _converter: {"type": "string", "pattern": REF})
    for part in PARTS:
        limits.limit_writes(part)
        api.register_blueprint(part)
    csrf.exempt(rulebooks.bp)
    auth.declare(app, "api-docs.openapi_json", auth.PUBLIC)


def keys(app: Flask) -> dict[str, dict[str, str]]:
    """How a caller shows who they are."""
    return {
        "session": {"type": "apiKey", "in": "cookie", "name": app.config["SESSION_COOKIE_NAME"]},
        "csrf": {"type": "apiKey", "in": "header", "name": "X-CSRFToken"},
    }
