"""What a written rulebook says, in the words of the page's language: its tables, fields and the words in them."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any

from flask_babel import gettext as _

from booking.core.rules.fact_types import Fact, FactType
from booking.core.rules.facts import FACTS
from booking.core.toml_text import inline
from booking.rulebooks import words
from web import i18n

Texts = Mapping[str, str]
# where the word of a field comes from: a list of words
FIELD_WORDS = {
    "premises_kind": "premises_kind",
    "instead": "premises_kind",
    "space_kind": "space_kind",
    "booking_type": "booking_type",
    "ask": "role",
    "decider": "role",
    "commitment": "commitment",
    "chosen": "extra",
    "package": "package",
}
EUROS = frozenset(
    {"amount", "amounts", "at_least", "at_most", "plus", "extra_hour", "round_to", "compensation", "lost_key"}
)
CLASSED = frozenset({"class", "classes", "price_class"})


@lru_cache(maxsize=1)
def _listed() -> Mapping[str, Mapping[str, Texts]]:
    return tomllib.loads((Path(__file__).parent / "rule_words.toml").read_text(encoding="utf-8"))


@lru_cache(maxsize=1)
def fact_names() -> Mapping[str, Texts]:
    """The name of each fact in fi, sv and en, by its dotted name."""
    groups = tomllib.loads((Path(__file__).parent / "rule_facts.toml").read_text(encoding="utf-8"))
    return {f"{group}.{name}": texts for group, names in groups.items() for name, texts in names.items()}


def said(texts: Texts | None, otherwise: str = "") -> str:
    """The text in the language of the page, else in Finnish."""
    found = texts or {}
    return found.get(i18n.language()) or found.get("fi") or otherwise


def table_name(table: str) -> str:
    return said(_listed()["tables"].get(table), table)


def field_name(name: str) -> str:
    return said(_listed()["fields"].get(name), name)


def value_name(name: str, value: str) -> str:
    """A word of a field that can take only some."""
    known = _listed()["values"]
    return said(known.get(f"{name}:{value}") or known.get(value), value)


def plain_fact_name(name: str) -> str:
    """A fact every rulebook may ask about."""
    return said(fact_names().get(name), name)


@dataclass(frozen=True)
class Speech:
    """Speaks of one document: its own words, facts, classes and named conditions beside those everybody has."""

    document: Mapping[str, Any]
    above: tuple[str, ...] = field(default=())

    @cached_property
    def words(self) -> Mapping[str, Mapping[str, Texts]]:
        own, roles = self._table("words"), {"role": self._table("roles")}
        lists = {*words(), *own, *roles}
        return {name: {**words().get(name, {}), **own.get(name, {}), **roles.get(name, {})} for name in lists}

    @cached_property
    def facts(self) -> Mapping[str, Fact]:
        """Every fact a condition here may name; of the document's own only those that are written right."""
        own = {name: own_fact(written) for name, written in self._table("facts").items()}
        return {**FACTS, **{name: fact for name, fact in own.items() if fact is not None}}

    def _table(self, name: str) -> dict[str, Any]:
        found = self.document.get(name, {})
        return dict(found) if isinstance(found, Mapping) else {}

    def fact(self, name: str) -> str:
        own = self._table("facts").get(name)
        return said(own.get("name"), name) if isinstance(own, Mapping) else plain_fact_name(name)

    def word(self, listed: str, word: str) -> str:
        return said(self.words.get(listed, {}).get(word), word)

    def words_of(self, listed: str) -> list[tuple[str, str]]:
        """The words of a list with their names, for a choice."""
        return [(word, said(texts, word)) for word, texts in self.words.get(listed, {}).items()]

    def class_name(self, class_id: str) -> str:
        for table in ("priority_classes", "price_classes"):
            for row in self.document.get(table, []):
                if row.get("id") == class_id:
                    return said(row.get("name"), class_id)
        return class_id

    def fact_value(self, name: str, value: Any) -> str:
        """A value a fact is compared with."""
        known = self.facts.get(name)
        if name == "time.weekday" and isinstance(value, int) and 0 <= value <= 6:
            return i18n.day(date(2026, 11, 23 + value), "weekday")
        if name in ("time.start_minute", "time.end_minute") and isinstance(value, int):
            return f"{value // 60}.{value % 60:02}"
        if known is not None and known.words and isinstance(value, str):
            return self.word(known.words, value)
        return plain(value)

    def field_value(self, name: str, value: Any) -> str:
        """What a field of a row says, in words; what is too much for a line stands as it is written."""
        if isinstance(value, list):
            return ", ".join(self.field_value(name, each) for each in value)
        if isinstance(value, Mapping):
            return self._mapping(name, value)
        if isinstance(value, str):
            return self._text(name, value)
        return plain(value)

    def _text(self, name: str, value: str) -> str:
        if name in CLASSED:
            return self.class_name(value)
        if name in EUROS and value != "unknown" and value[:1].isdigit():
            return f"{value.replace('.', ',') if i18n.language() != 'en' else value} €"
        if name in FIELD_WORDS:
            return self.word(FIELD_WORDS[name], value)
        if name == "source":
            return str(self._table("sources").get(value, {}).get("title", value))
        return value_name(name, value)

    def _mapping(self, name: str, value: Mapping[str, Any]) -> str:
        if "fi" in value:
            return said(value)
        if name == "amounts":
            listed = [(self.word("space_kind", kind), self._text("amount", str(each))) for kind, each in value.items()]
            return "; ".join(f"{kind} {amount}" for kind, amount in listed)
        if name == "matrix":
            return str(_("%(number)s rows of prices", number=len(value.get("rows", []))))
        return "; ".join(f"{field_name(key)}: {self.field_value(key, each)}" for key, each in value.items())


def own_fact(written: Any) -> Fact | None:
    """A fact that a document adds; None while it is written wrongly."""
    try:
        return Fact(FactType(written["type"]), written.get("words"))
    except (KeyError, TypeError, ValueError):
        return None


def plain(value: Any) -> str:
    if isinstance(value, bool):
        return str(_("yes") if value else _("no"))
    if isinstance(value, date):
        return i18n.day(value, "plain")
    if isinstance(value, str):
        return value
    return inline(value)
