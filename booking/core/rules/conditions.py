"""Conditions as data: compiled once into closures that answer yes, no or "cannot tell" (None) and name what is missing.

The three answers follow Kleene: a fact not told makes a row unclear only where it could change the answer.
"""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from fractions import Fraction
from typing import Any, TypeAlias

from booking.core.rules.days import Spans
from booking.core.rules.facts import FACTS, Fact, Facts, FactType, FactValue, bounds

Truth: TypeAlias = bool | None
NOBODY: frozenset[str] = frozenset()


class ConditionError(ValueError):
    """A condition is written wrongly; the message says where in it and what."""


@dataclass(frozen=True, slots=True)
class Condition:
    """A compiled condition: its answer, the facts whose absence makes it unclear, and every fact it names."""

    holds: Callable[[Facts], Truth]
    missing: Callable[[Facts], frozenset[str]]
    names: frozenset[str]


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """What a condition may refer to by name: word lists, value lists and named conditions of its document."""

    words: Mapping[str, frozenset[str]]
    lists: Mapping[str, tuple[str, ...]]
    conditions: Mapping[str, Condition]
    facts: Mapping[str, Fact] = field(default_factory=lambda: FACTS)
    seasons: Mapping[str, Spans] = field(default_factory=dict)
    days: Mapping[str, Spans] = field(default_factory=dict)


ALWAYS = Condition(lambda _: True, lambda _: NOBODY, NOBODY)


def nearest(word: str, known: Iterable[str]) -> str:
    """The sentence end that offers the nearest known spelling, or lists the known ones when few."""
    known = sorted(known)
    close = difflib.get_close_matches(word, known, n=1, cutoff=0.6)
    if close:
        return f'; did you mean "{close[0]}"?'
    return f"; known: {', '.join(known)}" if 0 < len(known) <= 12 else ""


def compile_condition(spec: object, vocabulary: Vocabulary) -> Condition:
    """A condition from its written form. Raises ConditionError."""
    if not isinstance(spec, Mapping):
        raise ConditionError(f"a condition is a table such as {{ fact = …, is = …, value = … }}, not {spec!r}")
    for key, compiler in COMPILERS.items():
        if key in spec:
            refuse_unknown(spec, KEYS[key])
            return compiler(spec, vocabulary)
    found = next(iter(spec), "")
    raise ConditionError(f"a condition needs one of {', '.join(COMPILERS)}{nearest(str(found), COMPILERS)}")


def refuse_unknown(spec: Mapping[str, Any], known: frozenset[str]) -> None:
    for key in spec:
        if key not in known:
            raise ConditionError(f'unknown field "{key}"{nearest(key, known)}')


def parts(spec: Mapping[str, Any], key: str, vocabulary: Vocabulary) -> tuple[Condition, ...]:
    written = spec[key]
    if not isinstance(written, list) or not written:
        raise ConditionError(f'"{key}" takes a list of one or more conditions')
    return tuple(compile_condition(part, vocabulary) for part in written)


def compile_all(spec: Mapping[str, Any], vocabulary: Vocabulary) -> Condition:
    return all_of(parts(spec, "all", vocabulary))


def all_of(inner: tuple[Condition, ...]) -> Condition:
    """Holds when every part holds; one "no" decides, whatever is not told."""
    return at_least(len(inner), inner) if len(inner) != 1 else inner[0]


def compile_any(spec: Mapping[str, Any], vocabulary: Vocabulary) -> Condition:
    return at_least(1, parts(spec, "any", vocabulary))


def compile_at_least(spec: Mapping[str, Any], vocabulary: Vocabulary) -> Condition:
    count = spec["at_least"]
    if "of" not in spec:
        raise ConditionError('"at_least" needs "of", a list of conditions')
    inner = parts(spec, "of", vocabulary)
    if type(count) is not int or not 1 <= count <= len(inner):
        raise ConditionError(f'"at_least" takes a whole number from 1 to the {len(inner)} conditions of its list')
    return at_least(count, inner)


