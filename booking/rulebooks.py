"""Rulebooks on disk: dated TOML documents read, checked and compiled, and the version in force on a day."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping
from datetime import date
from functools import lru_cache
from pathlib import Path
from typing import Any

from marshmallow import Schema, ValidationError

from booking.core.rulebook import Rulebook
from booking.core.rules.conditions import nearest
from booking.core.rules.rows import Texts
from booking.rulebook_build import build
from booking.rulebook_builder import Builder
from booking.rulebook_merge import Document, amended, signed
from booking.rulebook_row_schemas import TextsSchema
from booking.rulebook_schemas import ROW_TABLES, document_schema, told

RULES = Path(__file__).parent / "rules"
WORDS = RULES / "words.toml"
OTHER_FILES = ("words.toml",)


class RulebookError(ValueError):
    """One or more rulebook files are wrong; `lines` name file, row and field of each fault."""

    def __init__(self, lines: Iterable[str]) -> None:
        self.lines = tuple(lines)
        super().__init__("\n".join(self.lines))


class NoRulebook(RulebookError):
    """No rulebook of that name, or none in force on that day."""


def load(path: Path) -> Rulebook:
    """The rulebook in a file, with what it amends read from the same folder. Raises RulebookError."""
    document = document_of(path)
    builder = Builder(document, words())
    book = build(builder)
    if book is None:
        raise RulebookError(f"{path.name}: {fault}" for fault in builder.faults)
    return book


def document_of(path: Path, above: tuple[str, ...] = ()) -> Document:
    """A file as read and checked in shape, merged onto the version it amends or the rulebook it extends."""
    if path.name in above:
        raise RulebookError([f"{path.name}: amends or extends itself through {', '.join(above)}"])
    document = signed(shaped(path, document_schema()))
    below = below_of(path, document)
    if below is None:
        return document
    base = document_of(below, (*above, path.name))
    known = {row["id"] for table in ROW_TABLES for row in base[table]}
    lost = [row for row in document["drop"] if row not in known]
    if lost:
        raise RulebookError(f'{path.name}: drop: no row "{row}" to drop{nearest(row, known)}' for row in lost)
    return amended(base, document)


def below_of(path: Path, document: Document) -> Path | None:
    """The file this one is written on top of: a version of its own family, or another rulebook. Own folder first."""
    if "amends" in document and "extends" in document:
        raise RulebookError([f"{path.name}: extends: a rulebook either amends its own family or extends another one"])
    if "amends" in document:
        return beside(path, f"{document['family']}-{document['amends']}", "amends")
    return beside(path, document["extends"], "extends") if "extends" in document else None


def beside(path: Path, book: str, field: str) -> Path:
    """A rulebook in the same folder, else one that came with the program. Raises RulebookError."""
    if "/" in book or "\\" in book:
        raise RulebookError([f'{path.name}: {field}: is the name of a rulebook, such as "espoo-2019-08", not a path'])
    found = [place for place in (path.with_name(f"{book}.toml"), RULES / f"{book}.toml") if place.is_file()]
    if not found:
        known = {each.stem for folder in (path.parent, RULES) for each in rulebook_paths(folder)} - {path.stem}
        raise RulebookError([f'{path.name}: {field}: no rulebook "{book}"{nearest(book, known)}'])
    return found[0]


def shaped(path: Path, schema: Schema) -> Document:
    """A TOML file loaded through a schema. Raises RulebookError naming file, row and field."""
    written = toml(path)
    try:
        return dict(schema.load(written))
    except ValidationError as error:
        lines = told(schema, error.messages, written)
        raise RulebookError(f"{path.name}: {line}" for line in lines) from None


def toml(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise RulebookError([f"{path.name}: no such file"]) from None
    except (OSError, UnicodeDecodeError) as error:
        raise RulebookError([f"{path.name}: cannot be read: {error}"]) from None
    except (ValueError, RecursionError) as error:  # also numbers of thousands of digits and lists without end
        raise RulebookError([f"{path.name}: not TOML: {error}"]) from None


@lru_cache(maxsize=1)
def words() -> Mapping[str, Mapping[str, Texts]]:
    """The words facts may take, by list (space_kind, activity_purpose …), each with its names in fi, sv and en."""
    listed = toml(WORDS)
    return {
        name: {word: dict(TextsSchema().load(texts)) for word, texts in each.items()} for name, each in listed.items()
    }


def rulebook_paths(folder: Path = RULES) -> list[Path]:
    """Every rulebook file of a folder: all TOML but the lists of words and facts and the terms."""
    return sorted(path for path in folder.glob("*.toml") if path.name not in OTHER_FILES and not path.match("terms-*"))


def load_all(folder: Path = RULES) -> tuple[Rulebook, ...]:
    """Every rulebook of a folder, oldest first in each family. Raises RulebookError with the faults of all files."""
    books: list[Rulebook] = []
    faults: list[str] = []
    for path in rulebook_paths(folder):
        try:
            book = load(path)
        except RulebookError as error:
            faults += error.lines
        else:
            books.append(book)
            faults += misnamed(path, book)
    if faults:
        raise RulebookError(dict.fromkeys(faults))
    return tuple(sorted(books, key=lambda book: (book.family, book.valid_from)))


def misnamed(path: Path, book: Rulebook) -> list[str]:
    return [] if path.stem == book.id else [f'{path.name}: a file is named by family and version: "{book.id}.toml"']


@lru_cache(maxsize=1)
def shipped() -> tuple[Rulebook, ...]:
    """The rulebooks that come with the program, loaded once."""
    return load_all()


def in_force(books: Iterable[Rulebook], family: str, on: date) -> Rulebook:
    """The version of a family for a day of use: the latest to have begun, if it has not ended. Raises NoRulebook."""
    versions = [book for book in books if book.family == family]
    begun = [book for book in versions if book.valid_from <= on]
    latest = max(begun, key=lambda book: book.valid_from, default=None)
    if not versions:
        raise NoRulebook([f'no rulebook "{family}"{nearest(family, {book.family for book in books})}'])
    if latest is None or not latest.in_force(on):
        known = ", ".join(f"{book.id} from {book.valid_from}" for book in versions)
        raise NoRulebook([f'no rulebook "{family}" in force on {on}; there are {known}'])
    return latest
