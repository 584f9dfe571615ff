"""A list of passages as a CSV file that Finnish and Swedish spreadsheets open: BOM, semicolons, times of the town."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable

from flask_babel import gettext as _

from access.passages import Passage
from web import i18n
from web.clock import HELSINKI
from web.words_of_doors import door_word, event_reason

RISKY = ("=", "+", "-", "@", "\t", "\r")


def as_csv(passages: Iterable[Passage]) -> bytes:
    """One line for each event, with a line of headings."""
    file = io.StringIO()
    lines = csv.writer(file, delimiter=";", lineterminator="\r\n")
    lines.writerow(
        [_("Door’s own time"), _("Received"), _("Premises and door"), _("What"), _("Why"), _("Who"), _("Organisation")]
    )
    lines.writerows([_guarded(cell) for cell in _line(one)] for one in passages)
    return file.getvalue().encode("utf-8-sig")


def _line(one: Passage) -> list[str]:
    event = one.event
    return [
        event.device_at.astimezone(HELSINKI).strftime("%Y-%m-%d %H:%M:%S%z"),
        event.received_at.astimezone(HELSINKI).strftime("%Y-%m-%d %H:%M:%S%z"),
        f"{one.door.controller_id}: {one.door.name(i18n.language())}",
        door_word(event.kind, "event"),
        event_reason(event.kind, event.reason) or (one.order.reason if one.order else ""),
        one.person.name if one.person else "",
        one.organisation.name if one.organisation else "",
    ]


def _guarded(cell: str) -> str:
    """A spreadsheet takes a cell that begins so for a formula."""
    return f"'{cell}" if cell.startswith(RISKY) else cell