def at_least(count: int, inner: tuple[Condition, ...]) -> Condition:
    """Holds when `count` of the parts do: 1 is any, all of them is all."""

    def holds(facts: Facts) -> Truth:
        yes, unclear = 0, 0
        for part in inner:
            answer = part.holds(facts)
            yes += answer is True
            unclear += answer is None
        if yes >= count:
            return True
        return None if yes + unclear >= count else False

    def missing(facts: Facts) -> frozenset[str]:
        if holds(facts) is not None:
            return NOBODY
        return NOBODY.union(*(part.missing(facts) for part in inner))

    return Condition(holds, missing, NOBODY.union(*(part.names for part in inner)))


def compile_not(spec: Mapping[str, Any], vocabulary: Vocabulary) -> Condition:
    inner = compile_condition(spec["not"], vocabulary)

    def holds(facts: Facts) -> Truth:
        answer = inner.holds(facts)
        return None if answer is None else not answer

    return Condition(holds, inner.missing, inner.names)


def compile_use(spec: Mapping[str, Any], vocabulary: Vocabulary) -> Condition:
    name = str(spec["use"])
    if name not in vocabulary.conditions:
        raise ConditionError(f'no condition named "{name}"{nearest(name, vocabulary.conditions)}')
    return vocabulary.conditions[name]


def compile_always(spec: Mapping[str, Any], vocabulary: Vocabulary) -> Condition:
    del vocabulary
    if spec["always"] is not True:
        raise ConditionError('"always" can only be true')
    return ALWAYS


def known_fact(name: object, vocabulary: Vocabulary) -> Fact:
    if not isinstance(name, str) or name not in vocabulary.facts:
        raise ConditionError(f'unknown fact "{name}"{nearest(str(name), vocabulary.facts)}')
    return vocabulary.facts[name]


def compile_not_told(spec: Mapping[str, Any], vocabulary: Vocabulary) -> Condition:
    """Holds when a fact was not told; never unclear."""
    name = spec["not_told_fact"]
    known_fact(name, vocabulary)
    return Condition(lambda facts: facts.get(name) is None, lambda _: NOBODY, frozenset({name}))


def assumed(spec: Mapping[str, Any]) -> Truth:
    """What the condition answers for a fact not told: unclear unless it is written as `not_told = "yes"` or "no"."""
    written = spec.get("not_told")
    if written not in (None, "yes", "no"):
        raise ConditionError('"not_told" is "yes" or "no"')
    return None if written is None else written == "yes"


Comparison: TypeAlias = Callable[[Any, Any], bool]

ORDERED: Mapping[str, Comparison] = {
    ">": lambda told, limit: bool(told > limit),
    ">=": lambda told, limit: bool(told >= limit),
    "<": lambda told, limit: bool(told < limit),
    "<=": lambda told, limit: bool(told <= limit),
    "==": lambda told, limit: bool(told == limit),
}
ONE: Mapping[str, Comparison] = {
    "==": lambda told, value: bool(told == value),
    "in": lambda told, values: told in values,
}
MANY: Mapping[str, Comparison] = {
    "has": lambda told, value: value in told,
    "has_any": lambda told, values: not values.isdisjoint(told),
}
COMPARISONS: Mapping[FactType, Mapping[str, Comparison]] = {
    FactType.NUMBER: ORDERED,
    FactType.DECIMAL: ORDERED,
    FactType.FRACTION: ORDERED,
    FactType.DAY: ORDERED,
    FactType.YES_NO: {"==": ONE["=="]},
    FactType.WORD: ONE,
    FactType.TEXT: ONE,
    FactType.WORDS: MANY,
    FactType.TEXTS: MANY,
}
PLAIN_TYPES: Mapping[FactType, tuple[type, str]] = {
    FactType.NUMBER: (int, "a whole number"),
    FactType.DAY: (date, "a day such as 2019-08-01"),
    FactType.YES_NO: (bool, "true or false"),
}
SEVERAL = frozenset({"in", "has_any"})


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
    wanted = wanted_value(spec, fact, vocabulary)
    if_not_told = assumed(spec)

    def holds(facts: Facts) -> Truth:
        told = facts.get(name)
        return if_not_told if told is None else comparison(folded(told), wanted)

    def missing(facts: Facts) -> frozenset[str]:
        return frozenset({name}) if facts.get(name) is None and if_not_told is None else NOBODY

    return Condition(holds, missing, frozenset({name}))


