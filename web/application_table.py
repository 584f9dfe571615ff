"""The applications of a round as a table, for files."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from flask_babel import gettext as _

from booking.rounds.models import Section
from booking.sheets import Cell
from web import words_of_applying as words
from web.words_of_booking import equipment_name, word_name


def heads() -> list[str]:
    named = [_("Organisation"), _("Application"), _("State"), _("Late"), _("Sent"), _("Group"), _("Activity")]
    named += [_("People"), _("Age group"), _("Under 18"), _("Residents"), _("Times a week"), _("At least, minutes")]
    named += [_("At most, minutes"), _("Weeks"), _("Parts of the season"), _("Possible times"), _("Spaces wished")]
    return [str(one) for one in [*named, _("Equipment"), _("Step-free"), _("Priority class"), _("Contact")]]


def rows(sections: Iterable[Section]) -> list[Sequence[Cell]]:
    return [_row(one) for one in sections]


def _row(one: Section) -> Sequence[Cell]:
    whole = one.application
    audience = one.audience
    who: list[Cell] = [whole.organisation.name, whole.ref, words.state_word(whole.state), whole.late, whole.sent_at]
    group = audience.get("group")
    what: list[Cell] = [one.name, word_name("activity_purpose", one.purpose), one.people]
    what += [word_name("audience_group", group) if group else "", audience.get("under_18"), audience.get("residents")]
    asked: list[Cell] = [one.events, one.min_minutes, one.max_minutes, one.weeks, ", ".join(one.periods)]
    where: list[Cell] = [times(one), "; ".join(words.places(one)), ", ".join(map(equipment_name, one.equipment))]
    return [*who, *what, *asked, *where, one.step_free, one.priority_class or "", whole.contact.name]


def times(section: Section) -> str:
    """In the form that a sheet is taken in by: a question mark means also possible."""
    return ", ".join(
        f"{words.weekday(one.weekday)} {words.stretch(one.start_min, one.end_min)}"
        + ("?" if one.preference == 2 else "")
        for one in section.windows
    )
