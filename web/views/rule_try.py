"""Try it: any request typed in gets its explanation by a version, and beside it the same by another one."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from flask import Blueprint, g, render_template, request
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from booking.core.rulebook import Outcome, Rulebook, evaluate
from booking.judging import snapshot
from booking.refusals import NotFound
from booking.rulebook_answers import as_json
from booking.rulebook_merge import Document
from booking.rulebook_requests import RequestError, request_of
from booking.rulemaking.drafts import kept_versions
from booking.versions.known import document_of_text, documents
from booking.versions.models import OPEN
from booking.versions.written import check
from web.auth import PUBLIC, held, requires
from web.db import reading
from web.explained import Explanation, explained
from web.rule_request import REST, groups, request_from
from web.rule_versions import SEES_DRAFTS
from web.rule_words import Speech, said

bp = Blueprint("rule_try", __name__, url_prefix="/rules")


@dataclass(frozen=True, slots=True)
class Answer:
    """What one version says to the request, or what is wrong with the request or the draft."""

    name: str
    title: str
    told: Explanation | None
    plain: Mapping[str, Any]
    faults: tuple[str, ...]
    speech: Speech


@bp.get("/try")
@requires(PUBLIC)
def show() -> ResponseReturnValue:
    """The form filled with what the address tells, and the answers beside each other: the address is the request."""
    with reading() as db:
        known = there_are(db)
    chosen = request.args.get("book") or default_of(known)
    other = request.args.get("other", "")
    if chosen not in known or (other and other not in known):
        raise NotFound(what="rulebook")
    speech = Speech(known[chosen])
    asked = len(request.args.keys() - {"book", "other", "lang"}) > 0
    answers = [answer(name, known[name]) for name in filter(None, (chosen, other))] if asked else []
    return render_template(
        "rules/try.html",
        groups=groups(speech),
        versions=[(name, f"{said(document['name'])} ({label(name, document)})") for name, document in known.items()],
        chosen=chosen,
        other=other,
        typed=request.args,
        answers=answers,
        as_written=written(speech) if asked else "",
    )


def there_are(db: Session) -> dict[str, Document]:
    """Every version one may ask, newest first; drafts by their refs, for those who see them."""
    public = sorted(documents(db).items(), key=lambda pair: pair[1]["valid_from"], reverse=True)
    if g.get("person") is None or SEES_DRAFTS.isdisjoint(held()):
        return dict(public)
    drafts = {row.ref: document_of_text(row.text) for row in kept_versions(db) if row.state in OPEN}
    return drafts | dict(public)


def default_of(known: Mapping[str, Document]) -> str:
    return next(name for name, document in known.items() if name == f"{document['family']}-{document['version']}")


def label(name: str, document: Document) -> str:
    full = f"{document['family']}-{document['version']}"
    return full if name == full else f"{full}, …"


def answer(name: str, document: Document) -> Answer:
    """The request of this address, asked of one version."""
    speech, title = Speech(document), said(document["name"])
    checked = check(document)
    if checked.book is None:
        return Answer(name, title, None, {}, checked.faults, speech)
    try:
        outcome = outcome_of(checked.book, speech)
    except RequestError as error:
        return Answer(name, title, None, {}, error.lines, speech)
    return Answer(name, title, explained(snapshot(outcome)), as_json(outcome), (), speech)


def outcome_of(book: Rulebook, speech: Speech) -> Outcome:
    return evaluate(book, request_of(request_from(request.args, speech), book.words, book.own_facts))


def written(speech: Speech) -> str:
    """The request as `vuoro rulebook explain` and the API read it."""
    try:
        return json.dumps(request_from(request.args, speech), ensure_ascii=False, indent=2)
    except RequestError:
        return request.args.get(REST, "")
