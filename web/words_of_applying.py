"""Words of applications: states, places wished, times, hints, what is left out, and faults of a sheet's cells."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, timedelta
from functools import cache
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel import ngettext

from booking.rounds.asking import Asking
from booking.rounds.checking import Hint
from booking.rounds.copying import Left
from booking.rounds.models import Application, ApplicationState, Section, SectionOption
from booking.rounds.offered import Offered, Where
from booking.rounds.sections import SectionWish
from booking.rounds.sheet_in import RowFault
from web import i18n
from web.errors import worded
from web.words_of_booking import equipment_name, word_name

MONDAY = date(2026, 11, 23)  # any Monday, for the names of weekdays
STATES: dict[str, Any] = {
    ApplicationState.DRAFT: _l("draft"),
    ApplicationState.SENT: _l("sent"),
    ApplicationState.WITHDRAWN: _l("withdrawn"),
}
LOOKS = {"draft": "waiting", "sent": "sent", "withdrawn": "ended"}
WEEKS: dict[str, Any] = {
    "every": _l("every week"),
    "A": _l("every second week (A, from the first week of the season)"),
    "B": _l("every second week (B, from the second week of the season)"),
}
PREFERENCES: dict[str, Any] = {"1": _l("wished"), "2": _l("also possible")}
LEFT: dict[str, Any] = {
    "option": _l("a place that is not in this round"),
    "window": _l("a time off the grid of this round"),
    "period": _l("a part of the season that this round does not have"),
    "equipment": _l("equipment that no space of this round has"),
    "group": _l("the group of the register, which is no more"),
    "whole": _l("could not be copied at all"),
}
COLUMNS: dict[str, Any] = {
    "name": _l("Group"),
    "purpose": _l("Activity"),
    "people": _l("People"),
    "events": _l("Times a week"),
    "min_minutes": _l("At least, minutes"),
    "max_minutes": _l("At most, minutes"),
    "windows": _l("Possible times"),
    "options": _l("Spaces wished"),
    "age": _l("Age group"),
    "audience_group": _l("Age group"),
    "under_18": _l("Under 18"),
    "residents": _l("Residents"),
    "equipment": _l("Equipment"),
    "step_free": _l("Step-free"),
    "weeks": _l("Weeks"),
    "periods": _l("Parts of the season"),
    "shared": _l("Coaches"),
}
SENTENCES: dict[str, Any] = {
    "no_space_fits": _l(
        "None of the spaces you wish holds %(people)s people: the largest of them holds %(most)s, and the largest of "
        "the round %(anywhere)s."
    ),
    "some_too_small": _l("Too small for %(people)s people, and left out for you: %(spaces)s."),
    "none_has": _l("None of the spaces you wish has this: %(equipment)s."),
    "none_step_free": _l("None of the spaces you wish can be reached without steps."),
    "no_hours": _l("None of the spaces you wish has hours in this round at your times for %(minutes)s minutes."),
    "some_shut": _l("These spaces have no hours in this round at your times: %(spaces)s."),
    "window_short": _l("%(weekday)s %(span)s is shorter than your shortest time, so nothing can be granted in it."),
    "same_coach": _l("%(name)s also leads %(other)s at these times; the two will be placed at different times."),
}


def state_word(state: str) -> str:
    return str(STATES.get(state, state))


def state_look(state: str) -> str:
    return LOOKS.get(state, "waiting")


def weekday(number: int) -> str:
    return _weekdays(i18n.language())[number]


@cache
def _weekdays(_language: str) -> list[str]:
    return [i18n.day(MONDAY + timedelta(days=number), "weekday") for number in range(7)]


def minute(value: int) -> str:
    """A minute of day as the language writes it; the end of the day is 24."""
    hours, minutes = divmod(value, 60)
    if i18n.language() == "fi":
        return f"{hours}.{minutes:02}" if minutes else str(hours)
    return f"{hours:02}{'.' if i18n.language() == 'sv' else ':'}{minutes:02}"


def stretch(start_min: int, end_min: int) -> str:
    return f"{minute(start_min)}–{minute(end_min)}"


def length(minutes: int) -> str:
    hours, rest = divmod(minutes, 60)
    if not hours:
        return str(_("%(minutes)s min", minutes=rest))
    if not rest:
        return str(_("%(hours)s h", hours=hours))
    return str(_("%(hours)s h %(minutes)s min", hours=hours, minutes=rest))


def lengths(section: Section | SectionWish) -> str:
    """How long its times are: 1 h – 1 h 30 min."""
    shortest, longest = length(section.min_minutes), length(section.max_minutes)
    return shortest if section.min_minutes == section.max_minutes else f"{shortest} – {longest}"


def place(option: SectionOption) -> str:
    """Where an option would be, in words."""
    if option.space is not None:
        return f"{option.space.premises.name(i18n.language())}: {option.space.name(i18n.language())}"
    house_name = option.premises.name(i18n.language()) if option.premises else ""
    return _any(option.space_kind or "", house_name, option.district or "")


def where_said(where: Where, round_: Offered) -> str:
    if where.space:
        space = round_.by_ref[where.space]
        return f"{space.premises.name(i18n.language())}: {space.name(i18n.language())}"
    house = round_.premises.get(where.premises)
    return _any(where.kind, house.name(i18n.language()) if house else "", where.district)


def _any(kind: str, house: str, district: str) -> str:
    what = word_name("space_kind", kind) if kind else _("any space")
    return ", ".join(part for part in (str(what), house, district) if part)


def hint_said(hint: Hint, round_: Offered) -> str:
    """A hint as a sentence."""
    facts = dict(hint.facts)
    if hint.code == "contested":
        return str(
            ngettext(
                "%(weekday)s: this wish is contested by %(num)s other group.",
                "%(weekday)s: this wish is contested by %(num)s other groups.",
                facts["count"],
                weekday=weekday(facts["weekday"]).capitalize(),
            )
        )
    if "spaces" in facts:
        facts["spaces"] = ", ".join(where_said(Where(space=ref), round_) for ref in facts["spaces"])
    if "equipment" in facts:
        facts["equipment"] = equipment_name(facts["equipment"])
    if "weekday" in facts:
        facts["span"] = stretch(facts["start_min"], facts["end_min"])
        facts["weekday"] = weekday(facts["weekday"]).capitalize()
    return str(SENTENCES[hint.code]) % facts


def asking_said(asked: Asking) -> list[str]:
    """What the whole application asks for, beside last season and the members."""
    wanted = length(asked.least_min)
    if asked.most_min != asked.least_min:
        wanted = f"{wanted} – {length(asked.most_min)}"
    if asked.members:
        said = [_("You ask for %(wanted)s a week for %(members)s members.", wanted=wanted, members=asked.members)]
    else:
        said = [_("You ask for %(wanted)s a week.", wanted=wanted)]
    said += _before(asked)
    if asked.more_people_than_members:
        told = {"people": asked.people, "members": asked.members}
        said.append(_("The groups have %(people)s people, and the register knows %(members)s members.", **told))
    return [str(one) for one in said]


def _before(asked: Asking) -> Iterable[str]:
    if asked.granted_min is None:
        return
    if not asked.granted_min:
        yield _("Nothing was granted to you last season.")
        return
    granted = length(asked.granted_min)
    if asked.used_percent is not None:
        told = {"granted": granted, "percent": asked.used_percent}
        yield _("Last season %(granted)s a week was granted, and %(percent)s per cent of it was used.", **told)
    else:
        yield _("Last season %(granted)s a week was granted.", granted=granted)
    if asked.more_than_before:
        yield _("That is clearly less than you ask for now: tell in the note why more is needed.")


def left_said(left: Left) -> str:
    said = str(LEFT[left.what])
    return f"{left.section}: {said}" + (f" ({left.count})" if left.count > 1 else "")


def column_said(column: str) -> str:
    return str(COLUMNS.get(column, column))


def fault_said(fault: RowFault | Mapping[str, Any]) -> str:
    """A fault of a cell, or of a field of a section, as a sentence."""
    if isinstance(fault, RowFault):
        return worded("bad_input", {"problem": fault.problem, "found": fault.found, **(fault.facts or {})})
    return worded("bad_input", fault)


def summary(section: Section | SectionWish) -> str:
    """A section in one line: how often, how long, how many."""
    times = ngettext("%(num)s time a week", "%(num)s times a week", section.events)
    people = ngettext("%(num)s person", "%(num)s people", section.people)
    weeks = "" if section.weeks == "every" else f" · {WEEKS[section.weeks]}"
    return f"{times} · {lengths(section)} · {people}{weeks}"


def title(application: Application) -> str:
    """What an application is called: the organisation and the season."""
    return f"{application.organisation.name}: {application.round.name(i18n.language())}"


def places(section: Section) -> list[str]:
    return [place(option) for option in section.options]


FILTERS = {
    "application_state": state_word,
    "application_look": state_look,
    "weekday_name": weekday,
    "stretch": stretch,
    "minute_of_day": minute,
    "place_said": place,
    "section_summary": summary,
    "application_title": title,
    "left_said": left_said,
    "section_column": column_said,
    "section_fault": fault_said,
    "weeks_word": lambda word: str(WEEKS.get(word, word)),
}
