"""PINs: for a booking of a person without a card, long enough, like no other at its doors, sealed while it lives.

Where a premises uses duress codes, each PIN has a twin: the same with its last digit five further, so that neither of
the two gives itself away. Both are reserved when the PIN is made.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Collection, Iterable, Mapping
from datetime import datetime
from itertools import pairwise

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from access.code_models import VisitorCode
from access.ids import DoorId
from access.keys import Vault, credential_key
from access.models import Credential, CredentialKey, CredentialKind, Door, Purpose
from access.practice import Practice, practice
from booking.acts import Act, ActKind, tell
from booking.ids import BookingId, PersonId
from booking.models import Booking, Occurrence, OccurrenceState
from booking.refusals import NotFound
from devices.credentials import credential_hash
from devices.credentials import pin as normal_pin
from devices.drivers.registry import of_door

_TRIES = 500


class NoFreePin(Exception):
    """No free code was found at these doors: far more codes are in use than the ratio allows."""


def digits_needed(in_use: int, ratio: Practice, *, new: int = 1) -> int:
    """How long `new` codes must be where `in_use` open already: at least `pin_ratio` possible ones for each."""
    digits = ratio.pin_digits_min
    while 10**digits < ratio.pin_ratio * (in_use + new) and digits < ratio.pin_digits_max:
        digits += 1
    return digits


def make(
    session: Session,
    vault: Vault,
    booking: Booking,
    person: PersonId,
    doors: Iterable[Door],
    now: datetime,
    *,
    twin: bool = False,
) -> str:
    """A new PIN for this booking, known at these doors (locked by the caller), within the rules of their keypads; with
    a `twin` for duress where asked. Told as PIN_MADE, never its digits. Raises NoFreePin."""
    doors = list(doors)
    keys = {door.id: credential_key(vault, door) for door in doors}
    code = _free_code(session, keys, _rules(doors), twin=twin)
    row = add(session, vault, booking, person, (code, keys), now)
    if twin:
        add(session, vault, booking, person, (twin_of(code), keys), now, purpose=Purpose.DURESS)
    tell(session, Act(ActKind.PIN_MADE, now, None, row.ref, {"booking": booking.ref}, persons=(person,)))
    return code


def add(
    session: Session,
    vault: Vault,
    booking: Booking,
    person: PersonId,
    code_at: tuple[str, Mapping[DoorId, bytes]],
    now: datetime,
    *,
    purpose: Purpose = Purpose.OWN,
    label: str = "",
) -> Credential:
    """The row of a code that was found free, known at the doors with these keys."""
    code, keys = code_at
    row = Credential(
        person_id=person,
        kind=CredentialKind.PIN.value,
        purpose=purpose.value,
        label=label,
        booking_id=booking.id,
        enrolled_at=now,
    )
    session.add(row)
    session.flush()
    row.pin_sealed = vault.seal(code.encode(), of=f"pin:{row.ref}")
    _known_at(session, row, code, keys)
    return row


def new_code(session: Session, vault: Vault, doors: Iterable[Door]) -> tuple[str, Mapping[DoorId, bytes]]:
    """A code free at these doors (locked by the caller), with their keys. Raises NoFreePin."""
    doors = list(doors)
    keys = {door.id: credential_key(vault, door) for door in doors}
    return _free_code(session, keys, _rules(doors)), keys


def twin_of(code: str) -> str:
    """The code with its last digit five further; the twin of the twin is the code again."""
    return f"{code[:-1]}{(int(code[-1]) + 5) % 10}"


def add_twin(session: Session, vault: Vault, own: Credential, doors: Iterable[Door], now: datetime) -> bool:
    """Reserve the twin of a PIN made before duress codes were in use. False where it is not free: the PIN that was
    given stays as it is."""
    doors = list(doors)
    keys = {door.id: credential_key(vault, door) for door in doors}
    code = twin_of(unsealed(vault, own))
    if is_weak(code) or not _fits(code, _rules(doors)) or _taken(session, keys, _beginnings(code)):
        return False
    booking = session.get_one(Booking, own.booking_id)
    add(session, vault, booking, own.person_id, (code, keys), now, purpose=Purpose.DURESS)
    return True


def make_known(session: Session, vault: Vault, row: Credential, doors: Iterable[Door]) -> bool:
    """Let further doors know a live PIN, as when its booking moves. False where another code there is the same, or
    a keypad there cannot take it."""
    doors = list(doors)
    keys = {door.id: credential_key(vault, door) for door in doors}
    code = unsealed(vault, row)
    if not _fits(code, _rules(doors)) or _taken(session, keys, (code,)):
        return False
    _known_at(session, row, code, keys)
    return True


def pin_of(session: Session, vault: Vault, booking_ref: str, *, by: PersonId, now: datetime) -> str | None:
    """The PIN of this person for this booking while a time of it lies ahead, else None. Showing it is told (PIN_SHOWN).

    Raises NotFound for an unknown booking. Only one's own PIN is ever shown, whatever one's roles.
    """
    booking = session.scalar(select(Booking).where(Booking.ref == booking_ref))
    if booking is None:
        raise NotFound(what="booking")
    row = live_pin(session, booking.id, by)
    if row is None or not _has_time_ahead(session, booking.id, now):
        return None
    tell(session, Act(ActKind.PIN_SHOWN, now, by, row.ref, {"booking": booking.ref}, persons=(by,)))
    return unsealed(vault, row)


def twin_shown(session: Session, vault: Vault, booking_ref: str, *, by: PersonId) -> str | None:
    """The duress twin of one's own PIN, to be shown beside it; None where there is none."""
    booking = session.scalar(select(Booking).where(Booking.ref == booking_ref))
    row = booking and live_pin(session, booking.id, by, Purpose.DURESS)
    return unsealed(vault, row) if row else None


