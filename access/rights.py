"""Rights at doors kept equal to what bookings want: at once with each act, and again and again by reconciling.

Rows are locked in one order, so that nobody waits in a ring: credentials, then doors by id, then the head of the log.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import Session

from access import card_secrets, credentials, door_rules, pin_codes, register, upcoming
from access.code_models import VisitorCode
from access.ids import CredentialId, DoorId, RightId
from access.keys import Vault
from access.models import Credential, CredentialKey, CredentialKind, Door, Purpose, Right
from access.serving import doors_of
from access.wanted import Bearer, Difference, KeyHolder, Only, Use, WantedRight, diff, wanted
from booking.acts import Act, ActKind
from booking.ids import OccurrenceId, PersonId, PremisesId, SpaceId
from booking.models import Booking, Occurrence, Person, Premises
from booking.refusals import NotAllowed, NotFound, NotNow
from devices.drivers.registry import CARDLESS, of_door


@dataclass(frozen=True, slots=True)
class _Scene:
    """What one settling looks at, after its doors are locked."""

    uses: list[Use]
    doors_of: Mapping[SpaceId, frozenset[DoorId]]
    locked: Mapping[DoorId, Door]
    key_holders: list[KeyHolder]
    existing: Mapping[RightId, Right]


def keep_up(session: Session, acts: Sequence[Act], *, vault: Vault | None) -> frozenset[DoorId]:
    """What these acts change at doors, done in their transaction; gives the doors that changed."""
    now = max(act.at for act in acts)
    erased = {person for act in acts if act.kind is ActKind.PERSON_ERASED for person in act.persons}
    occurrences = upcoming.touched(session, acts, now).union(credentials.forget(session, erased, now) if erased else ())
    return refresh(session, occurrences, now, vault=vault) if occurrences else frozenset()


def refresh(
    session: Session, occurrences: Collection[OccurrenceId], now: datetime, *, vault: Vault | None
) -> frozenset[DoorId]:
    """Make the rights of these occurrences what their bookings want; gives the doors that changed.

    Without a vault no PIN can be made, or made known at another door: reconciling does that later.
    """
    uses = upcoming.uses(session, occurrences, now)
    doors = doors_of(session, _spaces(uses))
    mine = Right.occurrence_id.in_(list(occurrences)) & Right.out_version.is_(None)
    concerned = frozenset().union(*doors.values(), session.scalars(select(Right.door_id).where(mine).distinct()))
    if not concerned:
        return frozenset()
    holders = upcoming.key_holders(session, {use.organisation for use in uses})
    _hold_credentials(session, uses, holders)
    locked = _locked(session, concerned)
    return _settle(session, _Scene(uses, doors, locked, holders, _found(session, mine)), now, vault)


def reconcile(session: Session, premises: PremisesId, now: datetime, *, vault: Vault | None) -> frozenset[DoorId]:
    """The same for everything at a premises: heals what was missed, takes in the days that enter the horizon."""
    here = list(session.scalars(select(Door.id).where(Door.premises_id == premises)))
    locked = _locked(session, here)
    uses = upcoming.uses_at(session, premises, now)
    holders = upcoming.key_holders(session, {use.organisation for use in uses})
    live = Right.door_id.in_(here) & Right.out_version.is_(None)
    scene = _Scene(uses, doors_of(session, _spaces(uses)), locked, holders, _found(session, live))
    return _settle(session, scene, now, vault)


def ask_pin(session: Session, vault: Vault, booking_ref: str, *, by: PersonId, now: datetime) -> None:
    """A PIN for the holder of a booking, or a key holder or code reader of its organisation.

    Raises NotFound, NotAllowed for anybody else, NotNow when no time lies ahead behind any door of ours.
    """
    booking = session.scalar(select(Booking).where(Booking.ref == booking_ref))
    if booking is None:
        raise NotFound(what="booking")
    ids = session.scalars(select(Occurrence.id).where(Occurrence.booking_id == booking.id)).all()
    uses = [use for use in upcoming.uses(session, ids, now) if use.closes_at > now and not (use.shut or use.cards_only)]
    holders = upcoming.key_holders(session, [booking.organisation_id])
    answers = by == booking.holder_id or any(by in use.persons for use in uses)
    if not answers and not any(each.person == by and each.carries(use) for each in holders for use in uses):
        raise NotAllowed(what="pin")
    _hold_credentials(session, uses, holders)  # before the doors, as everybody does
    doors = _with_keypad(_locked(session, frozenset().union(*doors_of(session, _spaces(uses)).values())))
    if not doors:
        raise NotNow(state="no_door")
    if pin_codes.live_pin(session, booking.id, by) is None:
        twin = any(door.premises_id in guarded(session, doors) for door in doors)
        pin_codes.make(session, vault, booking, by, doors, now, twin=twin)
        refresh(session, ids, now, vault=vault)


def _settle(session: Session, scene: _Scene, now: datetime, vault: Vault | None) -> frozenset[DoorId]:
    if vault is not None:
        _settle_pins(session, vault, scene, now)
    edge = upcoming.pushed(now).ends_at
    want = wanted(
        [use for use in scene.uses if use.starts_at < edge],
        _bearers(session, scene),
        doors=scene.doors_of,
        key_holders=scene.key_holders,
    )
    change = diff({right.id: _as_wanted(right) for right in scene.existing.values()}, want)
    return _apply(session, scene, change, now)


def _apply(session: Session, scene: _Scene, change: Difference, now: datetime) -> frozenset[DoorId]:
    """One new list version for each door that changes; a changed window goes out and comes in with the same one."""
    withdrawn = [scene.existing[right] for right in change.withdraw]
    changed = {right.door_id for right in withdrawn} | {right.door for right in change.give}
    for door in changed:
        scene.locked[door].version += 1
    for right in withdrawn:
        right.withdrawn_at, right.out_version = now, scene.locked[right.door_id].version
    session.flush()  # before the new rows: one live right for each door, credential and occurrence
    for give in change.give:
        session.add(_row(give, scene.locked[give.door].version, now))
    session.flush()
    return frozenset(changed)


def _row(give: WantedRight, version: int, now: datetime) -> Right:
    return Right(
        door_id=give.door,
        credential_id=give.credential,
        occurrence_id=give.occurrence,
        valid_from=give.valid_from,
        valid_until=give.valid_until,
        given_at=now,
        in_version=version,
    )


def _settle_pins(session: Session, vault: Vault, scene: _Scene, now: datetime) -> None:
    """A PIN for each booking whose holder, or the coach of a session in it, has no card or passes a door that takes
    none or asks for both, unless erased; those there are, known at the doors their bookings moved to."""
    needed: dict[Booking, set[DoorId]] = {}
    answering: dict[Booking, set[PersonId]] = {}
    for use in scene.uses:
        if use.shut or use.cards_only:
            continue
        booking = session.get_one(Booking, use.booking)
        doors_of_use = (scene.doors_of.get(space, frozenset()) for space in use.spaces)
        needed.setdefault(booking, set()).update(*doors_of_use)
        answering.setdefault(booking, {booking.holder_id}).update(use.persons)
    carded, erased = _with_cards(session, set().union(*answering.values()))
    twins = guarded(session, scene.locked.values())
    for booking, ids in needed.items():
        doors = _with_keypad({door: scene.locked[door] for door in sorted(ids)})
        pins = _pins(session, booking)
        twin = any(door.premises_id in twins for door in doors)
        both = any(door.driver in CARDLESS for door in doors) or door_rules.needs_pin(session, doors)
        without = erased if both else erased | carded
        missing = answering[booking] - without - {pin.person_id for pin in pins if pin.purpose == Purpose.OWN}
        for person in sorted(missing) if doors else ():
            pin_codes.make(session, vault, booking, person, doors, now, twin=twin)
        for pin in pins:
            _make_known(session, vault, booking, pin, doors, now)
        _settle_twins(session, vault, pins, doors if twin else [], now)


def guarded(session: Session, doors: Iterable[Door]) -> frozenset[PremisesId]:
    """The premises of these doors that use duress codes."""
    query = select(Premises.id).where(Premises.id.in_({door.premises_id for door in doors}), Premises.duress_codes)
    return frozenset(session.scalars(query))


def _settle_twins(
    session: Session, vault: Vault, pins: Sequence[Credential], doors: Sequence[Door], now: datetime
) -> None:
    """Twins for PINs made before duress codes were in use; none (no doors) where they no longer are."""
    twins = {pin.person_id: pin for pin in pins if pin.purpose == Purpose.DURESS and pin.revoked_at is None}
    for pin in pins if doors else ():
        if pin.purpose == Purpose.OWN and pin.revoked_at is None and pin.person_id not in twins:
            pin_codes.add_twin(session, vault, pin, doors, now)
    for twin in () if doors else twins.values():
        twin.revoked_at, twin.revoked_why, twin.pin_sealed = now, "ended", None
    session.flush()


def _with_keypad(doors: Mapping[DoorId, Door]) -> list[Door]:
    """Those of the doors that can take a PIN at all."""
    return [door for door in doors.values() if of_door(door.driver, door.settings).pin_rule is not None]


def _make_known(
    session: Session, vault: Vault, booking: Booking, pin: Credential, doors: Sequence[Door], now: datetime
) -> None:
    """A PIN stays when its booking moves, unless another booking has the same one behind the new doors. A twin or a
    visitor's code then ends."""
    known = set(session.scalars(select(CredentialKey.door_id).where(CredentialKey.credential_id == pin.id)))
    new = [door for door in doors if door.id not in known]
    if new and not pin_codes.make_known(session, vault, pin, new):
        pin.revoked_at, pin.revoked_why, pin.pin_sealed = now, "replaced", None
        session.flush()
        if pin.purpose == Purpose.OWN:
            pin_codes.make(session, vault, booking, pin.person_id, doors, now)


