"""Rulebooks as they are written: whole documents read from TOML, checked, and written back as TOML.

A document here is what stands in the file: days are days, everything else is text, number, list or table. What a file
amends is put together row by row, and each row keeps the first day on which it was decided to hold.
"""

from __future__ import annotations

import hashlib
import tomllib
from collections.abc import Callable, Iterable, Mapping
from copy import deepcopy
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from pathlib import Path
from typing import Any

from marshmallow import ValidationError, fields

from booking.core.rulebook import Rulebook
from booking.core.toml_text import toml_text
from booking.rulebook_build import build
from booking.rulebook_builder import Builder
from booking.rulebook_merge import Document, amended, signed
from booking.rulebook_schemas import document_schema, told
from booking.rulebooks import NoRulebook, RulebookError, beside, rulebook_paths, toml, words

MARKS = ("family", "version", "written_from", "before")  # nothing is put "before" in a whole document
AMENDING = ("amends", "extends", "drop")
SCHEMA = document_schema()


@dataclass(frozen=True, slots=True)
class Checked:
    """A document compiled, or what is wrong with it as lines "row: field: message"."""

    book: Rulebook | None
    faults: tuple[str, ...] = ()


def check(document: Mapping[str, Any]) -> Checked:
    """A whole document, compiled. Nothing is raised: a draft may be faulty while it is written."""
    written = deepcopy(dict(document))
    try:
        read = signed(dict(SCHEMA.load(written)))
    except ValidationError as error:
        return Checked(None, tuple(told(SCHEMA, error.messages, written)))
    builder = Builder(read, words())
    book = build(builder)
    return Checked(book, tuple(builder.faults))


def parsed(text: str) -> Document:
    """The document of a TOML text. Raises RulebookError."""
    try:
        return tomllib.loads(text)
    except (ValueError, RecursionError) as error:
        raise RulebookError([f"not TOML: {error}"]) from None


def digest_of(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


@lru_cache(maxsize=64)
def compiled(text: str) -> Rulebook:
    """The rulebook of a whole text, compiled once in each process. Raises RulebookError."""
    found = check(parsed(text))
    if found.book is None:
        raise RulebookError(found.faults)
    return found.book


def whole(document: Document, base_of: Callable[[str], Document]) -> Document:
    """A document with what it amends or extends put in, itself whole; `base_of` finds that by family-version.

    Raises RulebookError when it does not say of itself what it must."""
    below = below_of(document)
    if below is None:
        return document
    if missing := [name for name in ("family", "version", "valid_from") if name not in document]:
        raise RulebookError(f"{name}: missing" for name in missing)
    base = whole(base_of(below), base_of)
    merged = amended(signed(padded(base)), signed(padded(document)))
    return {name: value for name, value in unsigned(merged).items() if value not in ({}, []) and name not in AMENDING}


def below_of(document: Document) -> str | None:
    """What a document is written on top of, by family-version."""
    if "amends" in document:
        return f"{document.get('family')}-{document['amends']}"
    return str(document["extends"]) if "extends" in document else None


def padded(document: Document) -> Document:
    """The document with the tables it does not have, empty."""
    empty: dict[str, Any] = {"drop": []}
    for name, field in SCHEMA.fields.items():
        if isinstance(field, fields.List | fields.Dict):
            empty[field.data_key or name] = [] if isinstance(field, fields.List) else {}
    return empty | deepcopy(document)


def unsigned(document: Document) -> Document:
    """Marks of origin turned into what a reader understands: the row's own first day, where it is older."""
    own = document.get("valid_from")
    return {name: _unsigned(value, own) for name, value in document.items()}


def _unsigned(value: Any, own: date | None) -> Any:
    if isinstance(value, list):
        return [_unsigned(each, own) for each in value]
    if not isinstance(value, Mapping) or "written_from" not in value:
        return value
    row = {name: each for name, each in value.items() if name not in MARKS}
    older = value["written_from"] != own and "first_on" not in row
    return row | ({"first_on": value["written_from"]} if older else {})


def dated(document: Document) -> Document:
    """The document with every row's first day written on it: what it is copied or compared as."""
    marked = unsigned(signed(padded(document)) | {"valid_from": None})
    return {name: value for name, value in marked.items() if value not in ({}, []) and name != "valid_from"} | {
        "valid_from": document.get("valid_from")
    }


@lru_cache(maxsize=1)
def shipped_documents() -> Mapping[str, Document]:
    """The whole documents that come with the program, by family-version."""
    return documents_of(rulebook_paths())


def documents_of(paths: Iterable[Path]) -> dict[str, Document]:
    """Whole documents of files, each with what it amends beside it."""
    return {path.stem: file_document(path) for path in paths}


def file_document(path: Path) -> Document:
    """The whole document of a file, with what it stands on from beside it or from the program. Raises RulebookError."""
    return whole(toml(path), lambda name: toml(beside(path, name, "amends or extends")))


def document_from(text: str, known: Mapping[str, Document]) -> Document:
    """The whole document of an uploaded text; what it amends must be known. Raises RulebookError, NoRulebook."""

    def base_of(name: str) -> Document:
        if name not in known:
            raise NoRulebook([f'amends: no rulebook "{name}"'])
        return known[name]

    return whole(parsed(text), base_of)


def text_of(document: Mapping[str, Any]) -> str:
    """The text of a document; reading it gives the document again."""
    return toml_text({name: value for name, value in document.items() if value is not None})
