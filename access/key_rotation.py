"""A new signing key reaches the doors one by one: trusted, signed with, and only then the old one dropped (DA40)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from access import commands, register, service_keys
from access.alarms import AlarmKind, cease, sound_once
from access.keys import Vault
from access.mode_models import ModeChange
from access.models import Door, DoorState, Driver
from access.practice import practice
from devices.reported import Report


def take_report(session: Session, door: Door, report: Report) -> None:
    """Which keys a door trusts, by its own word. What it is told from now on is signed with the newest of them, also
    what the broker keeps for it."""
    session.get_one(DoorState, door.id).kids = list(report.kids)
    known = [kid for kid in service_keys.live(session) if kid in report.kids]
    if not known or known[-1] == door.service_kid:
        return
    (locked,) = register.lock(session, [door.id])
    locked.service_kid = known[-1]
    locked.version += 1
    locked.service_kid_since = locked.version
    newest = select(ModeChange.id).where(ModeChange.door_id == door.id).order_by(ModeChange.id.desc()).limit(1)
    session.execute(update(ModeChange).where(ModeChange.id == newest.scalar_subquery()).values(payload=b""))


def mind(session: Session, vault: Vault, now: datetime) -> None:
    """One step further wherever a door is there for it; a door that does not come for 30 days needs a visit."""
    live = service_keys.live(session)
    if len(live) == 1:
        return
    found = _doors(session)
    for door, state in found:
        _tell_newest(session, vault, door, state, live[-1], now)
    if all(_has_changed(door, state, live[-1]) for door, state in found):
        _drop_old(session, found, live[:-1], now)


def progress(session: Session) -> list[dict[str, str]]:
    """Each live key: since when, and how many of the doors trust it."""
    found = _doors(session)
    return [
        {
            "key": kid,
            "made": (at.isoformat() if (at := service_keys.made_at(session, kid)) else "with the master key"),
            "doors": f"{sum(kid in state.kids for _, state in found)} of {len(found)}",
        }
        for kid in service_keys.live(session)
    ]


def _doors(session: Session) -> Sequence[tuple[Door, DoorState]]:
    query = select(Door, DoorState).join(DoorState).where(Door.enabled, Door.driver == Driver.VUORO_MQTT.value)
    return [(door, state) for door, state in session.execute(query.order_by(Door.id))]


def _tell_newest(session: Session, vault: Vault, door: Door, state: DoorState, newest: str, now: datetime) -> None:
    if newest in state.kids:
        cease(session, door, AlarmKind.NEEDS_VISIT, now)
        return
    if state.online:
        facts = {"kid": newest, "key": vault.public(newest)}
        commands.ask_key(session, door, commands.TRUST, facts, now)
    made_at = service_keys.made_at(session, newest)
    if made_at is not None and made_at + practice().key_visit <= now:
        sound_once(session, door, AlarmKind.NEEDS_VISIT, {"key": newest}, now)


def _has_changed(door: Door, state: DoorState, newest: str) -> bool:
    """It signs with the newest, and holds a list signed so: it needs no older key."""
    return door.service_kid == newest and state.confirmed_version >= door.service_kid_since


def _drop_old(session: Session, found: Sequence[tuple[Door, DoorState]], old: Sequence[str], now: datetime) -> None:
    for kid in old:
        holding = [(door, state) for door, state in found if kid in state.kids]
        if not holding:
            service_keys.drop(session, kid, now)
        for door, state in holding:
            if state.online:
                commands.ask_key(session, door, commands.DROP_KEY, {"kid": kid}, now)