def _pins(session: Session, booking: Booking) -> Sequence[Credential]:
    live = (Credential.booking_id == booking.id) & Credential.revoked_at.is_(None)
    return session.scalars(select(Credential).where(live)).all()


def _with_cards(session: Session, persons: Iterable[PersonId]) -> tuple[set[PersonId], set[PersonId]]:
    """Those who have a card, and those who are erased."""
    asked = list(persons)
    card = (Credential.kind == CredentialKind.CARD.value) & Credential.revoked_at.is_(None)
    carded = session.scalars(select(Credential.person_id).where(card, Credential.person_id.in_(asked)))
    erased = session.scalars(select(Person.id).where(Person.id.in_(asked), Person.erased_at.is_not(None)))
    return set(carded), set(erased)


def _bearers(session: Session, scene: _Scene) -> list[Bearer]:
    query = select(Credential.id, Credential.person_id, Credential.booking_id, CredentialKey.door_id)
    query = query.join(CredentialKey, CredentialKey.credential_id == Credential.id)
    query = query.join(Door, Door.id == CredentialKey.door_id)
    can = Door.driver.not_in(CARDLESS) & card_secrets.is_enough()
    query = query.where((Credential.kind != CredentialKind.CARD.value) | can)
    query = query.where(
        Credential.revoked_at.is_(None), Credential.person_id.in_(_persons(scene.uses, scene.key_holders))
    )
    doors: dict[CredentialId, set[DoorId]] = {}
    found = {}
    for row in session.execute(query):
        doors.setdefault(row.id, set()).add(row.door_id)
        found[row.id] = row
    only = _only(session, scene.uses)
    return [
        Bearer(row.id, row.person_id, row.booking_id, frozenset(doors[row.id]), only.get(row.id))
        for row in found.values()
    ]


