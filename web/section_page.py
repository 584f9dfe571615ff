"""What the form of a section offers: groups, places, days, periods, equipment."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import date
from typing import Any

from flask_babel import gettext as _
from sqlalchemy.orm import Session

from booking.asked import names_asked
from booking.judging import CONSENTS
from booking.refusals import BadInput
from booking.rounds import applying
from booking.rounds.models import Application, Round, Section
from booking.rounds.offered import Offered, Where
from booking.rounds.sections import COUNTS, SectionWish, faults, wish_of
from booking.rulebooks import NoRulebook
from booking.versions.known import book_on
from web import fact_fields, forms, i18n, section_form
from web import words_of_applying as words
from web.booking_form import EXTRAS, OF_TIMES, tellable
from web.fact_fields import FactField
from web.words_of_booking import equipment_name, word_name

Choices = list[tuple[str, str]]


def kept(row: Section | None, facts: Iterable[FactField]) -> forms.Form[Any]:
    """The form as a section stands; a new one starts from an hour once a week."""
    if row is None:
        return forms.blank(events=1, min_minutes=60, max_minutes=60, weeks="every", revision=0)
    return section_form.of_wish(wish_of(row, row.group), row.revision, facts)


def facts_asked(db: Session, round_: Round) -> tuple[FactField, ...]:
    """The fields for what the rules of the round ask of a group beside the form's own: not of times, which come with
    the allocation, nor consents, which are asked of a booking."""
    try:
        book = book_on(db, round_.family, round_.first_on)
    except NoRulebook:
        return ()
    left_out = {*OF_TIMES, EXTRAS, CONSENTS}
    return fact_fields.asked(book, sorted(one for one in names_asked(book) - left_out if tellable(book, one)))


def values(
    db: Session, application: Application, row: Section | None, round_: Offered, form: forms.Form[Any]
) -> dict[str, Any]:
    """Everything for sections/edit.html but the form and its hints."""
    groups = applying.groups_of(db, application.organisation_id)
    return {
        "row": application,
        "facts": facts_asked(db, application.round),
        "section": row,
        "groups": [(ref, group.name) for ref, group in groups.items()],
        "places": places(round_, form),
        "days": [(day, words.weekday(day), section_form.window_rows(form, day)) for day in range(7)],
        "option_rows": section_form.option_rows(form),
        "periods": [(key, period_name(one)) for key, one in round_.periods.items()],
        "equipment": [(word, equipment_name(word)) for word in round_.equipment],
        "grid": application.round.grid_min,
        "counts": COUNTS,
        "weeks": list(words.WEEKS.items()),
        "preferences": list(words.PREFERENCES.items()),
    }


def period_name(period: Any) -> str:
    """A part of the season with its days."""
    name = period.get(f"name_{i18n.language()}") or period["name"]
    first, last = (i18n.day(date.fromisoformat(str(period[key])), "plain") for key in ("first_on", "last_on"))
    return f"{name} ({first} – {last})"


def places(round_: Offered, form: forms.Form[Any]) -> list[tuple[str, Choices]]:
    """The places to choose from, in groups: spaces by premises with parts below the whole, then wider wishes; and what
    is chosen already but in no group."""
    made: list[tuple[str, Choices]] = []
    for house in round_.premises.values():
        inside = [space for space in round_.spaces if space.premises_id == house.id]
        listed = [(section_form.encoded(Where(space=one.ref)), _space(one, round_)) for one in inside]
        made.append((house.name(i18n.language()), listed))
    wide: list[tuple[str, list[Where]]] = [
        (str(_("Any space of a kind")), [Where(kind=kind) for kind in round_.kinds]),
        (str(_("Any space of premises")), [Where(premises=ref) for ref in round_.premises]),
        (str(_("Any space of a district")), [Where(district=one) for one in round_.districts]),
    ]
    made += [(title, [_wide(one, round_) for one in some]) for title, some in wide if some]
    return made + _typed(round_, form, {value for _title, some in made for value, _said in some})


def _space(space: Any, round_: Offered) -> str:
    name = "– " * round_.depths[space.id] + space.name(i18n.language())
    return f"{name} ({_('%(number)s people', number=space.capacity)})"


def _wide(where: Where, round_: Offered) -> tuple[str, str]:
    said = word_name("space_kind", where.kind) if where.kind else words.where_said(where, round_)
    return section_form.encoded(where), said


def _typed(round_: Offered, form: forms.Form[Any], known: set[str]) -> list[tuple[str, Choices]]:
    """Combinations that came by file or program."""
    chosen = {str(form[f"option_{n}"]) for n in section_form.option_rows(form)} - known - {""}
    said: Choices = []
    for value in sorted(chosen):
        try:
            where = section_form.decoded(value)
        except BadInput:
            continue
        if round_.known(where):
            said.append((value, words.where_said(where, round_)))
    return [(str(_("Combined")), said)] if said else []


def named(db: Session, application: Application, wish: SectionWish) -> SectionWish:
    """With the name of its group of the register, where it has none of its own."""
    if wish.name or not wish.group:
        return wish
    group = applying.groups_of(db, application.organisation_id).get(wish.group)
    return replace(wish, name=group.name) if group else wish


def refuse_all(
    db: Session, application: Application, round_: Offered, wish: SectionWish, form: forms.Form[Any]
) -> None:
    """Put everything that is wrong beside its field, also what would only stand against sending."""
    found = faults(wish, round_, applying.groups_of(db, application.organisation_id))
    if found:
        section_form.refuse(form, BadInput(faults=[one.told() for one in found]))
