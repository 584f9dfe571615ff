"""The rules that decide: the rulebooks with their versions, and a page for every row that is ever cited."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from flask import Blueprint, render_template
from flask.typing import ResponseReturnValue

from booking.core.rulebook import Citation, Rulebook
from booking.refusals import NotFound
from booking.rulebooks import shipped
from web.auth import PUBLIC, requires
from web.clock import today
from web.explained import said

bp = Blueprint("rules", __name__, url_prefix="/rules")


@dataclass(frozen=True, slots=True)
class Chapter:
    """The rows of one table of a rulebook, in the order in which they are tried."""

    table: str
    rows: tuple[Line, ...]


@dataclass(frozen=True, slots=True)
class Line:
    """One row as shown: its words in the language of the page, what follows from it, and where it comes from."""

    cited: Citation
    text: str
    leads_to: str
    effect: str

    @property
    def is_link(self) -> bool:
        return self.cited.source.startswith(("http://", "https://"))


def chapters(book: Rulebook) -> list[Chapter]:
    """Every table with rows, exclusions first, as they are evaluated."""
    decided = [
        Chapter(
            name,
            tuple(
                Line(
                    row.citation,
                    said(row.citation.text),
                    _class(book, name, row.effect.class_id),
                    row.effect.kind.value,
                )
                for row in rows
            ),
        )
        for name, rows in (
            ("exclusions", book.exclusions.rows),
            ("priority", book.priority.rows),
            ("price", book.price.rows),
        )
    ]
    rates = tuple(
        Line(one.row.citation, said(one.row.citation.text), _class(book, "price", one.row.effect.class_id), "")
        for one in book.rates
    )
    duties = tuple(Line(row.citation, said(row.citation.text), "", "") for row in book.obligations)
    extras = [*(one.citation for one in book.extra_charges), *([book.invoicing.citation] if book.invoicing else [])]
    others = tuple(Line(one, said(one.text), "", "") for one in extras)
    every = [*decided, Chapter("rates", rates), Chapter("obligations", duties), Chapter("invoicing", others)]
    return [chapter for chapter in every if chapter.rows]


def _class(book: Rulebook, table: str, class_id: str | None) -> str:
    classes = {"priority": book.priority.classes, "price": book.price.classes}.get(table, {})
    named = classes.get(class_id) if class_id else None
    if named is None:
        return ""
    return f"{named.id} – {said(named.name)}" if table == "priority" else said(named.name)


def book_of(rulebook: str) -> Rulebook:
    """The rulebook of this id, family and version. Raises NotFound."""
    found = next((book for book in shipped() if book.id == rulebook), None)
    if found is None:
        raise NotFound(what="rulebook")
    return found


def in_force_first(books: tuple[Rulebook, ...], on: date) -> list[Rulebook]:
    return sorted(books, key=lambda book: (not book.in_force(on), book.family, -book.valid_from.toordinal()))


@bp.get("")
@requires(PUBLIC)
def listed() -> ResponseReturnValue:
    return render_template("rules/list.html", books=in_force_first(shipped(), today()), today=today(), said=said)


@bp.get("/<rulebook>")
@requires(PUBLIC)
def show(rulebook: str) -> ResponseReturnValue:
    book = book_of(rulebook)
    return render_template("rules/book.html", book=book, chapters=chapters(book), today=today(), said=said)


@bp.get("/<rulebook>/<row>")
@requires(PUBLIC)
def row(rulebook: str, row: str) -> ResponseReturnValue:
    """One row: the words that bind, the decision and its source, and where in the order of its table it stands."""
    book = book_of(rulebook)
    for chapter in chapters(book):
        for place, line in enumerate(chapter.rows, 1):
            if line.cited.row == row:
                return render_template("rules/row.html", book=book, chapter=chapter, line=line, place=place, said=said)
    raise NotFound(what="rule")
