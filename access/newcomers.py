"""What is not a door yet: controllers prepared with keys and a code on their label, and devices heard on the broker.

Being heard gives nothing: a controller becomes a door when somebody who runs premises gives the code on its label.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import delete, func, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from access import register, service_keys
from access.keys import Vault
from access.models import Door, Driver
from access.newcomer_models import Newcomer, PreparedController
from access.register import DoorWish, Keys
from booking.acts import Act, ActKind, tell
from booking.db import constraint
from booking.ids import PersonId
from booking.refusals import BadInput, NotFound
from devices.messages import DOOR

MOST = 200  # rows of what was heard; beyond it nothing new is taken in that has not proved its keys
KEPT = timedelta(days=7)
CODE_LETTERS = 10  # 50 bits
MOST_AT_ONCE = 1000
_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"  # Crockford: none that look alike
_ONCE = ("newcomer_once", "newcomer.driver, newcomer.name")
_ALIKE = str.maketrans("OIL", "011")


@dataclass(frozen=True, slots=True)
class Prepared:
    """A controller's record (door-protocol.md 2.4, secret) and the code for its label, which is shown only now."""

    controller_id: str
    code: str
    record: Mapping[str, Any]


def prepare(
    session: Session, vault: Vault, count: int, broker: Mapping[str, Any] | None, *, now: datetime
) -> list[Prepared]:
    """Keys, ids and label codes for controllers that have no door yet. Raises BadInput."""
    if not 1 <= count <= MOST_AT_ONCE:
        raise BadInput(field="count", problem="range", least=1, most=MOST_AT_ONCE)
    made = [_prepared(session, vault, broker, now) for _ in range(count)]
    ids = [each.controller_id for each in made]
    tell(session, Act(ActKind.CONTROLLERS_PREPARED, now, None, ids[0], {"controllers": ids}))
    return made


def _prepared(session: Session, vault: Vault, broker: Mapping[str, Any] | None, now: datetime) -> Prepared:
    controller_id = "vc-" + "".join(secrets.choice(_ALPHABET) for _ in range(8)).lower()
    code = "".join(secrets.choice(_ALPHABET) for _ in range(CODE_LETTERS))
    keys = Keys(secrets.token_bytes(32), secrets.token_bytes(32))
    row = PreparedController(
        controller_id=controller_id,
        link_kid="link-1",
        link_key=vault.seal(keys.link, of=f"{controller_id}:link"),
        credential_key=vault.seal(keys.credential, of=f"{controller_id}:credential"),
        code_hash=_hashed(vault, code),
        prepared_at=now,
    )
    session.add(row)
    session.flush()
    kids = service_keys.live(session)
    record = register.record(vault, controller_id, row.link_kid, keys, broker, kids=kids)
    return Prepared(controller_id, f"{code[:5]}-{code[5:]}", record)


def by_code(session: Session, vault: Vault, code: str) -> PreparedController:
    """The controller with this code on its label that is no door yet; small letters, blanks and O for 0 are forgiven.
    Raises BadInput(field=code): no_such_code, or claimed where it is a door already."""
    row = session.scalar(select(PreparedController).where(PreparedController.code_hash == _hashed(vault, code)))
    if row is None:
        raise BadInput(field="code", problem="no_such_code")
    if row.claimed_at is not None:
        raise BadInput(field="code", problem="claimed")
    return row


def claim(session: Session, vault: Vault, code: str, wish: DoorWish, *, by: PersonId, now: datetime) -> Door:
    """The controller with this code becomes this door, with the keys it holds. Raises as `by_code` and `fit`."""
    row = by_code(session, vault, code)
    kept = Keys(
        vault.unseal(row.link_key, of=f"{row.controller_id}:link"),
        vault.unseal(row.credential_key, of=f"{row.controller_id}:credential"),
    )
    wish = replace(wish, controller_id=row.controller_id, driver=Driver.VUORO_MQTT, keys=kept)
    door = register.fit(session, vault, wish, by=by, now=now)
    row.claimed_at, row.door_id = now, door.id
    heard = select(Newcomer).where(Newcomer.driver == Driver.VUORO_MQTT.value, Newcomer.name == row.controller_id)
    for each in session.scalars(heard):
        session.delete(each)
    body = {"controller": row.controller_id, "prepared_at": row.prepared_at.isoformat()}
    tell(session, Act(ActKind.CONTROLLER_CLAIMED, now, by, door.ref, body, door.premises_id))
    return door


