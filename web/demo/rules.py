"""The demo's rules in the making: a draft in review, with what it would have meant to the bookings around today."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy.orm import Session

from booking.models import Person
from booking.rulebook_merge import Document
from booking.rulemaking import drafts, review, tables, trials
from booking.rulemaking.models import UNDER_WAY

BASE = "espoo-2025-01"
DECISION = "Luonnos lautakunnalle § 12 (keksitty)"
ADULTS = {
    "id": "gym-adults",
    "class": "sport-3",
    "decision": DECISION,
    "source": "draft",
    "scope": {"space_kind": ["gym"]},
    "when": {
        "all": [
            {"use": "local"},
            {"share": "audience.under_18", "of": "audience.total", "is": "<=", "value": "1/2"},
        ]
    },
    "text": {
        "fi": "Liikuntasaleissa espoolaisten yhdistysten aikuisryhmät tulevat taiteen perusopetuksen rinnalle.",
        "sv": "I gymnastiksalarna jämställs Esboföreningars vuxengrupper med den grundläggande konstundervisningen.",
        "en": "In gyms, adult groups of Espoo's associations come beside basic arts education.",
    },
}
NEW_HOUR = "9.00"


def fill(session: Session, persons: Mapping[str, Person], *, today: date, made_at: datetime) -> None:
    """A draft by the manager, sent to review, tried on the weeks around today. The administrator can approve it."""
    maker, begins = persons["manager"].id, date(today.year + 1, 1, 1)
    version = f"{begins.year}-01"
    row = drafts.copy(session, BASE, version=version, valid_from=begins, by=maker, now=made_at)
    drafts.edit(session, row, invented, by=maker, now=made_at)
    around = timedelta(days=60)
    trial = trials.ask(session, row, first_on=today - around, last_on=today + around, by=maker, now=made_at)
    while trial.state in UNDER_WAY:
        trials.slice_of(session, trial, made_at)
    review.send(session, row, by=maker, now=made_at, decision=DECISION)


def invented(document: Document) -> Document:
    """Adults in gyms need no decision any more; the reduced hour of early education is dearer. Both are invented."""
    source = {"draft": {"title": "Keksitty luonnos, ei mikään päätös"}}
    named = document | {
        "name": {"fi": "Espoon säännöt, luonnos (keksitty)", "sv": "Esbos regler, utkast (påhittat)"},
        "sources": document["sources"] | source,
        "demo": True,
    }
    added = tables.put("priority", ADULTS, instead_of=None)(named)
    first = tables.moved("priority", "gym-adults", -99)(added)
    return first | {"rates": [dearer(row) for row in first["rates"]]}


def dearer(row: dict[str, Any]) -> dict[str, Any]:
    reduced = str(row["id"]).startswith("rate-early-reduced") and "amount" in row
    return row | {"amount": NEW_HOUR, "decision": DECISION, "source": "draft"} if reduced else row
