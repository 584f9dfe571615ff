"""The town of Hill: the whole rulebook of docs/rulebook.md, with rows put on top as its short examples write them."""

import re
import tomllib
from copy import deepcopy
from functools import lru_cache
from pathlib import Path
from typing import Any

from booking.core.rulebook import Outcome, Rulebook, evaluate
from booking.rulebook_build import build
from booking.rulebook_builder import Builder
from booking.rulebook_merge import amended, signed
from booking.rulebook_requests import request_of
from booking.rulebook_schemas import ROW_TABLES, SECTIONS, document_schema
from booking.rulebooks import words

PAGE = Path(__file__).parents[2] / "docs" / "rulebook.md"
CITED = {"decision": "§ 31", "source": "board", "text": {"fi": "Sääntö.", "sv": "Regel."}}
SCHEMA = document_schema()


def fenced(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)


@lru_cache(maxsize=1)
def hill_text() -> str:
    return next(text for text in fenced("toml") if 'family = "hill"\n' in text)


def completed(written: dict[str, Any]) -> dict[str, Any]:
    """Rows with what every row has and short examples leave out."""
    for table in ROW_TABLES:
        for place, row in enumerate(written.get(table, ()), start=1):
            row.setdefault("id", f"{table.replace('_', '-')}-{place}")
            written[table][place - 1] = deepcopy(CITED) | row
    for table in SECTIONS:
        if table in written:
            written[table] = deepcopy(CITED) | {"id": table} | written[table]
    return written


def hill(rows: str = "") -> Rulebook:
    """Hill's rulebook with these rows before its own. Raises AssertionError with what is wrong in them."""
    head = {"family": "hill", "version": "2026-02", "amends": "2026-01", "name": {"fi": "Mäki", "sv": "Backen"}}
    base = signed(dict(SCHEMA.load(tomllib.loads(hill_text()))))
    written = completed(tomllib.loads(rows))
    for table in ("exclusions", "priority", "price", "rates"):
        for row in written.get(table, ()):
            row.setdefault("before", base[table][0]["id"])
    change = SCHEMA.load(head | {"valid_from": base["valid_from"]} | written)
    builder = Builder(amended(base, signed(dict(change))), words())
    book = build(builder)
    assert book is not None, builder.faults
    return book


def town(rows: str) -> Rulebook:
    """A rulebook of its own from a head and short rows. Raises AssertionError with what is wrong in them."""
    builder = Builder(signed(dict(SCHEMA.load(completed(tomllib.loads(rows))))), words())
    book = build(builder)
    assert book is not None, builder.faults
    return book


def ask(book: Rulebook, **groups: dict[str, Any]) -> Outcome:
    """The answer to a request told in groups of facts."""
    return evaluate(book, request_of(groups, book.words, book.own_facts))
