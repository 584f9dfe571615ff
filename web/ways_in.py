"""How one gets in, in words: the door practice of the rulebook, and what stands in the way."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel import ngettext

from booking.core.rules.access import Mode
from booking.door_practice import DoorPractice
from booking.ids import OccurrenceId
from booking.models import Occurrence
from web import i18n
from web.explained import said
from web.words_of_booking import fact_name, word_name

NEEDS: dict[str, Any] = {
    "prepayment": _l("it must be paid for first"),
    "no_ban": _l("a ban is in force"),
    "slot_being_undone": _l("the slot of the season is being undone"),
    "no_debt": _l("invoices past their due day must be paid first"),
    "verified": _l("the proof of register must be shown first"),
}


def early(practice: DoorPractice, row: Occurrence) -> str:
    """How long before the time, in words; a second less is told as the whole minute."""
    minutes = -(-(row.starts_at - practice.opens_at) // timedelta(minutes=1))
    if minutes <= 0:
        return str(_("when your time begins"))
    return str(ngettext("%(num)s minute before your time", "%(num)s minutes before your time", minutes))


MODES: Mapping[Mode, Callable[[str, str], str]] = {
    Mode.SUPERVISOR_OPENS: lambda when, _who: _("The supervisor opens the door %(when)s.", when=when),
    Mode.OWN_KEY: lambda _when, _who: _(
        "You open the door with your own key, and where it has a reader with a card or door code."
    ),
    Mode.TAG: lambda _when, _who: _("You open the door with the tag you were given."),
    Mode.PIN: lambda when, _who: _("A card or door code opens the door from %(when)s.", when=when),
    Mode.PHONE: lambda when, _who: _("Your phone or a door code opens the door from %(when)s.", when=when),
    Mode.CONTACT_HANDS_OVER: lambda _when, who: _("%(name)s hands over the keys.", name=who),
    Mode.OPEN: lambda _when, _who: _("The door is open."),
}


WHOM: Mapping[Mode, Callable[[str], str]] = {
    Mode.SUPERVISOR_OPENS: lambda who: _("On duty: %(contact)s", contact=who),
    Mode.OWN_KEY: lambda who: _("Keys are handed out by: %(contact)s", contact=who),
}


@dataclass(frozen=True, slots=True)
class Way:
    """How one time gets in. `because`: why the door does not open yet; `notes`: what else the rules say of the door;
    `sign`: a commitment is to be signed."""

    said: str
    because: tuple[str, ...]
    notes: tuple[str, ...]
    sign: bool = False

    @property
    def opens(self) -> bool:
        return not self.because


def way_of(practice: DoorPractice, row: Occurrence) -> Way | None:
    """The way in of one time; None where the rulebook says nothing of it, and nothing stands in the way."""
    if practice.rule is None and practice.allowed:
        return None
    place = row.space.premises
    rule, zone = practice.rule, ZoneInfo(place.zone)
    contact = (rule.duty_contact if rule else None) or f"{place.contact_name} {place.contact_phone}".strip()
    how = MODES[rule.mode](early(practice, row), contact) if rule else ""
    return Way(how, tuple(because(practice)), tuple(_notes(practice, zone, contact)), to_sign(practice))


def to_sign(practice: DoorPractice) -> bool:
    """Whether the door needs a commitment that is not signed."""
    return any(name.startswith("commitment:") for name in practice.because)


def because(practice: DoorPractice) -> Iterable[str]:
    """What is not in order, in words: needs, and rows that stand against it with their own words."""
    rows = {one.row: said(one.text) for one in practice.rows}
    for name in practice.because:
        if name.startswith("commitment:"):
            yield _("sign the commitment: %(name)s", name=word_name("commitment", name.removeprefix("commitment:")))
        elif name in rows:
            yield rows[name]
        elif name in NEEDS:
            yield str(NEEDS[name])
        else:
            yield _("not known: %(fact)s", fact=fact_name(name))


def _notes(practice: DoorPractice, zone: ZoneInfo, contact: str) -> Iterable[str]:
    rule = practice.rule
    if practice.leave_by is not None:
        yield _("Be out by %(clock)s.", clock=i18n.clock(practice.leave_by, zone))
    if rule is None:
        return
    if rule.first_in is not None and rule.first_in.value == "responsible":
        yield _("Nobody goes in before the responsible person.")
    if rule.guest_book:
        yield _("Write in the guest book.")
    if rule.inspection:
        yield _("Look over the space when you come and when you go.")
    if rule.duty_contact:
        yield _("If the door does not open: %(contact)s", contact=contact)
    elif contact and rule.mode in WHOM:
        yield WHOM[rule.mode](contact)


@dataclass(frozen=True, slots=True)
class Since:
    """A way in and the first of the days it is for; None for the next time."""

    way: Way
    first_on: date | None


def ways(found: Mapping[OccurrenceId, DoorPractice], rows: Iterable[Occurrence], now: datetime) -> tuple[Since, ...]:
    """The ways in of the times ahead, each change told with its day (acceptance D12)."""
    made: list[Since] = []
    last: Way | None = None
    for row in rows:
        if row.id not in found or row.ends_at <= now:
            continue
        way = way_of(found[row.id], row)
        if way is not None and (last is None or (way.said, way.because) != (last.said, last.because)):
            day = row.starts_at.astimezone(ZoneInfo(row.space.premises.zone)).date()
            made.append(Since(way, day if made else None))
        last = way or last
    return tuple(made)
