"""A small town's own rules for tests: a rulebook of the test's rows, approved in the database."""

from __future__ import annotations

from datetime import UTC, date, datetime

from sqlalchemy.orm import Session

from booking.models import Premises
from booking.versions.known import forget
from booking.versions.models import RulebookVersion, VersionState
from booking.versions.written import digest_of
from tests import make

BASE = """
family = "%(family)s"
version = "2026-01"
valid_from = 2020-01-01
municipality = "Espoo"
binding_language = "fi"
decider = "manager"

[name]
fi = "Keksilän säännöt"
sv = "Regler i Påhitt"

[sources.k]
title = "Keksitty"

[policy]
exclusions = "strictest"
priority = "first_match"
price = "first_match"

[roles]
principal = { fi = "rehtori", sv = "rektor", en = "the principal" }

[[priority_classes]]
id = "all"
name = { fi = "Kaikki", sv = "Alla" }

[[price_classes]]
id = "all"
name = { fi = "Kaikki", sv = "Alla" }

[[priority]]
id = "everybody"
class = "all"
decision = "Keksitty 1 §"
source = "k"
text = { fi = "Kaikki samassa luokassa.", sv = "Alla i samma klass." }

[[price]]
id = "everybody-pays"
class = "all"
decision = "Keksitty 2 §"
source = "k"
text = { fi = "Kaikki maksavat saman.", sv = "Alla betalar lika." }

[[rates]]
id = "ten"
class = "all"
unit = "hour"
amount = "10.00"
normal = true
decision = "Keksitty 3 §"
source = "k"
text = { fi = "Kymmenen euroa tunnilta.", sv = "Tio euro per timme." }
"""
CITED = 'decision = "Keksitty 4 §"\nsource = "k"\ntext = { fi = "Keksitty raja.", sv = "Påhittad gräns." }\n'


def row(table: str, name: str, **values: object) -> str:
    """One row of a table in TOML: strings quoted, anything else as written in `values`."""
    lines = [f"{key} = {toml(value)}" for key, value in values.items()]
    return f'\n[[{table}]]\nid = "{name}"\n' + "\n".join(lines) + "\n" + CITED


class Raw(str):
    """A value already in TOML."""

    __slots__ = ()


def toml(value: object) -> str:
    if isinstance(value, Raw):
        return str(value)
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list):
        return "[" + ", ".join(toml(one) for one in value) + "]"
    return f'"{value}"' if isinstance(value, str) else str(value)


def rules(session: Session, place: Premises, *rows: str, family: str = "keksi") -> None:
    """Put the premises under a rulebook of the base and these rows."""
    text = BASE % {"family": family} + "".join(rows)
    made, reviewed = make.person(session), make.person(session)
    session.add(
        RulebookVersion(
            family=family,
            version="2026-01",
            valid_from=date(2020, 1, 1),
            state=VersionState.APPROVED.value,
            text=text,
            digest=digest_of(text),
            made_by=made.id,
            made_at=datetime(2020, 1, 1, tzinfo=UTC),
            reviewed_by=reviewed.id,
            reviewed_at=datetime(2020, 1, 2, tzinfo=UTC),
        )
    )
    place.rulebook = family
    session.flush()
    forget(session)


def limit(name: str, kind: str, **values: object) -> str:
    return row("limits", name, kind=kind, **values)
