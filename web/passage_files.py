"""A list of passages as a CSV file that Finnish and Swedish spreadsheets open: BOM, semicolons, times of the town."""

from __future__ import annotations

from collections.abc import Iterable

from flask_babel import gettext as _

from access.passages import Passage
from booking import sheets
from web import i18n
from web.clock import HELSINKI
from web.words_of_doors import door_word, event_reason, order_reason


def as_csv(passages: Iterable[Passage]) -> bytes:
    """One line for each event, with a line of headings."""
    heads = [
        _("Door’s own time"),
        _("Received"),
        _("Premises and door"),
        _("What"),
        _("Why"),
        _("Who"),
        _("Organisation"),
    ]
    return sheets.as_csv(heads, (_line(one) for one in passages), HELSINKI)


def _line(one: Passage) -> list[sheets.Cell]:
    event = one.event
    return [
        event.device_at,
        event.received_at,
        f"{one.door.controller_id}: {one.door.name(i18n.language())}",
        door_word(event.kind, "event"),
        event_reason(event.kind, event.reason) or (order_reason(one.order.reason) if one.order else ""),
        one.person.name if one.person else "",
        one.organisation.name if one.organisation else "",
    ]
