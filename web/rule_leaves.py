"""Forms of single sentences of a condition: a fact with what it is compared with, a share, a time of day, or text."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from werkzeug.datastructures import MultiDict

from booking.core.rules.fact_types import Fact, FactType
from booking.core.toml_text import inline
from booking.refusals import BadInput
from web.rule_forms import day_or_text, toml_value
from web.rule_words import Speech

SHARE, BAND, OTHER = "share", "band", "text"
SIGNS: dict[str, Any] = {
    ">=": _l("at least"),
    ">": _l("more than"),
    "<=": _l("at most"),
    "<": _l("less than"),
    "==": _l("exactly"),
    "!=": _l("anything but"),
}
ONE_OF: dict[str, Any] = {"in": _l("is one of these"), "not_in": _l("is none of these")}
SOME_OF: dict[str, Any] = {"has_any": _l("includes one of these"), "has_all": _l("includes all of these")}
BANDS: dict[str, Any] = {
    "within": _l("wholly within"),
    "starts_in": _l("starts within"),
    "ends_in": _l("ends within"),
    "overlaps": _l("at least partly within"),
}
ORDERED = frozenset({FactType.NUMBER, FactType.DECIMAL, FactType.FRACTION, FactType.DAY})
MANY = frozenset({FactType.WORDS, FactType.TEXTS})
PLURAL = {"==": "in", "!=": "not_in", "has": "has_any"}
SINGLE = {"in": "==", "has_any": "has"}


@dataclass(frozen=True, slots=True)
class Leaf:
    """The form of one sentence. `kind`: words, texts, number, day, yes_no, share, band or text."""

    kind: str
    name: str
    label: str
    signs: tuple[tuple[str, str], ...] = ()
    sign: str = ""
    values: tuple[str, ...] = ()
    choices: tuple[tuple[str, str], ...] = ()
    lists: tuple[str, ...] = ()
    list: str = ""
    not_told: str = ""
    of: str = ""


def fact_choices(speech: Speech) -> list[tuple[str, str]]:
    """Every fact a sentence may be about, by name."""
    shaped = {FactType.PEOPLE, FactType.PARTS, FactType.COUNTS, FactType.MOMENT}
    named = [(name, speech.fact(name)) for name, fact in speech.facts.items() if fact.type not in shaped]
    return sorted(named, key=lambda pair: pair[1].casefold())


def first_leaf(name: str, speech: Speech) -> dict[str, Any]:
    """A new sentence about a fact, to be filled in next. Raises BadInput for what is no fact."""
    if name == SHARE:
        return {"share": "audience.under_18", "of": "audience.total", "is": ">", "value": "1/2"}
    if name == BAND:
        return {"band": ["16:00", "22:00"], "is": "within"}
    fact = speech.facts.get(name)
    if fact is None:
        raise BadInput(field="fact", problem="not_one_of")
    return {"fact": name, **first_value(fact, speech)}


def first_value(fact: Fact, speech: Speech) -> dict[str, Any]:
    words = [word for word, _name in speech.words_of(fact.words)] if fact.words else []
    if fact.type is FactType.YES_NO:
        return {"is": "==", "value": True}
    if fact.type is FactType.DAY:
        return {"is": ">=", "value": day_or_text("2027-01-01")}
    if fact.type is FactType.NUMBER:
        return {"is": ">=", "value": 1}
    if fact.type in ORDERED:
        return {"is": ">=", "value": "1"}
    return {"is": "has_any" if fact.type in MANY else "in", "value": words[:1] or ["?"]}


def leaf_form(spec: Any, speech: Speech) -> Leaf:
    """The form of a sentence as it is written; as text where it has no form of its own."""
    if isinstance(spec, Mapping) and "than" not in spec:
        if "share" in spec:
            return share_form(spec, speech)
        if "band" in spec:
            signs, values = said(BANDS), tuple(str(one) for one in spec["band"])
            return Leaf(BAND, BAND, _("Time of day"), signs, str(spec.get("is", "within")), values)
        if spec.get("fact") in speech.facts:
            return fact_form(spec, speech)
    return Leaf(OTHER, OTHER, _("As text"), values=(inline(spec),))


def said(signs: Mapping[str, Any]) -> tuple[tuple[str, str], ...]:
    return tuple((sign, str(name)) for sign, name in signs.items())


def share_form(spec: Mapping[str, Any], speech: Speech) -> Leaf:
    heads = tuple(pair for pair in fact_choices(speech) if speech.facts[pair[0]].type is FactType.NUMBER)
    return Leaf(
        kind=SHARE,
        name=str(spec["share"]),
        label=_("Share of people"),
        signs=said(SIGNS)[:5],
        sign=str(spec.get("is")),
        values=(str(spec.get("value", "")),),
        choices=tuple(pair for pair in heads if pair[0].startswith(("audience.", "applicant."))),
        not_told=str(spec.get("not_told", "")),
        of=str(spec.get("of", "")),
    )


def fact_form(spec: Mapping[str, Any], speech: Speech) -> Leaf:
    name = str(spec["fact"])
    fact, sign, value = speech.facts[name], str(spec.get("is", "==")), spec.get("value")
    listed = value if isinstance(value, list) else [] if value is None else [value]
    ordered = fact.type in ORDERED
    signs = SIGNS if ordered else SOME_OF if fact.type in MANY else ONE_OF
    return Leaf(
        kind=kind_of(fact),
        name=name,
        label=speech.fact(name),
        signs=() if fact.type is FactType.YES_NO else said(signs),
        sign=sign if ordered else PLURAL.get(sign, sign),
        values=tuple(("yes" if one else "no") if isinstance(one, bool) else str(one) for one in listed),
        choices=tuple(speech.words_of(fact.words)) if fact.words else (),
        lists=() if ordered else tuple(speech.document.get("lists", {})),
        list=str(spec.get("list", "")),
        not_told=str(spec.get("not_told", "")),
    )


def kind_of(fact: Fact) -> str:
    if fact.type in (FactType.YES_NO, FactType.DAY):
        return fact.type.value
    return "number" if fact.type in ORDERED else "words" if fact.words else "texts"


def leaf_from(old: Any, typed: MultiDict[str, str], speech: Speech) -> dict[str, Any]:
    """The sentence as typed. Raises BadInput, Unreadable."""
    form = leaf_form(old, speech)
    if form.kind == OTHER:
        found = toml_value("text", typed.get("value", ""))
        return dict(found) if isinstance(found, Mapping) else {"always": True}
    rest = {"not_told": typed["not_told"]} if typed.get("not_told") in ("yes", "no") else {}
    if form.kind == BAND:
        return {"band": [typed.get("from", ""), typed.get("to", "")], "is": typed.get("is", "within")}
    if form.kind == SHARE:
        told = {"share": typed.get("share", ""), "of": typed.get("of", ""), "is": typed.get("is", ">")}
        return {**told, "value": typed.get("value", "").strip(), **rest}
    return {"fact": form.name, **compared(form, speech.facts[form.name], typed), **rest}


def compared(form: Leaf, fact: Fact, typed: MultiDict[str, str]) -> dict[str, Any]:
    """What the fact is compared with. Raises BadInput when nothing was chosen."""
    if fact.type is FactType.YES_NO:
        return {"is": "==", "value": typed.get("value") == "yes"}
    sign = typed.get("is", form.sign)
    if fact.type in ORDERED:
        return {"is": sign, "value": number_or_day(fact, typed.get("value", "").strip())}
    if typed.get("list"):
        return {"is": sign, "list": typed["list"]}
    return worded(sign, [line.strip() for each in typed.getlist("value") for line in each.splitlines() if line.strip()])


def worded(sign: str, values: list[str]) -> dict[str, Any]:
    if not values:
        raise BadInput(field="value", problem="empty")
    if len(values) == 1 and sign in SINGLE:
        return {"is": SINGLE[sign], "value": values[0]}
    return {"is": sign, "value": values}


def number_or_day(fact: Fact, text: str) -> Any:
    if fact.type is FactType.DAY:
        return day_or_text(text)
    whole = fact.type is FactType.NUMBER and text.lstrip("-").isdigit()
    return int(text) if whole else text
