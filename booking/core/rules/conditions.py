"""Conditions as data: compiled once, each kind by its own compiler."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from booking.core.rules.comparisons import (
    compile_fact,
    compile_not_told,
    folded,
    refuse_unknown_word,
)
from booking.core.rules.heads import compile_heads, compile_share
from booking.core.rules.logic import (
    ALWAYS,
    Condition,
    ConditionError,
    Truth,
    Vocabulary,
    all_of,
    at_least,
    nearest,
    negated,
    refuse_unknown,
)
from booking.core.rules.whens import compile_band, compile_days, compile_season

__all__ = [
    "ALWAYS",
    "Condition",
    "ConditionError",
    "Truth",
    "Vocabulary",
    "all_of",
    "compile_condition",
    "folded",
    "nearest",
    "refuse_unknown_word",
]


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


def parts(spec: Mapping[str, Any], key: str, vocabulary: Vocabulary) -> tuple[Condition, ...]:
    written = spec[key]
    if not isinstance(written, list) or not written:
        raise ConditionError(f'"{key}" takes a list of one or more conditions')
    return tuple(compile_condition(part, vocabulary) for part in written)


def compile_all(spec: Mapping[str, Any], vocabulary: Vocabulary) -> Condition:
    return all_of(parts(spec, "all", vocabulary))


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


def compile_not(spec: Mapping[str, Any], vocabulary: Vocabulary) -> Condition:
    return negated(compile_condition(spec["not"], vocabulary))


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


COMPILERS: Mapping[str, Callable[[Mapping[str, Any], Vocabulary], Condition]] = {
    "all": compile_all,
    "any": compile_any,
    "not": compile_not,
    "at_least": compile_at_least,
    "use": compile_use,
    "share": compile_share,
    "heads": compile_heads,
    "band": compile_band,
    "days": compile_days,
    "season": compile_season,
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
    "heads": frozenset({"heads", "of", "but", "is", "value", "count", "age_on", "not_told"}),
    "band": frozenset({"band", "is", "not_told"}),
    "days": frozenset({"days", "fact", "not_told"}),
    "season": frozenset({"season", "not_told"}),
    "fact": frozenset({"fact", "is", "value", "list", "than", "times", "not_told"}),
    "not_told_fact": frozenset({"not_told_fact"}),
    "always": frozenset({"always"}),
}
