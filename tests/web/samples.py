"""What the permission walk puts into addresses, by the name of the address's argument. Page writers add theirs here."""

from __future__ import annotations

from collections.abc import Callable

from sqlalchemy.orm import Session

from booking import feeds
from booking.rulebooks import shipped
from tests.web import samples_life, samples_staff
from tests.web.town import NOW, Town


def feed(session: Session, town: Town) -> str:
    made, _token = feeds.make(session, owner=town.booker.id, now=NOW)
    return made.ref


# argument -> what makes one in the town and returns its ref
SAMPLES: dict[str, Callable[[Session, Town], str]] = {
    "feed_ref": feed,
    "rulebook": lambda session, town: shipped()[0].id,
    "row": lambda session, town: shipped()[0].price.rows[0].citation.row,
}
SAMPLES |= samples_staff.SAMPLES
SAMPLES |= samples_life.SAMPLES
SAMPLES["family"] = lambda session, town: town.premises.rulebook
