"""Conditions on one fact: compared with a value, with one of several, with a list, or with another fact."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal, InvalidOperation
from fractions import Fraction
from typing import Any, TypeAlias

from booking.core.rules.fact_types import Fact, Facts, FactType, FactValue
from booking.core.rules.logic import (
    NOBODY,
    Check,
    Condition,
    ConditionError,
    Truth,
    Vocabulary,
    assumed,
    known_fact,
    nearest,
)

Test: TypeAlias = Callable[[Any, Any], bool]


@dataclass(frozen=True, slots=True)
class Comparison:
    """A comparison of a told value with the wanted one, and the same as Python text over `v` and `k`."""

    test: Test
    text: str


ORDERED: Mapping[str, Comparison] = {
    ">": Comparison(lambda told, limit: bool(told > limit), "v > k"),
    ">=": Comparison(lambda told, limit: bool(told >= limit), "v >= k"),
    "<": Comparison(lambda told, limit: bool(told < limit), "v < k"),
    "<=": Comparison(lambda told, limit: bool(told <= limit), "v <= k"),
    "==": Comparison(lambda told, limit: bool(told == limit), "v == k"),
    "!=": Comparison(lambda told, limit: bool(told != limit), "v != k"),
}
ONE: Mapping[str, Comparison] = {
    "==": ORDERED["=="],
    "in": Comparison(lambda told, values: told in values, "v in k"),
    "!=": ORDERED["!="],
    "not_in": Comparison(lambda told, values: told not in values, "v not in k"),
}
MANY: Mapping[str, Comparison] = {
    "has": Comparison(lambda told, value: value in told, "k in v"),
    "has_any": Comparison(lambda told, values: not values.isdisjoint(told), "not k.isdisjoint(v)"),
    "has_all": Comparison(lambda told, values: values.issubset(told), "k.issubset(v)"),
}
SAME: Mapping[str, Comparison] = {sign: ORDERED[sign] for sign in ("==", "!=")}
NUMBERS = (FactType.NUMBER, FactType.DECIMAL, FactType.FRACTION)
COMPARISONS: Mapping[FactType, Mapping[str, Comparison]] = {
    **dict.fromkeys((*NUMBERS, FactType.DAY, FactType.MOMENT), ORDERED),
    FactType.YES_NO: SAME,
    FactType.WORD: ONE,
    FactType.TEXT: ONE,
    FactType.WORDS: MANY,
    FactType.TEXTS: MANY,
    FactType.PEOPLE: {},
    FactType.PARTS: {},
    FactType.COUNTS: {},
}
PLAIN_TYPES: Mapping[FactType, tuple[type, str]] = {
    FactType.NUMBER: (int, "a whole number"),
    FactType.DAY: (date, "a day such as 2019-08-01"),
    FactType.YES_NO: (bool, "true or false"),
}
SEVERAL = frozenset({"in", "not_in", "has_any", "has_all"})
FOLDED = frozenset({FactType.TEXT, FactType.TEXTS})


def folded(value: FactValue) -> Any:
    """Texts compare without regard to case and outer blanks; several become a set."""
    if isinstance(value, str):
        return value.strip().casefold()
    if isinstance(value, tuple):
        return frozenset(each.strip().casefold() for each in value if isinstance(each, str))
    return value


def compile_fact(spec: Mapping[str, Any], vocabulary: Vocabulary) -> Condition:
    name, fact = spec["fact"], known_fact(spec["fact"], vocabulary)
    comparison = comparison_for(spec, COMPARISONS[fact.type])
    if "than" in spec:
        return compared_with_fact(spec, fact, comparison, vocabulary)
    if "times" in spec:
        raise ConditionError('"times" goes with "than", another fact')
    if fact.type in FOLDED:
        return of_text(name, comparison, wanted_value(spec, fact, vocabulary), assumed(spec))
    return of_value(name, comparison, wanted_value(spec, fact, vocabulary), assumed(spec))


def of_value(name: str, comparison: Comparison, wanted: Any, if_not_told: Truth) -> Condition:
    test = comparison.test

    def holds(facts: Facts) -> Truth:
        told = facts.get(name)
        return if_not_told if told is None else test(told, wanted)

    form = Check(name, comparison.text, wanted, if_not_told)
    return Condition(holds, lacking(if_not_told, name), frozenset({name}), form, tries={name: near(wanted)})


def near(wanted: Any) -> tuple[FactValue, ...]:
    """A wanted value and those beside it: what could make a difference to a comparison."""
    if isinstance(wanted, frozenset):
        return tuple(sorted(wanted))
    if isinstance(wanted, bool) or not isinstance(wanted, (int, Decimal, Fraction)):
        return (wanted,) if not isinstance(wanted, date) else (wanted, *beside(wanted))
    return tuple(value for value in (wanted, wanted + 1, wanted - 1) if value >= 0)


def beside(day: date) -> tuple[date, ...]:
    return tuple(day + timedelta(days=days) for days in (-1, 1))


def of_text(name: str, comparison: Comparison, wanted: Any, if_not_told: Truth) -> Condition:
    """As of_value, for texts, which are folded before they are compared."""
    test = comparison.test

    def holds(facts: Facts) -> Truth:
        told = facts.get(name)
        return if_not_told if told is None else test(folded(told), wanted)

    values = tuple(sorted(wanted)) if isinstance(wanted, frozenset) else (wanted,)
    tries = {name: (*values, "elsewhere")}
    return Condition(holds, lacking(if_not_told, name), frozenset({name}), tries=tries)


def lacking(if_not_told: Truth, *names: str) -> Callable[[Facts], frozenset[str]]:
    """Those of the facts that are not told, where silence does not count."""
    if if_not_told is not None:
        return lambda _: NOBODY
    return lambda facts: frozenset(name for name in names if facts.get(name) is None)


def compared_with_fact(
    spec: Mapping[str, Any], fact: Fact, comparison: Comparison, vocabulary: Vocabulary
) -> Condition:
    """Two facts of one kind against each other: numbers with numbers (times a factor), days with days, words alike."""
    name, other = str(spec["fact"]), str(spec["than"])
    kind = known_fact(other, vocabulary).type
    if "value" in spec or "list" in spec:
        raise ConditionError('"than" is instead of "value" and "list"')
    if kind is not fact.type and not (kind in NUMBERS and fact.type in NUMBERS):
        raise ConditionError(f"{name} ({fact.type}) cannot be compared with {other} ({kind})")
    if spec["is"] in SEVERAL or fact.type not in (*NUMBERS, FactType.DAY, FactType.MOMENT, *SAMEABLE):
        raise ConditionError(f"{name} is compared with another fact by {', '.join(SAME)} or, for numbers, by size")
    times, if_not_told, test = factor(spec, fact), assumed(spec), comparison.test

    def holds(facts: Facts) -> Truth:
        told, limit = facts.get(name), facts.get(other)
        if told is None or limit is None:
            return if_not_told
        if times is None:
            return test(folded(told), folded(limit))
        return test(Fraction(told), Fraction(limit) * times)  # type: ignore[arg-type]

    numbers: tuple[FactValue, ...] = (0, 10, 20, 40) if times is not None else ()
    tries = {name: numbers, other: numbers}
    return Condition(holds, lacking(if_not_told, name, other), frozenset({name, other}), tries=tries)


SAMEABLE = (FactType.WORD, FactType.TEXT, FactType.YES_NO)


def factor(spec: Mapping[str, Any], fact: Fact) -> Fraction | None:
    """What the other fact is multiplied by; None for facts that are no numbers."""
    if fact.type not in NUMBERS:
        if "times" in spec:
            raise ConditionError(f'"times" goes with numbers; {spec["fact"]} is none')
        return None
    return wanted_fraction(spec.get("times", "1"), "times")


def wanted_fraction(written: object, name: str) -> Fraction:
    try:
        return Fraction(str(written)) if len(str(written)) < 30 and type(written) in (str, int) else Fraction("no")
    except (ValueError, ZeroDivisionError):
        raise ConditionError(f'"{name}" takes a text such as "1/2" or "0.75", not {written!r}') from None


def comparison_for(spec: Mapping[str, Any], allowed: Mapping[str, Comparison]) -> Comparison:
    sign = str(spec.get("is"))
    about = spec.get("fact") or spec.get("share") or "heads"
    if not allowed:
        raise ConditionError(f"{about} is not compared itself; people are asked by {{ heads = … }}")
    if sign not in allowed:
        raise ConditionError(f'{about} is compared by one of {", ".join(allowed)}; "is" says {spec.get("is")!r}')
    return allowed[sign]


def wanted_value(spec: Mapping[str, Any], fact: Fact, vocabulary: Vocabulary) -> Any:
    """The value or values to compare with, checked against the fact's type and word list."""
    if fact.type in (FactType.DECIMAL, FactType.FRACTION, FactType.MOMENT):
        return wanted_number(spec, fact)
    if fact.type in PLAIN_TYPES:
        kind, called = PLAIN_TYPES[fact.type]
        value = spec.get("value")
        if type(value) is not kind:
            raise ConditionError(f'{spec["fact"]} is compared with {called}; "value" says {value!r}')
        return value
    values = wanted_words(spec, vocabulary)
    for word in values:
        refuse_unknown_word(word, fact, vocabulary)
    if fact.type in FOLDED:
        return folded(values) if spec["is"] in SEVERAL else folded(values[0])
    return frozenset(values) if spec["is"] in SEVERAL else values[0]


