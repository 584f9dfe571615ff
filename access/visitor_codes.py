"""Codes for deliveries and visitors: made by who has a right to a time, within it, for so many uses, and ended by one
press. A code stands on its maker's right: when that goes, the code opens nothing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session, joinedload

from access import credentials, pin_codes, register, rights, upcoming
from access.code_models import VisitorCode
from access.ids import CredentialId, DoorId
from access.keys import Vault
from access.models import Credential, Door, DoorEvent, Purpose
from access.practice import practice
from access.serving import doors_of
from booking.acts import Act, ActKind, tell
from booking.core.span import Span
from booking.ids import BookingId, PersonId
from booking.models import Occurrence
from booking.refusals import BadInput, NotAllowed, NotFound, NotNow
from devices.drivers.registry import DRIVERS
from devices.events import EventKind

LONGEST_LABEL = 60


@dataclass(frozen=True, slots=True)
class VisitorWish:
    """What a code is to be. `uses` None: any number within its window; they count at each door by itself."""

    label: str
    span: Span
    uses: int | None = 1
    first_use_min: int | None = None


@dataclass(frozen=True, slots=True)
class Shown:
    """A code with what was spent of it at each door, by the events that have come."""

    row: VisitorCode
    spent: tuple[tuple[Door, int], ...]

    @property
    def credential(self) -> Credential:
        return self.row.credential

    @property
    def most_spent(self) -> int:
        return max((count for _, count in self.spent), default=0)

    @property
    def used_up(self) -> bool:
        return self.row.uses is not None and bool(self.spent) and min(n for _, n in self.spent) >= self.row.uses


def make(
    session: Session, vault: Vault, occurrence: Occurrence, wish: VisitorWish, *, by: PersonId, now: datetime
) -> VisitorCode:
    """A code for a time whose door the maker may open. Raises BadInput, NotAllowed, NotNow (no_door, too_many)."""
    use = next(iter(upcoming.uses(session, [occurrence.id], now)), None)
    if use is None or use.closes_at <= now or use.shut or use.cards_only:
        raise NotNow(state="no_door", reason="no_door")
    holders = upcoming.key_holders(session, [use.organisation])
    if by not in use.persons and not any(each.person == by and each.carries(use) for each in holders):
        raise NotAllowed(what="visitor_code")
    span = _inside(wish.span, Span(use.opens_at, use.closes_at), now)
    if len(_live(session, use.booking)) >= practice().visitor_codes_most:
        raise NotNow(state="too_many_codes", reason="too_many_codes")
    locked = register.lock(session, frozenset().union(*doors_of(session, use.spaces).values()))
    doors = [door for door in locked if DRIVERS[door.driver].pin_rule is not None]
    if not doors:
        raise NotNow(state="no_door", reason="no_door")
    found = pin_codes.new_code(session, vault, doors)
    made = pin_codes.add(
        session, vault, occurrence.booking, by, found, now, purpose=Purpose.VISITOR, label=_label(wish.label)
    )
    row = VisitorCode(
        credential_id=made.id,
        occurrence_id=occurrence.id,
        label=made.label,
        starts_at=span.starts_at,
        ends_at=span.ends_at,
        uses=wish.uses,
        first_use_min=wish.first_use_min,
        made_at=now,
        credential=made,
    )
    session.add(row)
    session.flush()
    body = {"label": row.label, "from": row.starts_at, "until": row.ends_at, "uses": row.uses}
    tell(session, Act(ActKind.VISITOR_CODE_MADE, now, by, made.ref, body, None, (by,), (occurrence.id,)))
    rights.refresh(session, [occurrence.id], now, vault=vault)
    return row


def end(session: Session, row: VisitorCode, *, by: PersonId, now: datetime) -> None:
    """It opens nothing any more, from each door's next list."""
    credentials.revoke(session, row.credential.ref, by=by, now=now, why="returned")


