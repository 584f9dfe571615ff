"""Fields of forms for facts that rules ask: one for each fact by its type, with the names and words of the rulebook."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any

from marshmallow import ValidationError

from booking.core.rulebook import Rulebook
from booking.core.rules.facts import FACTS, Fact, FactType
from web import forms, i18n
from web.words_of_booking import fact_name

PREFIX = "fact-"
ANSWERS = {"yes": True, "no": False}
LONGEST = 200


@dataclass(frozen=True, slots=True)
class FactField:
    """One fact asked on a page. `name`: of the fact; `field`: of the form's field; `choices`: (value, text) where it
    is one or several of a list."""

    name: str
    field: str
    label: str
    type: FactType
    choices: tuple[tuple[str, str], ...] = ()


class YesNo(forms.Choice):
    """A yes or no, as the words themselves; told as true or false."""

    def __init__(self) -> None:
        super().__init__(ANSWERS)


class Amount(forms.Typed[str]):
    """A number with a decimal comma or point, as text with a point."""

    def read(self, text: str) -> str:
        try:
            amount = Decimal(text.replace(" ", "").replace(",", "."))
        except InvalidOperation as error:
            raise self.make_error("not_a_number") from error
        if not amount.is_finite():
            raise self.make_error("not_a_number")
        if amount < 0:
            raise self.make_error("negative")
        return str(amount)


def fact_of(book: Rulebook, name: str) -> Fact | None:
    """What kind of fact this is, of the language or of the rulebook itself; None for one that nobody can tell."""
    return book.own_facts.get(name) or FACTS.get(name)


def asked(book: Rulebook, names: Iterable[str]) -> tuple[FactField, ...]:
    """The fields for these facts, in the order given; facts that no form can ask are left out."""
    fields = [field_of(book, name) for name in dict.fromkeys(names)]
    return tuple(field for field in fields if field is not None)


def field_of(book: Rulebook, name: str) -> FactField | None:
    fact = fact_of(book, name)
    if fact is None or fact.type not in FORM_FIELDS:
        return None
    # without the dot, which marshmallow would read as a path
    return FactField(name, PREFIX + name.replace(".", "-"), label_of(book, name), fact.type, choices_of(book, fact))


def label_of(book: Rulebook, name: str) -> str:
    own = book.fact_names.get(name, {})
    return own.get(i18n.language()) or own.get("fi") or fact_name(name)


def choices_of(book: Rulebook, fact: Fact) -> tuple[tuple[str, str], ...]:
    listed = book.words.get(fact.words or "", {})
    if fact.words == "extra":  # of all words for extras only those that this rulebook has a price for
        priced = {one.chosen for one in book.add_ons}
        listed = {word: names for word, names in listed.items() if word in priced}
    named = (listed[word].get(i18n.language()) or listed[word].get("fi", word) for word in listed)
    return tuple(zip(listed, named, strict=True))


def _words(field: FactField) -> list[str]:
    return [value for value, _ in field.choices]


FORM_FIELDS: Mapping[FactType, Any] = {
    FactType.NUMBER: lambda _: forms.Whole(),
    FactType.YES_NO: lambda _: YesNo(),
    FactType.WORD: lambda field: forms.Choice(_words(field)),
    FactType.WORDS: lambda field: forms.Choices(_words(field)),
    FactType.TEXT: lambda _: forms.Text(longest=LONGEST),
    FactType.TEXTS: lambda _: forms.Text(longest=LONGEST),
    FactType.DAY: lambda _: forms.Day(),
    FactType.DECIMAL: lambda _: Amount(),
}


def with_facts(schema: type[forms.FormSchema], fields: Iterable[FactField]) -> forms.FormSchema:
    """The form with fields for these facts beside its own; they come to its wish by the names of the fields."""
    made: forms.FormSchema = type(
        schema.__name__, (schema,), {one.field: FORM_FIELDS[one.type](one) for one in fields}
    )()
    return made


def told(fields: Iterable[FactField], given: Mapping[str, Any]) -> dict[str, Any]:
    """The facts told in the fields of a form, by name, as plain values; what was left empty was not told."""
    return {one.name: plain(one, given[one.field]) for one in fields if one.field in given}


def read(field: FactField, value: Any) -> Any:
    """A fact told as JSON, as it is kept: numbers, yes or no and lists as they are, anything else as text. Raises
    ValidationError."""
    if field.type is FactType.YES_NO and not isinstance(value, bool):
        raise ValidationError("not_one_of")
    if field.type is FactType.NUMBER and (isinstance(value, bool) or not isinstance(value, int)):
        raise ValidationError("not_a_number")
    if field.type is FactType.TEXTS and isinstance(value, list):
        return [str(one) for one in value]
    written = {True: "yes", False: "no"}[value] if isinstance(value, bool) else value
    return plain(field, FORM_FIELDS[field.type](field).deserialize(written))


def plain(field: FactField, value: Any) -> Any:
    if field.type is FactType.YES_NO:
        return ANSWERS[value]
    if field.type is FactType.DAY:
        return {"day": value.isoformat()}
    if field.type is FactType.DECIMAL:
        return {"decimal": value}
    if field.type is FactType.TEXTS:
        return [part.strip() for part in value.split(",") if part.strip()]
    return list(value) if isinstance(value, tuple) else value


def written(field: FactField, value: Any) -> Any:
    """A plain value as its field shows it again."""
    match value:
        case bool():
            return "yes" if value else "no"
        case {"day": text} | {"decimal": text}:
            return text
        case list() | tuple():
            said = [str(one) for one in value]
            return ", ".join(said) if field.type is FactType.TEXTS else said
        case _:
            return value
