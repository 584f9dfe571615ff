"""Languages: which one a page is in, and how days, times and money are written in it."""

from __future__ import annotations

from contextlib import AbstractContextManager
from datetime import date, datetime, timedelta
from decimal import Decimal
from urllib.parse import quote, urlencode
from zoneinfo import ZoneInfo

from babel.dates import format_date, format_skeleton
from babel.numbers import format_currency, format_decimal
from flask import Flask, current_app, g, request, session, url_for
from flask_babel import Babel, force_locale, get_locale
from flask_babel import gettext as _

from booking.core.span import is_ambiguous
from web import catalogue
from web.clock import HELSINKI

LANGUAGES = {"fi": "Suomi", "sv": "Svenska", "en": "English"}
FORMATS = {"fi": "fi", "sv": "sv_FI", "en": "en_GB"}


def start(app: Flask) -> None:
    catalogue.compile_stale()
    folder = str(catalogue.FOLDER)
    Babel(
        app,
        default_locale="fi",
        default_timezone="Europe/Helsinki",
        default_translation_directories=folder,
        locale_selector=choose,
    )
    app.before_request(remember)
    app.jinja_env.filters |= {"day": day, "clock": clock, "moment": moment, "span": span}
    app.jinja_env.filters |= {"euros": euros, "decimal": decimal}


def remember() -> None:
    """A language named in the address stays chosen."""
    if request.args.get("lang") in LANGUAGES:
        session["language"] = request.args["lang"]


def choose() -> str:
    """?lang=, then the session's, the person's own, a Swedish-speaking browser's, and else Finnish."""
    person = g.get("person")
    for wish in (request.args.get("lang"), session.get("language"), person and person.language):
        if wish in LANGUAGES:
            return str(wish)
    # A browser in English tells little in Finland; one that asks for Swedish before Finnish means it.
    return request.accept_languages.best_match(["fi", "sv"]) or "fi"


def language() -> str:
    """The language of this page: fi, sv or en."""
    return str(get_locale() or "fi")


def switch() -> list[tuple[str, str, str]]:
    """(language, its own name, address of this very page in it)."""
    kept = [(name, value) for name, value in request.args.items(multi=True) if name != "lang"]
    path = "/" + quote(request.path).lstrip("/") if _can_be_looked_at() else url_for("site.home")
    return [(code, name, f"{path}?{urlencode([*kept, ('lang', code)])}") for code, name in LANGUAGES.items()]


def _can_be_looked_at() -> bool:
    """Whether this address answers GET: a form that came back with errors stands at the address it was sent to."""
    if request.method in {"GET", "HEAD"}:
        return True
    adapter = current_app.create_url_adapter(request)
    return adapter is not None and adapter.test(method="GET")


def locale() -> str:
    """Whose habits days, times and money follow: those of Finland, and British ones in English."""
    return FORMATS[language()]


def day(value: date, form: str = "long") -> str:
    """A day in words: long "tiistai 24. marraskuuta 2026", short "ti 24.11.", plain "24.11.2026", weekday "tiistai"."""
    if form == "short":
        return format_skeleton("MEd", value, locale=locale())
    if form == "weekday":
        return format_date(value, "cccc", locale=locale())
    if form == "plain":
        return format_date(value, "d.M.y" if language() != "en" else "d MMM y", locale=locale())
    return format_date(value, "full", locale=locale())


def clock(value: datetime, zone: ZoneInfo = HELSINKI) -> str:
    """Time of day as the language writes it: 17.30 or 17:30. An hour that exists twice shows its offset."""
    text = format_skeleton("Hm", value.astimezone(zone), locale=locale())
    return f"{text} (UTC{value.astimezone(zone):%z})"[:-3] + ")" if is_ambiguous(value, zone) else text


def span(starts_at: datetime, ends_at: datetime, zone: ZoneInfo = HELSINKI) -> str:
    """17.00–18.30, in Finnish 17–18.30; an end on a later day is named, midnight is 24."""
    start, end = starts_at.astimezone(zone), ends_at.astimezone(zone)
    if end.date() == start.date():
        return f"{_hours(starts_at, zone)}–{_hours(ends_at, zone)}"
    if end.date() == start.date() + timedelta(days=1) and (end.hour, end.minute) == (0, 0):
        midnight = _hours(ends_at, zone).replace("00", "24", 1) if language() != "fi" else "24"
        return f"{_hours(starts_at, zone)}–{midnight}"
    return f"{_hours(starts_at, zone)} – {day(end.date(), 'short')} {_hours(ends_at, zone)}"


def _hours(value: datetime, zone: ZoneInfo) -> str:
    text = clock(value, zone)
    return text.removesuffix(".00") if language() == "fi" else text


def moment(value: datetime, zone: ZoneInfo = HELSINKI) -> str:
    """Day and time of day: 24.11.2026 17.30."""
    return f"{day(value.astimezone(zone).date(), 'plain')} {clock(value, zone)}"


def euros(cents: int | None) -> str:
    """An amount in euros; None is "not known", never 0."""
    if cents is None:
        return str(_("not known"))
    return format_currency(Decimal(cents) / 100, "EUR", locale=locale())


def decimal(value: Decimal | float) -> str:
    """A number with the separators of the language, at most two decimals."""
    return format_decimal(value, format="#,##0.##", locale=locale())


def speaking(other: str) -> AbstractContextManager[None]:
    """A block whose texts, days and times are in another language: for letters to somebody else."""
    chosen: AbstractContextManager[None] = force_locale(other)
    return chosen