def by_ref(session: Session, ref: str) -> VisitorCode:
    """The code, whether it lives or not. Raises NotFound."""
    query = select(VisitorCode).join(Credential).where(Credential.ref == ref)
    row = session.scalar(query.options(joinedload(VisitorCode.credential)))
    if row is None:
        raise NotFound(what="visitor_code")
    return row


def of_booking(session: Session, booking: BookingId, now: datetime) -> list[Shown]:
    """The codes made for a booking whose windows are not over, also those that were ended; by their beginning."""
    query = select(VisitorCode).join(Credential).where(Credential.booking_id == booking, VisitorCode.ends_at > now)
    rows = session.scalars(query.options(joinedload(VisitorCode.credential)).order_by(VisitorCode.starts_at)).all()
    return shown(session, rows)


def shown(session: Session, rows: Sequence[VisitorCode]) -> list[Shown]:
    """The codes with their uses spent."""
    spent = _spent(session, [row.credential_id for row in rows])
    doors = {door.id: door for door in session.scalars(select(Door).where(Door.id.in_({door for _, door in spent})))}
    return [
        Shown(row, tuple((doors[door], count) for (whose, door), count in spent.items() if whose == row.credential_id))
        for row in rows
    ]


def digits(session: Session, vault: Vault, row: VisitorCode, *, by: PersonId, now: datetime) -> str | None:
    """The code, for its maker to pass on; that it was shown is told. None when it has ended."""
    if row.credential.person_id != by:
        raise NotAllowed(what="visitor_code")
    if row.credential.revoked_at is not None or row.credential.pin_sealed is None:
        return None
    tell(session, Act(ActKind.PIN_SHOWN, now, by, row.credential.ref, {"label": row.label}, None, (by,)))
    return pin_codes.unsealed(vault, row.credential)


def note_use(session: Session, credential: CredentialId, at: datetime, now: datetime) -> None:
    """A door let somebody in with it: if its clock starts with the first use, it ends so much later."""
    row = session.get(VisitorCode, credential)
    if row is None or row.first_used_at is not None:
        return
    row.first_used_at = at
    if row.first_use_min is None:
        return
    until = max(at, row.starts_at) + timedelta(minutes=row.first_use_min)
    if until < row.ends_at:
        row.ends_at = until
        session.flush()
        made = session.get_one(Credential, credential)
        body = {"label": row.label, "until": row.ends_at, "first_used_at": at}
        tell(session, Act(ActKind.VISITOR_CODE_MADE, now, None, made.ref, body, None, (), (row.occurrence_id,)))


def _lives() -> ColumnElement[bool]:
    return Credential.revoked_at.is_(None)


def _label(text: str) -> str:
    label = " ".join(text.split())
    if not label:
        raise BadInput(field="label", problem="missing")
    return label[:LONGEST_LABEL]


def _inside(wished: Span, whole: Span, now: datetime) -> Span:
    """Raises BadInput for a window that is not inside the time with its lead, or over already."""
    if wished.starts_at < whole.starts_at or wished.ends_at > whole.ends_at:
        raise BadInput(field="start", problem="outside_time")
    if wished.ends_at <= now:
        raise BadInput(field="end", problem="over")
    return wished


def _live(session: Session, booking: BookingId) -> Sequence[Credential]:
    query = select(Credential).where(Credential.booking_id == booking, Credential.purpose == Purpose.VISITOR.value)
    return session.scalars(query.where(_lives())).all()


def _spent(session: Session, whose: Sequence[CredentialId]) -> dict[tuple[CredentialId, DoorId], int]:
    query = select(DoorEvent.credential_id, DoorEvent.door_id, func.count()).where(DoorEvent.credential_id.in_(whose))
    query = query.where(DoorEvent.kind == EventKind.GRANTED.value)
    rows = session.execute(query.group_by(DoorEvent.credential_id, DoorEvent.door_id))
    return {(credential, door): count for credential, door, count in rows if credential is not None}
