"""The mode of a door: as its list says, free, locked, or locked down. Ordered by people, signed and published before
everything else, and in force only once the door itself has said so.

A row is one change. Numbers of changes (epoch, version) rise for each door by themselves, apart from those of lists.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, func, select, tuple_, update
from sqlalchemy.orm import Session, joinedload

from access import register
from access.access_list import link_of
from access.alarms import AlarmKind, cease, sound_once
from access.ids import DoorId
from access.intake import instant
from access.keys import Vault
from access.leases import DoorLease
from access.mode_models import ModeChange
from access.models import Door, DoorState, Driver
from access.reasons import why
from booking.acts import Act, ActKind, tell
from booking.ids import PersonId, PremisesId
from booking.refusals import BadInput
from devices.drivers.registry import DRIVERS
from devices.messages import DoorMode, ListVersion, ModeOrder
from devices.reported import AppliedMode, Report


@dataclass(frozen=True, slots=True)
class ModeStatus:
    """One door: the mode it should have, since which change (None: never changed), whether it said that it has it, and
    what it was heard to do last. `can` False: its hardware knows no modes, and none is ordered."""

    door: Door
    wanted: DoorMode
    change: ModeChange | None
    held: DoorMode
    online: bool
    can: bool

    @property
    def confirmed(self) -> bool:
        return self.change is None or self.change.confirmed_at is not None


def can(door: Door) -> bool:
    """Whether a mode means anything to its hardware."""
    return DRIVERS[door.driver].supports_lockdown


def order(
    session: Session, doors: Iterable[DoorId], mode: DoorMode, *, by: PersonId, reason: str, now: datetime
) -> list[ModeChange]:
    """Order a mode at those of the doors that can and have another one, in one act of will; gives the changes made.

    Raises BadInput(field=reason) without one, BadInput(field=mode) when none of the doors can."""
    reason = why(reason)
    able = [door for door in register.lock(session, doors) if can(door)]
    if not able:
        raise BadInput(field="mode", problem="hardware")
    newest = newest_of(session, [door.id for door in able])
    changing = [door for door in able if _mode(newest.get(door.id)) is not mode]
    made = [_change(session, door, newest.get(door.id), mode, by, reason, now) for door in changing]
    for door, row in zip(changing, made, strict=True):
        body = {"mode": mode.value, "reason": reason, "version": row.version, "doors_at_once": len(changing)}
        tell(session, Act(ActKind.DOOR_MODE_ORDERED, now, by, door.ref, body, door.premises_id))
    return made


def newest_of(session: Session, doors: Sequence[DoorId]) -> dict[DoorId, ModeChange]:
    """The last change of each of these doors that ever had one."""
    query = select(ModeChange).where(ModeChange.door_id.in_(doors))
    rows = session.scalars(query.order_by(ModeChange.epoch, ModeChange.version))
    return {row.door_id: row for row in rows}


def ever_changed(session: Session) -> Sequence[DoorId]:
    """The doors whose mode was ever changed: of thousands, few."""
    return session.scalars(select(ModeChange.door_id).distinct()).all()


def changed_doors(session: Session, holder: str) -> Sequence[Door]:
    """Those of them that this process serves, and that are told a mode."""
    query = select(Door).join(DoorLease).where(DoorLease.holder == holder, Door.driver == Driver.VUORO_MQTT.value)
    return session.scalars(query.where(Door.id.in_(select(ModeChange.door_id)))).all()


def mode_of(session: Session, door: DoorId) -> DoorMode:
    """What a door decided by the service goes by at once."""
    return _mode(newest_of(session, [door]).get(door))


def statuses(session: Session, premises: PremisesId) -> list[ModeStatus]:
    """Every door in use of a premises with its mode."""
    query = select(Door, DoorState).join(DoorState).where(Door.premises_id == premises, Door.enabled)
    rows = session.execute(query.order_by(Door.kind.desc(), Door.position, Door.id)).all()
    return list(statuses_of(session, [(door, state) for door, state in rows]).values())


def statuses_of(session: Session, doors: Sequence[tuple[Door, DoorState]]) -> dict[DoorId, ModeStatus]:
    """These doors with their modes, in their order."""
    changed = set(ever_changed(session)) & {door.id for door, _ in doors}
    newest, held = newest_of(session, sorted(changed)), _held(session, sorted(changed))
    return {door.id: _status(door, state, newest.get(door.id), held.get(door.id)) for door, state in doors}


def status(session: Session, door: Door) -> ModeStatus:
    """One door with its mode."""
    return statuses_of(session, [(door, session.get_one(DoorState, door.id))])[door.id]


def changes(session: Session, door: DoorId, limit: int = 10) -> Sequence[ModeChange]:
    """The last changes of a door, newest first."""
    query = select(ModeChange).where(ModeChange.door_id == door)
    return session.scalars(query.order_by(ModeChange.epoch.desc(), ModeChange.version.desc()).limit(limit)).all()


def issue_due(session: Session, vault: Vault, now: datetime, *, holder: str | None = None) -> int:
    """Sign the changes that wait for it, and those of doors whose epoch was raised anew; gives how many. `holder`: at
    the doors only that this process serves."""
    _renew(session, now)
    query = select(ModeChange).join(Door).where(ModeChange.payload == b"", Door.driver == Driver.VUORO_MQTT.value)
    if holder is not None:
        query = query.join(DoorLease, (DoorLease.door_id == Door.id) & (DoorLease.holder == holder))
    waiting = session.scalars(query.options(joinedload(ModeChange.door)).order_by(ModeChange.id)).all()
    for row in waiting:
        body = ModeOrder(row.epoch, row.version, int(now.timestamp()), DoorMode(row.mode))
        row.payload = link_of(vault, row.door).mode(body).payload
    session.flush()
    return len(waiting)


def take_report(session: Session, door: Door, report: Report, now: datetime) -> None:
    """What a door says of its mode and inputs: only this makes a change confirmed."""
    state = session.get_one(DoorState, door.id)
    state.fire, state.interlock, state.rex = report.inputs.fire, report.inputs.interlock, report.inputs.rex
    state.armed = report.armed
    _forget_beyond(session, door, report.mode.ref if report.mode is not None else None)
    if report.mode is not None:
        _take_mode(session, door, report.mode, now)


def _forget_beyond(session: Session, door: Door, held: ListVersion | None) -> None:
    """A door whose memory is gone has nothing of what it once confirmed."""
    beyond = (ModeChange.door_id == door.id) & ModeChange.confirmed_at.is_not(None)
    if held is not None:
        beyond &= tuple_(ModeChange.epoch, ModeChange.version) > (held.epoch, held.version)
    session.execute(update(ModeChange).where(beyond).values(confirmed_at=None, applied_at=None))


def _take_mode(session: Session, door: Door, held: AppliedMode, now: datetime) -> None:
    mine = ModeChange.door_id == door.id
    at = (ModeChange.epoch == held.ref.epoch) & (ModeChange.version == held.ref.version)
    row = session.scalar(select(ModeChange).where(mine, at))
    if row is None or row.mode != held.mode.value:
        facts = {"epoch": held.ref.epoch, "version": held.ref.version, "mode": held.mode.value}
        sound_once(session, door, AlarmKind.MODE_MISMATCH, facts, now)
    elif row.confirmed_at is None:
        cease(session, door, AlarmKind.MODE_MISMATCH, now)
        _confirm(session, door, row, instant(held.applied_at), now)


def confirm_served(session: Session, door: Door, now: datetime) -> None:
    """A door that the service decides for has its mode as soon as the service serves it."""
    row = newest_of(session, [door.id]).get(door.id)
    if row is not None and row.confirmed_at is None:
        _confirm(session, door, row, now, now)


def _mode(row: ModeChange | None) -> DoorMode:
    return DoorMode(row.mode) if row is not None else DoorMode.NORMAL


def _change(
    session: Session,
    door: Door,
    before: ModeChange | None,
    mode: DoorMode,
    by: PersonId | None,
    reason: str,
    now: datetime,
) -> ModeChange:
    version = before.version + 1 if before is not None else 1
    row = ModeChange(door_id=door.id, epoch=door.epoch, version=version, mode=mode.value)
    row.ordered_by, row.reason, row.ordered_at, row.payload = by, reason, now, b""
    session.add(row)
    session.flush()
    return row


def _renew(session: Session, now: datetime) -> None:
    """After an epoch was raised a door may hold a mode that a restored database forgot: ours is given anew."""
    query = select(ModeChange.door_id).join(Door).group_by(ModeChange.door_id, Door.epoch)
    behind = list(session.scalars(query.having(_max_epoch() < Door.epoch)))
    newest = newest_of(session, behind)
    for door in register.lock(session, behind):
        _change(session, door, newest[door.id], _mode(newest[door.id]), None, newest[door.id].reason, now)


def _max_epoch() -> ColumnElement[int]:
    return func.max(ModeChange.epoch)


def _confirm(session: Session, door: Door, row: ModeChange, applied_at: datetime, now: datetime) -> None:
    row.confirmed_at, row.applied_at = now, applied_at
    cease(session, door, AlarmKind.MODE_REFUSED, now)
    body = {"mode": row.mode, "epoch": row.epoch, "version": row.version}
    tell(session, Act(ActKind.DOOR_MODE_CONFIRMED, now, None, door.ref, body, door.premises_id))


def _held(session: Session, doors: Sequence[DoorId]) -> Mapping[DoorId, ModeChange]:
    """The last change that each door confirmed."""
    query = select(ModeChange).where(ModeChange.door_id.in_(doors), ModeChange.confirmed_at.is_not(None))
    rows = session.scalars(query.order_by(ModeChange.epoch, ModeChange.version))
    return {row.door_id: row for row in rows}


def _status(door: Door, state: DoorState, newest: ModeChange | None, held: ModeChange | None) -> ModeStatus:
    return ModeStatus(door, _mode(newest), newest, _mode(held), state.online, can(door))