def _only(session: Session, uses: Iterable[Use]) -> dict[CredentialId, Only]:
    """The windows of the codes made for visitors of these bookings, also of times not looked at now."""
    bookings = sorted({use.booking for use in uses})
    query = select(VisitorCode).join(Credential).where(Credential.booking_id.in_(bookings))
    rows = session.scalars(query.where(Credential.revoked_at.is_(None)))
    return {row.credential_id: Only(row.occurrence_id, row.starts_at, row.ends_at) for row in rows}


def _hold_credentials(session: Session, uses: Iterable[Use], holders: Iterable[KeyHolder]) -> None:
    """Nobody revokes these while rights are made from them."""
    query = select(Credential.id).where(Credential.person_id.in_(_persons(uses, holders)))
    session.execute(query.order_by(Credential.id).with_for_update(read=True))


def _persons(uses: Iterable[Use], holders: Iterable[KeyHolder]) -> list[int]:
    return sorted(set().union(*(use.persons for use in uses)) | {holder.person for holder in holders})


def _spaces(uses: Iterable[Use]) -> set[SpaceId]:
    return set().union(*(use.spaces for use in uses))


def _locked(session: Session, doors: Iterable[DoorId]) -> dict[DoorId, Door]:
    return {door.id: door for door in register.lock(session, doors)}


def _found(session: Session, which: ColumnElement[bool]) -> dict[RightId, Right]:
    return {right.id: right for right in session.scalars(select(Right).where(which))}


def _as_wanted(right: Right) -> WantedRight:
    return WantedRight(right.door_id, right.credential_id, right.occurrence_id, right.valid_from, right.valid_until)