def heard(
    session: Session, driver: str, name: str, said: Mapping[str, str], now: datetime, *, proved: bool = False
) -> None:
    """Something spoke that is no door of ours: counted, and shown to whoever runs premises."""
    row = session.scalar(select(Newcomer).where(Newcomer.driver == driver, Newcomer.name == name))
    if row is not None:
        row.said, row.last_seen_at, row.count = {**row.said, **said}, now, row.count + 1
        row.proved = row.proved or proved
        return
    if _room(session, now, proved=proved):
        seen = {"first_seen_at": now, "last_seen_at": now}
        _add(session, Newcomer(driver=driver, name=name, said=dict(said), proved=proved, **seen))


def _add(session: Session, row: Newcomer) -> None:
    """Another doors process may have heard it in the same moment: then it stands there already."""
    try:
        with session.begin_nested():
            session.add(row)
            session.flush()
    except IntegrityError as error:
        if constraint(error) not in _ONCE:
            raise


def _room(session: Session, now: datetime, *, proved: bool) -> bool:
    """Old ones go first; a flood of strangers never pushes out what proved its keys."""
    session.execute(delete(Newcomer).where(Newcomer.last_seen_at < now - KEPT))
    taken = session.scalar(select(func.count()).select_from(Newcomer)) or 0
    if taken < MOST:
        return True
    if not proved:
        return False
    oldest = select(Newcomer).where(~Newcomer.proved).order_by(Newcomer.last_seen_at).limit(1)
    if (gone := session.scalar(oldest)) is not None:
        session.delete(gone)
        session.flush()
    return gone is not None


def listed(session: Session) -> Sequence[Newcomer]:
    """What was heard and is no door: what proved its keys first, then the latest."""
    own = set(session.scalars(select(Door.controller_id).where(Door.driver == Driver.VUORO_MQTT.value)))
    fitted = session.execute(select(Door.driver, Door.device_topic).where(Door.device_topic != ""))
    topics = {(driver, topic) for driver, topic in fitted}
    order = (Newcomer.proved.desc(), Newcomer.last_seen_at.desc(), Newcomer.id)
    rows = session.scalars(select(Newcomer).order_by(*order)).all()
    return [row for row in rows if row.name not in own and (row.driver, row.name) not in topics]


def waiting(session: Session) -> Sequence[PreparedController]:
    """Prepared, and no door yet."""
    query = select(PreparedController).where(PreparedController.claimed_at.is_(None))
    return session.scalars(query.order_by(PreparedController.prepared_at.desc(), PreparedController.id)).all()


def forget(session: Session, ref: str, *, by: PersonId, now: datetime) -> None:
    """Take a row off the list; it comes back when it is heard again. Raises NotFound."""
    row = session.scalar(select(Newcomer).where(Newcomer.ref == ref))
    if row is None:
        raise NotFound(what="newcomer")
    session.delete(row)
    tell(session, Act(ActKind.NEWCOMER_FORGOTTEN, now, by, ref, {"driver": row.driver, "name": row.name}))


def is_controller(name: str) -> bool:
    """Whether this can be the id of a controller (door-protocol.md 2.1)."""
    return re.fullmatch(DOOR, name) is not None


def _hashed(vault: Vault, code: str) -> str:
    plain = re.sub(r"[^0-9A-Z]", "", code.upper()).translate(_ALIKE)
    return vault.fingerprint(plain, of="claim-code")
