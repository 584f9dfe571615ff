"""What the demo's people decided about doors: a free time that waits for the caretaker, two factors, staff access."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime

from sqlalchemy.orm import Session

from access import door_rules, free_schedules, staff_access
from access.door_rules import Assurance, RulesWish
from access.free_schedules import FreeWish
from access.staff_access import StaffWish
from booking.models import Person
from devices.messages import FIRST_IN, SURVIVES_LOCKDOWN, SURVIVES_STALE
from web.demo.town import Built

WEEKDAYS = (0, 1, 2, 3, 4)


def fill(session: Session, built: Built, persons: Mapping[str, Person], *, now: datetime, today: date) -> None:
    """The service centre's outer door is open to all on weekdays from 8 to 16 once the caretaker came; the classroom
    wing of the school asks for card and PIN; the caretaker passes everywhere."""
    by = persons["manager"].id
    centre = built.doors["service-outer"]
    wish = FreeWish(WEEKDAYS, 480, 960, today, first_in=True)
    free_schedules.add(session, centre, wish, by=by, now=now)
    wing = built.doors["school-music"]
    rules = RulesWish(assurance=Assurance.TWO_FACTORS, factors=2, long_open_s=door_rules.usual_long_open_s(wing))
    door_rules.set_rules(session, wing, rules, by=by, now=now)
    flags = (SURVIVES_LOCKDOWN, SURVIVES_STALE, FIRST_IN)
    for place in built.houses.values():
        staff = StaffWish(persons["caretaker"].id, "Talonmies", flags)
        staff_access.give(session, place.id, staff, by=by, now=now)