def comparison_for(spec: Mapping[str, Any], allowed: Mapping[str, Comparison]) -> Comparison:
    sign = str(spec.get("is"))
    if sign not in allowed:
        about = spec.get("fact") or spec.get("share")
        raise ConditionError(f'{about} is compared by one of {", ".join(allowed)}; "is" says {spec.get("is")!r}')
    return allowed[sign]


def wanted_value(spec: Mapping[str, Any], fact: Fact, vocabulary: Vocabulary) -> Any:
    """The value or values to compare with, checked against the fact's type and word list."""
    if fact.type in PLAIN_TYPES:
        kind, called = PLAIN_TYPES[fact.type]
        value = spec.get("value")
        if type(value) is not kind:
            raise ConditionError(f'{spec["fact"]} is compared with {called}; "value" says {value!r}')
        return value
    values = wanted_words(spec, vocabulary)
    for word in values:
        refuse_unknown_word(word, fact, vocabulary)
    return folded(values) if spec["is"] in SEVERAL else folded(values[0])


def wanted_words(spec: Mapping[str, Any], vocabulary: Vocabulary) -> tuple[str, ...]:
    if "list" in spec:
        name = spec["list"]
        if spec["is"] not in SEVERAL or name not in vocabulary.lists:
            raise ConditionError(f'"list" names a list of this document{nearest(str(name), vocabulary.lists)}')
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


def compile_share(spec: Mapping[str, Any], vocabulary: Vocabulary) -> Condition:
    """A share of heads against a limit: "more than half" is `is = ">"`, and exactly half then fails."""
    part, whole = str(spec["share"]), str(spec.get("of"))
    for name in (part, whole):
        if known_fact(name, vocabulary).type is not FactType.NUMBER:
            raise ConditionError(f"{name} is no number; a share is taken of heads")
    comparison, limit, if_not_told = comparison_for(spec, ORDERED), wanted_share(spec), assumed(spec)

    def holds(facts: Facts) -> Truth:
        heads, total = bounds(facts, part), facts.get(whole)
        if heads is None or not isinstance(total, int) or total == 0:
            return if_not_told
        answers = {comparison(Fraction(count, total), limit) for count in heads}
        return answers.pop() if len(answers) == 1 else if_not_told

    def missing(facts: Facts) -> frozenset[str]:
        if holds(facts) is not None:
            return NOBODY
        return frozenset(name for name in (part, whole) if not facts.get(name))

    return Condition(holds, missing, frozenset({part, whole}))


def wanted_share(spec: Mapping[str, Any]) -> Fraction:
    try:
        share = Fraction(str(spec.get("value")))
    except (ValueError, ZeroDivisionError):
        raise ConditionError(f'a share is a text such as "1/2"; "value" says {spec.get("value")!r}') from None
    if not 0 <= share <= 1:
        raise ConditionError(f"a share is from 0 to 1, not {share}")
    return share


COMPILERS: Mapping[str, Callable[[Mapping[str, Any], Vocabulary], Condition]] = {
    "all": compile_all,
    "any": compile_any,
    "not": compile_not,
    "at_least": compile_at_least,
    "use": compile_use,
    "share": compile_share,
    "fact": compile_fact,
    "not_told_fact": compile_not_told,
    "always": compile_always,
}
KEYS: Mapping[str, frozenset[str]] = {
    "all": frozenset({"all"}),
    "any": frozenset({"any"}),
    "not": frozenset({"not"}),
    "at_least": frozenset({"at_least", "of"}),
    "use": frozenset({"use"}),
    "share": frozenset({"share", "of", "is", "value", "not_told"}),
    "fact": frozenset({"fact", "is", "value", "list", "not_told"}),
    "not_told_fact": frozenset({"not_told_fact"}),
    "always": frozenset({"always"}),
}
