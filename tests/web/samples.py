"""What the permission walk puts into addresses, by the name of the address's argument. Page writers add theirs here."""

from __future__ import annotations

from collections.abc import Callable

from sqlalchemy.orm import Session

from booking import feeds
from booking.reports import money_grants
from booking.reports.models import MoneyGrantKind
from booking.reports.money_grants import Given
from booking.roles import Role
from booking.rulebooks import shipped
from tests.web import (
    samples_apply,
    samples_codes,
    samples_life,
    samples_register,
    samples_rounds,
    samples_rules,
    samples_scenarios,
    samples_season,
    samples_staff,
)
from tests.web.town import NOW, Town


def feed(session: Session, town: Town) -> str:
    made, _token = feeds.make(session, owner=town.booker.id, now=NOW)
    return made.ref


def money_grant(session: Session, town: Town) -> str:
    given = Given(MoneyGrantKind.SPACE, 2026, 90_000, "Lautakunta 1.2.2026 § 3", NOW.date())
    by = town.people[Role.ADMINISTRATOR].id
    return money_grants.enter(session, town.organisation, given, by=by, now=NOW).ref


# argument -> what makes one in the town and returns its ref
SAMPLES: dict[str, Callable[[Session, Town], str]] = {
    "feed_ref": feed,
    "kind": lambda session, town: "csv",
    "money_grant_ref": money_grant,
    "rulebook": lambda session, town: shipped()[0].id,
    "row": lambda session, town: shipped()[0].price.rows[0].citation.row,
}
SAMPLES |= samples_staff.SAMPLES | samples_life.SAMPLES | samples_register.SAMPLES | samples_rules.SAMPLES
SAMPLES["family"] = lambda session, town: town.premises.rulebook
# made only when they are asked for: most pages have nothing to do with season rounds
OF_ROUNDS = (
    samples_codes.SAMPLES
    | samples_rounds.SAMPLES
    | samples_apply.SAMPLES
    | samples_season.SAMPLES
    | samples_scenarios.SAMPLES
)
