"""The decision letter of a round as a tagged PDF, made from the facts that were frozen when it was written."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, datetime
from typing import Any

from flask_babel import gettext as _
from flask_babel import ngettext

from web import i18n
from web.paper import Paper, Section, appeals, pdf
from web.words_of_grants import not_granted, slot, weeks_said

Facts = Mapping[str, Any]
MOST_REASONS = 12  # for each group; the page of the application has them all


def letter_pdf(facts: Facts, *, at: datetime) -> bytes:
    """The letter in the language of the page; the same facts and language give the same file."""
    return pdf(letter(facts), at=at)


def letter(facts: Facts) -> Paper:
    office = facts["office"]
    title = _("Decision on slots of the season")
    return Paper(
        lang=i18n.language(),
        title=title,
        sender=[one for one in (office["name"], office["address"], office["contact"], office["email"]) if one],
        receiver=[facts["organisation"], facts["contact"]],
        sections=[
            _head(facts),
            *(part for one in facts["sections"] for part in _group(one)),
            *_conditions(facts),
            _grounds(facts),
            _review(facts),
        ],
        footer=f"{_named(facts['round'])}, {facts['organisation']}",
    )


def _named(names: Mapping[str, str]) -> str:
    return str(names.get(i18n.language()) or names.get("fi", ""))


def _day(told: str | None) -> str:
    return i18n.day(date.fromisoformat(told), "plain") if told else "–"


def _head(facts: Facts) -> Section:
    first, last = facts["season"]
    rows = [
        (_("Decision"), facts["decision"]),
        (_("Sent on"), _day(facts["sent_on"]) if facts["sent_on"] else _("draft, not sent")),
        (_("Round"), _named(facts["round"])),
        (_("Season"), f"{_day(first)} – {_day(last)}"),
        (_("Rules"), facts["rulebook"]),
    ]
    late = [_("The application came late, so it shares what is left over.")] if facts["late"] else []
    return Section(facts=rows, paragraphs=late)


def _group(one: Facts) -> Iterable[Section]:
    """What one group asked for, got and did not get, and what it costs."""
    yield Section(heading=one["name"], facts=_asked(one), items=[_slot(each) for each in one["granted"]])
    if one["given_up"]:
        yield Section(paragraphs=[_("Proposed, but not taken:")], items=[_slot(each) for each in one["given_up"]])
    if left := one["events"] - len(one["granted"]):
        yield _not_granted(one, left)
    if one["price"]:
        yield _price(one["price"])


def _asked(one: Facts) -> list[tuple[str, str]]:
    shortest, longest = one["minutes"]
    length = str(shortest) if shortest == longest else f"{shortest}–{longest}"
    times = ngettext("%(num)s time a week", "%(num)s times a week", one["events"])
    rows = [(_("Asked for"), _("%(times)s, %(minutes)s minutes each", times=times, minutes=length))]
    if one["class"]:
        rows.append((_("Priority class"), " – ".join(filter(None, (str(one["class"]), _named(one["class_name"]))))))
    got = ngettext("%(num)s time a week", "%(num)s times a week", len(one["granted"]))
    return [*rows, (_("Granted"), got if one["granted"] else _("nothing"))]


def _slot(one: Facts) -> str:
    when = ", ".join(filter(None, (slot(one), weeks_said(one["weeks"]))))
    where = f"{_named(one['space'])}, {_named(one['premises'])}"
    return f"{when}, {where}, {_day(one['first_on'])} – {_day(one['last_on'])}"


def _not_granted(one: Facts, left: int) -> Section:
    head = ngettext("Not granted: %(num)s time a week", "Not granted: %(num)s times a week", left)
    if one["excluded_why"]:
        return Section(heading=head, paragraphs=[one["excluded_why"]])
    said = list(dict.fromkeys(_reason(each) for each in one["reasons"]))
    more = [_("And other wishes for like reasons.")] if len(said) > MOST_REASONS else []
    nothing = [] if said else [_("The times that were possible went to others by the rules of the round.")]
    return Section(heading=head, paragraphs=[*nothing, *more], items=said[:MOST_REASONS])


def _reason(one: Facts) -> str:
    """One reason in words: when, why, and the row of the rules it comes from. Whoever got the time is not named."""
    when = f"{slot(one)}: " if one.get("weekday") is not None and one.get("end_min") is not None else ""
    cited = one.get("cited")
    row = f" {_cited(cited)}" if cited else ""
    return f"{when}{not_granted(one['code'])}{row}"


def _cited(cited: Facts) -> str:
    text = _named(cited["text"])
    decision = _("Decision: %(decision)s", decision=cited["decision"])
    return f"{text} {decision} ({_('Rule %(row)s', row=cited['row'])}, {cited['rulebook']})"


def _price(price: Facts) -> Section:
    named = _named(price["class_name"]) or price["class"] or _("not known")
    rows = [(_("Price class"), named), (_("Price of each time, by the rules known now"), i18n.euros(price["cents"]))]
    return Section(facts=rows, items=[_cited(one) for one in price["rows"]])


def _conditions(facts: Facts) -> list[Section]:
    said = facts["conditions"]
    return [Section(heading=_("Conditions"), paragraphs=said.splitlines())] if said else []


def _grounds(facts: Facts) -> Section:
    """The rules behind the classes, each row once, with its source."""
    rows = {one["rule"]["row"]: one["rule"] for one in facts["sections"] if one["rule"]}
    told = _("The slots were allocated by the rules in force, one priority class after the other.")
    run = [
        _("The allocation can be run again: plan %(hash)s.", hash=one["plan_hash"][:16])
        for one in facts["plan"]
        if one["plan_hash"]
    ]
    items = [f"{_cited(one)} {_('Source: %(source)s', source=one['source'])}" for one in rows.values()]
    return Section(heading=_("Grounds"), paragraphs=[told, *run], items=items)


def _review(facts: Facts) -> Section:
    read, language = appeals()["review_request"], i18n.language()
    text = read["text"][language].replace(str(read["days"]), str(facts["review_days"]))
    rows = [(_("Last day to ask for a review"), _day(facts["review_by_on"]))] if facts["review_by_on"] else []
    return Section(heading=read["heading"][language], facts=rows, paragraphs=[text, read["source"]])
