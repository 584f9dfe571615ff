"""Everything that goes wrong in the API, in one shape: {code, message, facts}, with codes that stay."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from datetime import date
from typing import Any, NoReturn, TypeVar

from flask import Request
from flask.typing import ResponseReturnValue
from flask_smorest import Blueprint
from marshmallow import Schema, ValidationError, fields
from webargs.core import missing
from webargs.flaskparser import FlaskParser
from werkzeug.exceptions import BadRequest

from booking.core.rulebook import Outcome
from booking.judging import snapshot
from booking.refusals import BadInput, Refusal
from web.errors import sentence

View = TypeVar("View", bound=Callable[..., Any])
REASONS = {
    400: "Not JSON, or without the CSRF token",
    401: "Nobody is signed in",
    403: "This person may not",
    404: "No such thing, or not to be seen by this person",
    409: "The domain says no; nothing was changed",
    422: "The wish cannot be understood; nothing was changed",
    429: "Too many writes in a minute",
}
LOOKING = (404, 422)
SEEING = (401, *LOOKING)
CHANGING = (400, 401, 403, 404, 409, 422, 429)


class ProblemOut(Schema):
    """What went wrong. `code` stays the same in all languages, `message` is a sentence in the reader's."""

    code = fields.String(required=True)
    message = fields.String(required=True)
    facts = fields.Dict(required=True)


class Parser(FlaskParser):
    """Reads arguments; what cannot be read is told in the one shape of problems."""

    def load_json(self, req: Request, schema: Schema) -> Any:  # noqa: ARG002 - webargs' signature
        body = req.get_data(cache=True)
        if not body or not req.is_json:
            return missing
        try:
            return json.loads(body)
        except (ValueError, RecursionError) as error:  # not JSON, not UTF-8, a number of 5000 digits, nested too deep
            raise BadRequest from error

    def handle_error(self, error: ValidationError, req: Request, schema: Schema, **_: Any) -> NoReturn:  # noqa: ARG002
        """Raises BadInput naming every field."""
        told = dict(flat(next(iter(error.messages_dict.values()))))
        raise BadInput(field=next(iter(told)), problem="shape", errors=told)


def flat(messages: Any, path: str = "") -> list[tuple[str, list[str]]]:
    """Nested messages as (dotted path, sentences)."""
    if not isinstance(messages, Mapping):
        return [(path or "body", [str(one) for one in messages])]
    return [pair for key, inner in messages.items() for pair in flat(inner, f"{path}.{key}" if path else str(key))]


def refused(refusal: Refusal) -> ResponseReturnValue:
    """A refusal as JSON; its facts keep their shape."""
    facts = {name: plainly(value) for name, value in refusal.facts.items()}
    return {"code": refusal.code, "message": sentence(refusal), "facts": facts}, refusal.status


def plainly(value: object) -> Any:
    """A fact as JSON holds it; a rulebook's outcome as it would be kept with a booking."""
    if isinstance(value, Outcome):
        return snapshot(value)
    if isinstance(value, Mapping):
        return {str(key): plainly(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [plainly(inner) for inner in value]
    if isinstance(value, date):
        return value.isoformat()
    return value if isinstance(value, str | int | None) else str(value)


def blueprint(name: str, about: str) -> Blueprint:
    """A blueprint of the API."""
    made = Blueprint(f"api_{name}", __name__, url_prefix="/api/v1", description=about)
    made.ARGUMENTS_PARSER = Parser()
    made.register_error_handler(Refusal, refused)
    return made


def problems(bp: Blueprint, statuses: tuple[int, ...]) -> Callable[[View], View]:
    """Document which problems a view may answer with, and what it wants to see of the caller."""
    wanted: dict[str, list[str]] = {"session": [], "csrf": []} if 403 in statuses else {"session": []}

    def document(view: View) -> View:
        if 401 in statuses:
            view = bp.doc(security=[wanted])(view)
        for status in statuses:
            view = bp.alt_response(status, schema=ProblemOut, description=REASONS[status])(view)
        return view

    return document