def live_pin(
    session: Session, booking: BookingId, person: PersonId, purpose: Purpose = Purpose.OWN
) -> Credential | None:
    """The PIN of a person for a booking, unless it has ended; or its twin."""
    return session.scalar(
        select(Credential).where(
            Credential.booking_id == booking,
            Credential.person_id == person,
            Credential.kind == CredentialKind.PIN.value,
            Credential.purpose == purpose.value,
            Credential.revoked_at.is_(None),
        )
    )


def end_past(session: Session, now: datetime) -> int:
    """Forget the PINs whose bookings have no time ahead any more, whatever its state (a cancelled one may be restored),
    and free the codes that have rested. Gives how many were forgotten."""
    ahead = select(Occurrence.id).where(Occurrence.booking_id == Credential.booking_id, Occurrence.ends_at > now)
    query = select(Credential).where(Credential.kind == CredentialKind.PIN.value, Credential.revoked_at.is_(None))
    over = select(VisitorCode.credential_id).where(VisitorCode.ends_at <= now)
    ended = list(session.scalars(query.where(~ahead.exists() | Credential.id.in_(over))))
    for row in ended:
        row.pin_sealed, row.revoked_at, row.revoked_why = None, now, "ended"
    rested = select(CredentialKey).join(Credential).where(CredentialKey.retired_at.is_(None))
    rested = rested.where(Credential.kind == "pin", Credential.revoked_at <= now - practice().pin_rest)
    for key in session.scalars(rested):
        key.retired_at = now
    session.flush()
    return len(ended)


def _rules(doors: Iterable[Door]) -> frozenset[str]:
    return frozenset(rule for door in doors if (rule := of_door(door.driver, door.settings).pin_rule) is not None)


def _fits(code: str, rules: Collection[str]) -> bool:
    return all(re.fullmatch(rule, code) for rule in rules)


def _free_code(session: Session, keys: Mapping[DoorId, bytes], rules: Collection[str], *, twin: bool = False) -> str:
    digits = digits_needed(_most_in_use(session, keys), practice(), new=2 if twin else 1)
    for drawn in range(_TRIES * 2):
        # A keypad that takes six digits only takes none of four: after a while longer codes are tried.
        length = digits if drawn < _TRIES // 10 else digits + drawn % (practice().pin_digits_max - digits + 1)
        code = "".join(secrets.choice("0123456789") for _ in range(length))
        both = (code, twin_of(code)) if twin else (code,)
        if any(is_weak(each) or not _fits(each, rules) for each in both):
            continue
        if not _taken(session, keys, [begun for each in both for begun in _beginnings(each)]):
            return code
    raise NoFreePin


def _beginnings(code: str) -> list[str]:
    """The code, and those it begins with: on keypads without an enter key it would open as one of them."""
    return [code[:end] for end in range(4, len(code) + 1)]


def is_weak(code: str) -> bool:
    """All one digit, or a run up or down: what people try first."""
    steps = {int(after) - int(before) for before, after in pairwise(code)}
    return len(steps) == 1 and steps <= {-1, 0, 1}


def _most_in_use(session: Session, doors: Iterable[DoorId]) -> int:
    query = select(func.count()).select_from(CredentialKey).join(Credential)
    query = query.where(CredentialKey.door_id.in_(list(doors)), Credential.kind == CredentialKind.PIN.value)
    counts = session.scalars(query.where(Credential.revoked_at.is_(None)).group_by(CredentialKey.door_id))
    return max(counts, default=0)


def _taken(session: Session, keys: Mapping[DoorId, bytes], codes: Collection[str]) -> bool:
    hashes = [credential_hash(key, normal_pin(code)) for key in keys.values() for code in codes]
    query = select(CredentialKey.id).where(CredentialKey.key_hash.in_(hashes), CredentialKey.door_id.in_(list(keys)))
    return session.scalar(query.where(CredentialKey.retired_at.is_(None)).limit(1)) is not None


def _known_at(session: Session, row: Credential, code: str, keys: Mapping[DoorId, bytes]) -> None:
    for door, key in keys.items():
        hashed = credential_hash(key, normal_pin(code))
        session.add(CredentialKey(credential_id=row.id, door_id=door, key_hash=hashed))
    session.flush()


def unsealed(vault: Vault, row: Credential) -> str:
    """The digits of a live PIN, for showing to its owner and for locks that keep them."""
    assert row.pin_sealed is not None
    return vault.unseal(row.pin_sealed, of=f"pin:{row.ref}").decode()


def _has_time_ahead(session: Session, booking: BookingId, now: datetime) -> bool:
    query = select(Occurrence.id).where(Occurrence.booking_id == booking, Occurrence.ends_at > now)
    confirmed = query.where(Occurrence.state == OccurrenceState.CONFIRMED.value)
    return session.scalar(confirmed.limit(1)) is not None
