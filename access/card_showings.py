"""Enrolling a card at any reader: "show the card at this door now", and the next unknown card read there is it.

A door tells only what a card looks like to itself, so the card is then known at that door, and must be shown once at
each other one; readers of the service itself see the whole number and make it known everywhere."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Select, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session, joinedload

from access.code_models import CardShowing, ShowingState
from access.ids import DoorId
from access.models import Credential, CredentialKey, CredentialKind, Door
from access.practice import practice
from access.upcoming import occurrences_of_person
from booking.acts import Act, ActKind, tell
from booking.ids import PersonId
from booking.models import Person
from booking.refusals import NotFound, NotNow
from devices.drivers.registry import CARDLESS


def begin(
    session: Session,
    door: Door,
    person: Person,
    *,
    by: PersonId,
    now: datetime,
    label: str = "",
    known: Credential | None = None,
) -> CardShowing:
    """From now the next unknown card at the door is this person's (the `known` one, when it is to be known at another
    door). Raises NotNow while somebody else's is waited for there, or for a door without a card reader."""
    if door.driver in CARDLESS or not door.enabled:
        raise NotNow(state="no_reader", reason="no_reader")
    for old in session.scalars(_waiting().where((CardShowing.until_at <= now) | (CardShowing.person_id == person.id))):
        old.state = ShowingState.GIVEN_UP.value
    session.flush()
    until_at = now + timedelta(seconds=practice().card_showing_s)
    row = CardShowing(
        door_id=door.id,
        person_id=person.id,
        credential_id=known.id if known else None,
        label=label,
        asked_by=by,
        asked_at=now,
        until_at=until_at,
    )
    try:
        with session.begin_nested():
            session.add(row)
    except IntegrityError as error:
        raise NotNow(state="showing_elsewhere", reason="showing_elsewhere") from error
    body = {"door": door.ref}
    tell(session, Act(ActKind.CARD_SHOWING, now, by, row.ref, body, door.premises_id, (person.id,)))
    return row


def seen(session: Session, door: Door, cred: str, at: datetime, now: datetime) -> None:
    """A card nobody has was read at a door at this instant of the door: if one is waited for, it is that."""
    row = session.scalar(_waiting().where(CardShowing.door_id == door.id).with_for_update())
    if row is None or not row.asked_at - timedelta(seconds=practice().clock_alarm_s) <= at <= row.until_at:
        return
    if row.until_at + timedelta(seconds=practice().card_showing_s) < now:  # told long after: the page gave up waiting
        return
    card = session.get(Credential, row.credential_id) if row.credential_id else _card(session, row, now)
    if card is None or card.revoked_at is not None:
        return
    session.add(CredentialKey(credential_id=card.id, door_id=door.id, key_hash=cred))
    row.credential_id, row.state = card.id, ShowingState.FOUND.value
    session.flush()
    body = {"kind": card.kind, "doors": 1, "shown_at": door.ref}
    occurrences = occurrences_of_person(session, row.person_id, now)
    persons = (row.person_id,)
    tell(session, Act(ActKind.CREDENTIAL_ENROLLED, now, row.asked_by, card.ref, body, None, persons, occurrences))


def seen_known(session: Session, door: Door, credential: Credential, now: datetime) -> None:
    """A card that is known was read where one is waited for: the page says whether it is theirs already."""
    row = session.scalar(_waiting().where(CardShowing.door_id == door.id, CardShowing.until_at > now))
    if row is None:
        return
    same = credential.person_id == row.person_id
    row.state = (ShowingState.FOUND if same else ShowingState.ANOTHERS).value
    row.credential_id = credential.id if same else row.credential_id
    session.flush()


def by_ref(session: Session, ref: str) -> CardShowing:
    """Raises NotFound."""
    query = select(CardShowing).where(CardShowing.ref == ref)
    row = session.scalar(query.options(joinedload(CardShowing.door), joinedload(CardShowing.person)))
    if row is None:
        raise NotFound(what="showing")
    return row


def state_of(row: CardShowing, now: datetime) -> ShowingState:
    """The state to show: one that nobody used in time is given up."""
    late = row.state == ShowingState.WAITING and row.until_at <= now
    return ShowingState.GIVEN_UP if late else ShowingState(row.state)


def is_waited_for(session: Session, door: DoorId) -> bool:
    return session.scalar(_waiting().with_only_columns(CardShowing.id).where(CardShowing.door_id == door)) is not None


@dataclass(frozen=True, slots=True)
class Reach:
    """Where a card works, and where it must be shown once first."""

    known: tuple[Door, ...]
    unknown: tuple[Door, ...]


def reach(session: Session, card: Credential, doors: Sequence[Door]) -> Reach:
    """Of these doors, those that know the card and those that do not."""
    known = set(session.scalars(select(CredentialKey.door_id).where(CredentialKey.credential_id == card.id)))
    some = readers(doors)
    return Reach(tuple(door for door in some if door.id in known), tuple(door for door in some if door.id not in known))


def readers(doors: Sequence[Door]) -> list[Door]:
    """Those of these doors at which a card can be shown."""
    return [door for door in doors if door.enabled and door.driver not in CARDLESS]


def _waiting() -> Select[CardShowing]:
    return select(CardShowing).where(CardShowing.state == ShowingState.WAITING.value)


def _card(session: Session, row: CardShowing, now: datetime) -> Credential:
    made = Credential(
        person_id=row.person_id, kind=CredentialKind.CARD.value, label=row.label, enrolled_at=now, booking_id=None
    )
    session.add(made)
    session.flush()
    return made
