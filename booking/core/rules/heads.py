"""Conditions on how many of the people are of a kind: a share of all, or a number, at an age on a stated day."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import date
from fractions import Fraction
from typing import Any, TypeAlias

from booking.core.rules.comparisons import ORDERED, Test, comparison_for
from booking.core.rules.days import Spans, span_of
from booking.core.rules.fact_types import Facts, FactType, HeadGroup
from booking.core.rules.facts import bounds
from booking.core.rules.logic import (
    NOBODY,
    Condition,
    ConditionError,
    Truth,
    Vocabulary,
    assumed,
    known_fact,
    nearest,
    refuse_unknown,
)
from booking.core.rules.people import EVERYBODY, OLDEST, AgeOn, Bounds, Who, both, clash, counter, named, of_people

PEOPLE = "audience.people"
Share: TypeAlias = tuple[int, int]  # so many of so many
Shares: TypeAlias = tuple[Share, Share]  # the least and the greatest
AGES = ("under", "from_age", "to_age")
BIRTHS = ("born_from", "born_to")
WHO = frozenset({*AGES, *BIRTHS, "resident", "leader", "kind"})


def compile_share(spec: Mapping[str, Any], vocabulary: Vocabulary) -> Condition:
    """A share of heads against a limit: "more than half" is `is = ">"`, and exactly half then fails."""
    part, whole = str(spec["share"]), str(spec.get("of"))
    for name in (part, whole):
        if known_fact(name, vocabulary).type is not FactType.NUMBER:
            raise ConditionError(f"{name} is no number; a share is taken of heads")
    comparison, limit, if_not_told = comparison_for(spec, ORDERED).test, wanted_share(spec), assumed(spec)

    def holds(facts: Facts) -> Truth:
        heads, total = bounds(facts, part), facts.get(whole)
        if heads is None or not isinstance(total, int) or total == 0:
            return if_not_told
        answers = {comparison(Fraction(count, total), limit) for count in heads}
        return answers.pop() if len(answers) == 1 else if_not_told

    def missing(facts: Facts) -> frozenset[str]:
        if holds(facts) is not None:
            return NOBODY
        return frozenset(name for name in (part, whole) if not facts.get(name)) or frozenset({part})

    tries = {whole: (SAMPLE,), part: heads_near(limit)}
    return Condition(holds, missing, frozenset({part, whole}), tries=tries)


SAMPLE = 20  # people in an example


def heads_near(limit: Fraction) -> tuple[int, ...]:
    """Numbers of people about a share of them."""
    exact = limit * SAMPLE
    middle = exact.numerator // exact.denominator
    return tuple(dict.fromkeys(max(0, min(SAMPLE, number)) for number in (middle, middle + 1, SAMPLE, middle - 1, 0)))


def wanted_share(spec: Mapping[str, Any]) -> Fraction:
    try:
        share = Fraction(str(spec.get("value"))) if len(str(spec.get("value"))) < 30 else Fraction("no")
    except (ValueError, ZeroDivisionError):
        raise ConditionError(f'a share is a text such as "1/2"; "value" says {spec.get("value")!r}') from None
    if not 0 <= share <= 1:
        raise ConditionError(f"a share is from 0 to 1, not {share}")
    return share


def compile_heads(spec: Mapping[str, Any], vocabulary: Vocabulary) -> Condition:
    """So many of the people, or such a part of them, are of a kind. Told one by one, or reckoned from counts."""
    who, whole = who_of(spec["heads"], "heads"), who_of(spec.get("of", {}), "of")
    whole = left_out(whole, spec)
    part, nobody = both(who, whole), clash(who, whole)
    test, if_not_told = comparison_for(spec, ORDERED).test, assumed(spec)
    reference = reference_day(spec, vocabulary)
    compared = as_count(spec, test) if counts(spec) else as_share(spec, test)
    wanted = (*counted(part, vocabulary)[:1], *counted(whole, vocabulary)[:1])
    told_so = bool(counted(part, vocabulary))
    count_part, count_whole = counter(part, vocabulary.facts), counter(whole, vocabulary.facts)

    def holds(facts: Facts) -> Truth:
        people = facts.get(PEOPLE)
        if isinstance(people, tuple) and people:
            groups, on = tuple(group for group in people if isinstance(group, HeadGroup)), reference(facts)
            those = (0, 0) if nobody else of_people(groups, part, on)
            answer = compared(those, share_of_people(those, of_people(groups, whole, on, but=who)))
        else:
            counts_told = (0, 0) if nobody else count_part(facts)
            answer = compared(counts_told, share_of_counts(counts_told, count_whole(facts)))
        return if_not_told if answer is None else answer

    def missing(facts: Facts) -> frozenset[str]:
        if holds(facts) is not None:
            return NOBODY
        return undated(facts, reference(facts)) or untold(facts, wanted, told_so=told_so)

    return Condition(holds, missing, frozenset({PEOPLE, *wanted}), tries={PEOPLE: crowds(part, whole)})


def crowds(part: Who, whole: Who) -> tuple[tuple[HeadGroup, ...], ...]:
    """People of whom all, none or half are of a kind."""
    low, high = part.ages
    others = [Who(from_age=high + 1)] if high < OLDEST else [Who(to_age=low - 1)] if low else []
    kinds = [part, *others]
    if part.resident is not None:
        kinds.append(replace(whole, resident=not part.resident))
    if part.leader is not None:
        kinds.append(replace(whole, leader=not part.leader))
    groups = [one_like(each) for each in kinds]
    return (*((group,) for group in groups), *((groups[0], group) for group in groups[1:]))


def one_like(who: Who) -> HeadGroup:
    """Ten people of a kind."""
    low, high = who.ages
    age = low or min(high, 40)
    return HeadGroup(
        heads=SAMPLE // 2,
        age_from=None if who.asks_birth else age,
        age_to=None if who.asks_birth else age,
        born=(who.born_from or who.born_to) if who.asks_birth else None,
        resident=True if who.resident is None else who.resident,
        leader=bool(who.leader),
        kind=who.kind,
    )


def counts(spec: Mapping[str, Any]) -> bool:
    if spec.get("count", True) is not True:
        raise ConditionError('"count" can only be true; leave it out to compare the share')
    return "count" in spec


def as_count(spec: Mapping[str, Any], test: Test) -> Callable[[Bounds | None, Shares | None], Truth]:
    limit = spec.get("value")
    if type(limit) is not int or limit < 0:
        raise ConditionError(f'a count of heads is compared with a whole number; "value" says {limit!r}')
    return lambda part, _: None if part is None else agreed({test(number, limit) for number in around(part, limit)})


def as_share(spec: Mapping[str, Any], test: Test) -> Callable[[Bounds | None, Shares | None], Truth]:
    limit = wanted_share(spec)
    part, whole = limit.numerator, limit.denominator

    def compared(_: Bounds | None, shares: Shares | None) -> Truth:
        if shares is None:
            return None
        (low, of_low), (high, of_high) = shares
        answers = {test(low * whole, part * of_low), test(high * whole, part * of_high)}
        if low * whole < part * of_low and part * of_high < high * whole:
            answers.add(test(limit, limit))
        return agreed(answers)

    return compared


def share_of_people(part: Bounds, rest: Bounds) -> Shares | None:
    """The least and greatest share of some people among them and the rest; None where there may be nobody at all."""
    if part[1] + rest[1] == 0:
        return None
    least = (part[0], part[0] + rest[1]) if rest[1] else (1, 1)
    return least, ((part[1], part[1] + rest[0]) if part[1] else (0, 1))


def share_of_counts(part: Bounds | None, whole: Bounds | None) -> Shares | None:
    """The same from counts of the part and of the whole, which holds the part."""
    if part is None or whole is None or whole[1] == 0:
        return None
    return (min(part[0], whole[1]), whole[1]), (min(part[1], whole[1]), max(whole[0], min(part[1], whole[1]), 1))


def around(part: Bounds, limit: int) -> set[int]:
    """Numbers that show every way a comparison can turn out between two bounds."""
    return {part[0], part[1]} | ({limit} if part[0] < limit < part[1] else set())


def agreed(answers: set[bool]) -> Truth:
    return next(iter(answers)) if len(answers) == 1 else None


def undated(facts: Facts, on: date | None) -> frozenset[str]:
    """The day of use, where people are told by their birth and there is no day to count their ages on."""
    people = facts.get(PEOPLE)
    born = isinstance(people, tuple) and any(isinstance(each, HeadGroup) and each.born is not None for each in people)
    return frozenset({"time.use_on"}) if born and on is None and facts.get("time.use_on") is None else NOBODY


def untold(facts: Facts, wanted: tuple[str, ...], *, told_so: bool) -> frozenset[str]:
    """What should be told: the very counts where there are such facts (`told_so`), else the people themselves."""
    if facts.get(PEOPLE) is not None:
        return frozenset({PEOPLE})
    lacking = frozenset(name for name in wanted if facts.get(name) is None)
    return lacking if told_so and lacking else lacking | {PEOPLE}


def counted(who: Who, vocabulary: Vocabulary) -> tuple[str, ...]:
    """The facts that count exactly these people: of the catalogue, or of the rulebook."""
    return tuple(name for name in named(who) if name in vocabulary.facts)


def reference_day(spec: Mapping[str, Any], vocabulary: Vocabulary) -> Callable[[Facts], date | None]:
    written = str(spec.get("age_on", AgeOn.USE))
    if written not in frozenset(AgeOn):
        raise ConditionError(f'"age_on" is one of {", ".join(AgeOn)}{nearest(written, AgeOn)}')
    age_on, every = AgeOn(written), tuple(span for spans in vocabulary.seasons.values() for span in spans)
    if age_on is AgeOn.SEASON_START and not every:
        raise ConditionError('age_on = "season_start" needs [seasons] to say when seasons start')

    def day(facts: Facts) -> date | None:
        use_on, told = facts.get("time.use_on"), facts.get("time.age_reference")
        if isinstance(told, date):
            return told
        return reference_of(age_on, use_on, season_spans(facts, vocabulary)) if isinstance(use_on, date) else None

    return day


def season_spans(facts: Facts, vocabulary: Vocabulary) -> Spans:
    """Those of the season told or worked out; else of all seasons."""
    season = facts.get("time.season")
    if isinstance(season, str) and season in vocabulary.seasons:
        return vocabulary.seasons[season]
    return tuple(span for spans in vocabulary.seasons.values() for span in spans)


def reference_of(age_on: AgeOn, use_on: date, seasons: Spans) -> date | None:
    if age_on is AgeOn.USE:
        return use_on
    if age_on is AgeOn.SEASON_START:
        season = span_of(seasons, use_on)
        return season.begins(use_on) if season else None
    return date(use_on.year, 12, 31)


def who_of(written: object, key: str) -> Who:
    """Which people, from their written form. Raises ConditionError."""
    if not isinstance(written, Mapping):
        raise ConditionError(f'"{key}" takes a table such as {{ under = 18, resident = true }}, not {written!r}')
    refuse_unknown(written, WHO)
    for name in AGES:
        if name in written and (type(written[name]) is not int or not 0 <= written[name] <= 149):
            raise ConditionError(f'"{name}" takes an age in whole years, not {written[name]!r}')
    for name in ("resident", "leader"):
        if name in written and type(written[name]) is not bool:
            raise ConditionError(f'"{name}" is true or false, not {written[name]!r}')
    if not isinstance(written.get("kind", ""), str):
        raise ConditionError(f'"kind" takes a text, not {written["kind"]!r}')
    births = {name: birth(written[name], name) for name in BIRTHS if name in written}
    return replace(EVERYBODY, **{**written, **births})


def birth(written: object, name: str) -> date:
    """A day of birth; a year alone means its first day as "from" and its last as "to"."""
    if type(written) is date:
        return written
    if type(written) is not int or not 1850 <= written <= 2200:
        raise ConditionError(f'"{name}" takes a year such as 2001 or a day, not {written!r}')
    return date(written, 1, 1) if name == "born_from" else date(written, 12, 31)


def left_out(whole: Who, spec: Mapping[str, Any]) -> Who:
    """Everybody but those of `but`: one property of theirs is turned around."""
    if "but" not in spec:
        return whole
    who = who_of(spec["but"], "but")
    if len([value for value in spec["but"].values() if value is not None]) != 1:
        raise ConditionError('"but" takes one property: { leader = true }')
    return both(whole, opposite(who))


def opposite(who: Who) -> Who:
    if who.leader is not None or who.resident is not None:
        return Who(
            leader=None if who.leader is None else not who.leader,
            resident=None if who.resident is None else not who.resident,
        )
    if who.under is not None or who.to_age is not None:
        return Who(from_age=who.under if who.under is not None else (who.to_age or 0) + 1)
    if who.from_age is not None:
        return Who(under=who.from_age)
    raise ConditionError('"but" takes leader, resident or an age')
