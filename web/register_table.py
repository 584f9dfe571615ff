"""The register as a table, for files: the columns that can be taken in again, and how each organisation stands."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from flask_babel import gettext as _
from sqlalchemy import select
from sqlalchemy.orm import Session

from booking.importing.plan import SHOWN
from booking.models import Organisation, OrganisationKind
from booking.register import proofs
from booking.register.proofs import KNOWN, ProofState, Standing
from booking.sheets import Cell
from web.words_of_register import state_name

MORE = ("state", "proved_until", "ref")


def heads() -> list[str]:
    """The heads of the columns, as the import knows them."""
    return [*SHOWN, *MORE]


def rows(session: Session, on: date) -> list[Sequence[Cell]]:
    """Every entry in use but private persons, by name."""
    query = select(Organisation).where(Organisation.kind != OrganisationKind.PERSON.value)
    found = list(session.scalars(query.where(Organisation.merged_into_id.is_(None)).order_by(Organisation.name)))
    stand = proofs.standings(session, [one.id for one in found], on)
    return [_row(one, _standing(one, stand.get(one.id))) for one in found]


def _standing(row: Organisation, found: Standing | None) -> Standing:
    if row.kind in KNOWN:
        return Standing(ProofState.NOT_NEEDED)
    return found or Standing(ProofState.NOT_VERIFIED)


def _row(row: Organisation, standing: Standing) -> list[Cell]:
    cells: list[Cell] = [getattr(row, name) for name in SHOWN if name != "purposes"]
    cells.insert(SHOWN.index("purposes"), ", ".join(row.purposes))
    return [*cells, state_name(standing.state), standing.until, row.ref]


def title() -> str:
    return str(_("Register of organisations"))
