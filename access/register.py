"""The register of doors: fitting one, changing it, which spaces it serves, and what its controller must be given."""

from __future__ import annotations

import re
import secrets
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import delete, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session, selectinload

from access import fitting, service_keys
from access.fitting import Wiring
from access.ids import DoorId
from access.keys import SERVICE_KID, Vault, credential_key, link_key
from access.models import Door, DoorKind, DoorSpace, DoorState, Driver
from access.practice import practice
from booking.acts import Act, ActKind, tell
from booking.db import constraint
from booking.ids import PersonId, PremisesId, SpaceId
from booking.models import Space
from booking.refusals import AlreadyThere, BadInput, NotFound
from devices.drivers.makers import MAKERS
from devices.messages import DOOR

_SECONDS = {"unlock_s": 600, "held_open_s": 86_400}  # door-protocol.md 7.1
_TAKEN = ("door_controller_id_key", "door.controller_id")


@dataclass(frozen=True, slots=True)
class Keys:
    """What a door and we share: for speaking, and for hiding cards and PINs. 32 bytes each."""

    link: bytes = field(repr=False)
    credential: bytes = field(repr=False)

    @classmethod
    def new(cls) -> Keys:
        return cls(secrets.token_bytes(32), secrets.token_bytes(32))


@dataclass(frozen=True, slots=True)
class DoorWish:
    """A door to be fitted. controller_id: door-protocol.md 2.1; paths only for serial doors, the topic
    only for those of other makers; settings: devices/drivers/settings.py; seconds None: as usual; keys None: new ones
    (others only for a controller that was given them before)."""

    premises: PremisesId
    controller_id: str
    kind: DoorKind
    name_fi: str
    name_sv: str = ""
    name_en: str = ""
    driver: Driver = Driver.VUORO_MQTT
    spaces: tuple[SpaceId, ...] = ()
    reader_format: str = "em4100"
    reader_path: str = ""
    relay_path: str = ""
    relay_channel: int = 1
    device_topic: str = ""
    settings: Mapping[str, str] = field(default_factory=dict)
    unlock_s: int | None = None
    held_open_s: int | None = None
    keys: Keys | None = None


def fit(session: Session, vault: Vault, wish: DoorWish, *, by: PersonId | None, now: datetime) -> Door:
    """Put a door into the register with keys of its own. Cards enrolled before are unknown to it until they are shown
    or enrolled again (adr/0003). Raises AlreadyThere, BadInput."""
    _check(wish)
    settings = fitting.check(session, _wiring(wish))
    usual, keys = practice(), wish.keys or Keys.new()
    door = Door(
        premises_id=wish.premises,
        controller_id=wish.controller_id,
        kind=wish.kind.value,
        driver=wish.driver.value,
        name_fi=wish.name_fi,
        name_sv=wish.name_sv,
        name_en=wish.name_en,
        reader_format=wish.reader_format,
        reader_path=wish.reader_path,
        relay_path=wish.relay_path,
        relay_channel=wish.relay_channel,
        device_topic=wish.device_topic if wish.driver.value in MAKERS else "",
        settings=settings,
        unlock_s=wish.unlock_s or usual.unlock_s,
        held_open_s=wish.held_open_s or usual.held_open_s,
        service_kid=service_keys.live(session)[0],
        link_key=vault.seal(keys.link, of=f"{wish.controller_id}:link"),
        credential_key=vault.seal(keys.credential, of=f"{wish.controller_id}:credential"),
    )
    _add(session, door)
    session.add(DoorState(door_id=door.id))
    served = _serve(session, door, wish.spaces)
    _told(session, door, by, now, {"fitted": wish.controller_id, "kind": door.kind, "spaces": served})
    return door


def change(session: Session, door: Door, facts: Mapping[str, Any], *, by: PersonId, now: datetime) -> Door:
    """Change names, times, kind or whether the door is in use. Raises BadInput naming a field that cannot be."""
    changeable = {"name_fi", "name_sv", "name_en", "kind", "unlock_s", "held_open_s", "enabled", "position"}
    if unknown := set(facts) - changeable:
        raise BadInput(field=min(unknown), problem="not changeable")
    for name, limit in _SECONDS.items():
        if name in facts and not 1 <= facts[name] <= limit:
            raise BadInput(field=name, problem="range", least=1, most=limit)
    for name, value in facts.items():
        setattr(door, name, value)
    door.version += 1
    session.flush()
    _told(session, door, by, now, dict(facts))
    return door


