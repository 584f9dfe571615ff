"""The pages of Vuoro as one Flask app, made from settings. Several may live in one process, as in the tests."""

from __future__ import annotations

import hashlib
import importlib
import pkgutil
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from flask import Flask, g, request, session
from flask_compress import Compress
from flask_wtf.csrf import CSRFProtect
from sqlalchemy.orm import Session, sessionmaker
from werkzeug.middleware.proxy_fix import ProxyFix

from access.keeping import keeper
from access.keys import Vault
from booking.db import make_engine, make_sessions
from booking.practice import practice
from booking.refusals import NotAllowed
from booking.settings import Settings
from web import (
    auth,
    errors,
    files_taken,
    headers,
    i18n,
    limits,
    logs,
    navigation,
    views,
    words,
    words_of_applying,
    words_of_grants,
    words_of_money,
    words_of_register,
    words_of_rounds,
    words_of_scenarios,
    words_of_season,
)
from web.api.start import start as start_api
from web.clock import wall_clock
from web.db import KEY

IDLE = timedelta(hours=12)
LARGEST_BYTES = 1_000_000
csrf = CSRFProtect()


def create_app(
    settings: Settings, sessions: sessionmaker[Session] | None = None, config: Mapping[str, Any] | None = None
) -> Flask:
    """The app. `sessions` are given by tests and by processes that have theirs already; `config` overrides Flask's.

    Raises UndeclaredRoute when a route does not say who may use it.
    """
    app = Flask("web", static_folder="static", template_folder="templates")
    app.config.from_mapping(_config(settings) | dict(config or {}))
    app.extensions[KEY] = sessions or _sessions(settings)
    _start_parts(app, settings)
    _register_views(app, settings)
    start_api(app, csrf)
    auth.declare(app, "static", auth.PUBLIC)
    auth.check_declarations(app)
    return app


def _config(settings: Settings) -> dict[str, Any]:
    https = settings.base_url.startswith("https:")
    return {
        "SECRET_KEY": settings.secret_key,
        "SIGN_IN_KEY": hashlib.sha256(f"sign-in {settings.secret_key}".encode()).digest(),
        "SETTINGS": settings,
        "CLOCK": wall_clock,
        "SESSION_COOKIE_NAME": "__Host-vuoro" if https else "vuoro",
        "SESSION_COOKIE_SECURE": https,
        "SESSION_COOKIE_HTTPONLY": True,
        "SESSION_COOKIE_SAMESITE": "Lax",
        "PERMANENT_SESSION_LIFETIME": IDLE,
        "MAX_CONTENT_LENGTH": LARGEST_BYTES,
        "WTF_CSRF_TIME_LIMIT": None,  # as long as the session: a form left open over coffee still works
        "COMPRESS_ALGORITHM": ["br", "gzip"],
        "COMPRESS_MIN_SIZE": 500,
    }


def _sessions(settings: Settings) -> sessionmaker[Session]:
    return make_sessions(make_engine(settings.database_url), keeper(Vault(settings.master_key)))


def _start_parts(app: Flask, settings: Settings) -> None:
    https = settings.base_url.startswith("https:")
    if https:  # TLS ends at one proxy before us, which names the caller
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=1, x_proto=1, x_host=1)  # type: ignore[method-assign]
    logs.start(app)
    headers.start(app, https=https)
    app.before_request(files_taken.let_larger_in)
    app.before_request(_stay_signed_in)
    app.before_request(auth.recognise)
    i18n.start(app)
    app.before_request(auth.guard)
    app.before_request(_same_site)
    csrf.init_app(app)
    limits.start(app)
    Compress(app)
    app.after_request(headers.close_file)  # the hook added last runs first: before compressing
    errors.start(app)
    words_of_money.start(app)
    _name_for_templates(app, settings)


def _stay_signed_in() -> None:
    session.permanent = True


def _same_site() -> None:
    """Browsers say where a request comes from; a form on somebody else's page changes nothing here."""
    if request.method not in limits.SAFE and request.headers.get("Sec-Fetch-Site") == "cross-site":
        raise NotAllowed


def _name_for_templates(app: Flask, settings: Settings) -> None:
    app.jinja_env.filters |= {"role_name": words.role_name, "kind_name": words.kind_name, "word": words.word}
    app.jinja_env.filters |= words_of_register.FILTERS | words_of_rounds.FILTERS | words_of_applying.FILTERS
    app.jinja_env.filters |= words_of_season.FILTERS
    app.jinja_env.filters |= words_of_scenarios.FILTERS
    app.jinja_env.filters |= words_of_grants.FILTERS
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    app.jinja_env.globals |= {
        "nav": lambda: navigation.shown(navigation.NAV),
        "footer": lambda: navigation.shown(navigation.FOOTER),
        "languages": i18n.switch,
        "language": i18n.language,
        "works_at": auth.works_at,
        "sees_duress": auth.sees_duress,
        "acts_for": auth.acts_for,
        "held": navigation.held_now,
        "my_organisations": lambda: auth.organisations() if g.get("grants") else [],
        "has_page": lambda endpoint: endpoint in app.view_functions,
        "word_choices": words.choices,
        "settings": settings,
        "practice": practice,
    }


def _register_views(app: Flask, settings: Settings) -> None:
    """Every module of web.views brings its blueprint as `bp`; one that says DEMO_ONLY is left out elsewhere."""
    for found in sorted(module.name for module in pkgutil.iter_modules(views.__path__)):
        module = importlib.import_module(f"{views.__name__}.{found}")
        if hasattr(module, "bp") and (settings.demo or not getattr(module, "DEMO_ONLY", False)):
            limits.limit_writes(module.bp)
            app.register_blueprint(module.bp)
