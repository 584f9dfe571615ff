"""The rulebooks the program judges by: the shipped ones and every approved version of the database.

What is approved is asked anew in each transaction, by the digests of the texts: no process can judge by an old set, and
a text is compiled once in each process, however often it is asked for.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from functools import lru_cache

from sqlalchemy import select
from sqlalchemy.orm import Session, object_session

from booking.core.rulebook import Rulebook
from booking.rulebook_merge import Document
from booking.rulebooks import in_force, shipped
from booking.versions.models import RulebookVersion, VersionState
from booking.versions.written import compiled, parsed, shipped_documents

_COMPILED: dict[str, Rulebook] = {}
_KEY = "vuoro_rulebooks"


def books(session: Session) -> tuple[Rulebook, ...]:
    """Every version there is to judge by, as of this transaction."""
    kept = session.info.get(_KEY)
    transaction = session.get_transaction()
    if kept is None or kept[0] is not transaction or transaction is None:
        kept = (transaction, (*shipped(), *approved(session)))
        session.info[_KEY] = kept
    found: tuple[Rulebook, ...] = kept[1]
    return found


def forget(session: Session) -> None:
    """After an approval or withdrawal in this transaction."""
    session.info.pop(_KEY, None)


def approved(session: Session) -> tuple[Rulebook, ...]:
    """The approved versions, compiled. Raises RulebookError for one that this program no longer understands."""
    query = select(RulebookVersion.digest).where(RulebookVersion.state == VersionState.APPROVED.value)
    digests = list(session.scalars(query.order_by(RulebookVersion.id)))
    if missing := set(digests) - _COMPILED.keys():
        for digest, text in session.execute(
            select(RulebookVersion.digest, RulebookVersion.text).where(RulebookVersion.digest.in_(missing))
        ):
            _COMPILED[digest] = compiled(text)
    return tuple(_COMPILED[digest] for digest in digests)


def book_on(session: Session, family: str, on: date) -> Rulebook:
    """The version of a family in force on a day of use. Raises NoRulebook."""
    return in_force(books(session), family, on)


def documents(session: Session) -> Mapping[str, Document]:
    """The whole document of every version there is to judge by, by family-version. They are looked at, not changed."""
    query = select(RulebookVersion).where(RulebookVersion.state == VersionState.APPROVED.value)
    return dict(shipped_documents()) | {row.name: document_of_text(row.text) for row in session.scalars(query)}


@lru_cache(maxsize=64)
def document_of_text(text: str) -> Document:
    return parsed(text)


def books_near(row: object) -> tuple[Rulebook, ...]:
    """The books known to the session that holds this row; the shipped ones for a row of no session."""
    session = object_session(row)
    return shipped() if session is None else books(session)


def families(session: Session) -> list[str]:
    return sorted({book.family for book in books(session)})