def rewire(session: Session, door: Door, wiring: Wiring, *, by: PersonId, now: datetime) -> None:
    """Connect a door otherwise: other topic, ports or settings of the same make. Nothing told when nothing changes.
    Raises BadInput."""
    settings = fitting.check(session, wiring, but=door.id)
    facts = {name: getattr(wiring, name) for name in ("device_topic", "reader_path", "relay_path", "relay_channel")}
    changed = {name: value for name, value in (facts | {"settings": settings}).items() if getattr(door, name) != value}
    if not changed:
        return
    for name, value in changed.items():
        setattr(door, name, value)
    door.version += 1
    session.flush()
    _told(session, door, by, now, changed)


def serve(session: Session, door: Door, spaces: Sequence[SpaceId], *, by: PersonId, now: datetime) -> None:
    """Say anew which spaces need this door; rights follow as the act is kept. Raises BadInput for another premises."""
    session.execute(delete(DoorSpace).where(DoorSpace.door_id == door.id))
    _told(session, door, by, now, {"spaces": _serve(session, door, spaces)})


def by_ref(session: Session, ref: str) -> Door:
    """The door with this ref. Raises NotFound."""
    door = session.scalar(select(Door).where(Door.ref == ref))
    if door is None:
        raise NotFound(what="door")
    return door


def at_premises(session: Session, premises: PremisesId) -> list[Door]:
    """The doors of a premises in their order, with the spaces they serve."""
    query = select(Door).where(Door.premises_id == premises).options(selectinload(Door.spaces))
    return list(session.scalars(query.order_by(Door.kind.desc(), Door.position, Door.id)))


def provisioning(
    vault: Vault, door: Door, broker: Mapping[str, Any] | None = None, *, kids: Sequence[str] = (SERVICE_KID,)
) -> dict[str, Any]:
    """What a controller must be given once, over a cable: door-protocol.md 2.4. It is secret. `kids`: our keys in use,
    all of them (service_keys.live)."""
    keys = Keys(link_key(vault, door), credential_key(vault, door))
    return record(vault, door.controller_id, door.link_kid, keys, broker, kids=kids)


def record(
    vault: Vault,
    controller_id: str,
    link_kid: str,
    keys: Keys,
    broker: Mapping[str, Any] | None,
    *,
    kids: Sequence[str] = (SERVICE_KID,),
) -> dict[str, Any]:
    """The record of a controller that holds these keys. It is secret."""
    made: dict[str, Any] = {
        "v": 1,
        "door": controller_id,
        "link_kid": link_kid,
        "link_key": keys.link.hex(),
        "credential_key": keys.credential.hex(),
        "service_keys": {kid: vault.public(kid) for kid in kids},
    }
    return made | ({"broker": dict(broker)} if broker else {})


def lock(session: Session, doors: Iterable[DoorId]) -> list[Door]:
    """The doors, locked against other changes of rights until the commit; in one order, so nobody waits in a ring."""
    query = select(Door).where(Door.id.in_(sorted(doors))).order_by(Door.id)
    # NO KEY UPDATE: events may be stored meanwhile, whose foreign keys want to see that the door is still there.
    locked = query.with_for_update(key_share=True).execution_options(populate_existing=True)
    return list(session.scalars(locked))


def _check(wish: DoorWish) -> None:
    if not re.fullmatch(DOOR, wish.controller_id):
        raise BadInput(field="controller_id", problem="form")
    if wish.reader_format not in fitting.formats_of(wish.driver.value):
        raise BadInput(field="reader_format", problem="unknown")
    for name, limit in _SECONDS.items():
        seconds = getattr(wish, name)
        if seconds is not None and not 1 <= seconds <= limit:
            raise BadInput(field=name, problem="range", least=1, most=limit)


def _wiring(wish: DoorWish) -> Wiring:
    return Wiring(
        wish.driver.value, wish.device_topic, wish.reader_path, wish.relay_path, wish.relay_channel, wish.settings
    )


def _add(session: Session, door: Door) -> None:
    try:
        with session.begin_nested():
            session.add(door)
            session.flush()
    except IntegrityError as error:
        if constraint(error) in _TAKEN:
            raise AlreadyThere(what="door", controller_id=door.controller_id) from error
        raise


def _serve(session: Session, door: Door, spaces: Sequence[SpaceId]) -> list[str]:
    """Gives the refs of the spaces, for the log."""
    refs = []
    for space_id in dict.fromkeys(spaces):
        space = session.get(Space, space_id)
        if space is None or space.premises_id != door.premises_id:
            raise BadInput(field="spaces", problem="other premises")
        session.add(DoorSpace(door_id=door.id, space_id=space_id))
        refs.append(space.ref)
    session.flush()
    return refs


def _told(session: Session, door: Door, by: PersonId | None, now: datetime, body: Mapping[str, Any]) -> None:
    tell(session, Act(ActKind.DOOR_CHANGED, now, by, door.ref, body, door.premises_id))