def wanted_number(spec: Mapping[str, Any], fact: Fact) -> Any:
    value = spec.get("value")
    if fact.type is FactType.MOMENT:
        if type(value) is datetime and value.tzinfo is not None:
            return value
        raise ConditionError(f'{spec["fact"]} is compared with another fact ("than") or a time with its offset')
    if fact.type is FactType.FRACTION:
        return wanted_fraction(value, "value")
    try:
        return Decimal(str(value)) if type(value) in (str, int, float) and len(str(value)) < 30 else Decimal("no")
    except InvalidOperation:
        raise ConditionError(f'{spec["fact"]} is compared with a number such as "2.5", not {value!r}') from None


def wanted_words(spec: Mapping[str, Any], vocabulary: Vocabulary) -> tuple[str, ...]:
    if "list" in spec:
        name = str(spec["list"])
        if spec["is"] not in SEVERAL or name not in vocabulary.lists:
            raise ConditionError(f'"list" names a list of this document{nearest(name, vocabulary.lists)}')
        return vocabulary.lists[name]
    value = spec.get("value")
    written = value if spec["is"] in SEVERAL else [value]
    if not isinstance(written, list) or not written or not all(isinstance(word, str) for word in written):
        expected = "a list of words" if spec["is"] in SEVERAL else "one word"
        raise ConditionError(f'{spec["fact"]} {spec["is"]} takes {expected}; "value" says {value!r}')
    return tuple(written)


def refuse_unknown_word(word: str, fact: Fact, vocabulary: Vocabulary) -> None:
    known = vocabulary.words.get(fact.words or "", NOBODY)
    if fact.words and word not in known:
        raise ConditionError(f'"{word}" is no {fact.words}{nearest(word, known)}')


def compile_not_told(spec: Mapping[str, Any], vocabulary: Vocabulary) -> Condition:
    """Holds when a fact was not told; never unclear."""
    name = spec["not_told_fact"]
    known_fact(name, vocabulary)
    return Condition(
        lambda facts: facts.get(name) is None, lambda _: NOBODY, frozenset({name}), Check(name, "False", None, True)
    )
