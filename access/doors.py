"""The doors process: what doors tell goes into the database, what they must know goes out to them.

MQTT callbacks and serial threads only put on a queue; one thread reads it and owns the database. Everything that must
survive is a row: when this process dies, the next one goes on from the rows.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from queue import Empty, Queue
from typing import Any

from sqlalchemy import select
from sqlalchemy.exc import InterfaceError, OperationalError
from sqlalchemy.orm import Session, sessionmaker

from access import (
    access_list,
    commands,
    door_modes,
    intake,
    list_post,
    minding,
    reports,
    served_doors,
)
from access.alarms import AlarmKind, sound_once
from access.every import Every
from access.ha_offer import HaOffer
from access.ids import DoorId
from access.keys import Vault
from access.leases import Leases, NameTaken
from access.mode_post import ModePost
from access.models import AccessList, Door, DoorCommand, Driver
from access.other_makers import OtherDoors
from access.serial_doors import SerialDoors
from access.strangers import Strangers
from access.uhppote_doors import UhppoteDoors
from access.upkeep import Upkeep
from access.watch import Watch, Work
from booking.db import reading
from devices.drivers.candidates import TOPICS as CANDIDATES
from devices.drivers.registry import ON_WIRES
from devices.envelope import Code
from devices.failures import LinkLost
from devices.link import (
    SERVICE_SUBSCRIPTIONS,
    Answered,
    DoorLink,
    Happened,
    LinkEvent,
    Outgoing,
    Present,
    Rejected,
    Reported,
    door_of,
)
from devices.mqtt import Arrived, Broker, Connected, Disconnected, MqttTransport

log = logging.getLogger(__name__)

PORTION = 200  # messages in one transaction
FIRST_PAUSE_S, LONGEST_PAUSE_S = 0.2, 10.0
STRANGER_S = 10.0
_WITHOUT_BROKER = frozenset({Driver.UHPPOTE, *map(Driver, ON_WIRES)})


@dataclass(slots=True)
class DoorService:
    """One doors process. `clock` gives aware UTC; `patience_s` is how long it may wait for the queue; `name` tells it
    from others that share the doors (leases.py)."""

    sessions: sessionmaker[Session]
    vault: Vault
    broker: Broker
    clock: Callable[[], datetime]
    watch: Watch
    patience_s: float = 0.02
    name: str = "service"
    inbox: Queue[Any] = field(default_factory=Queue)
    transport: MqttTransport = field(init=False)
    serial: SerialDoors = field(init=False)
    others: OtherDoors = field(init=False)
    uhppote: UhppoteDoors = field(init=False)
    modes: ModePost = field(init=False)
    leases: Leases = field(init=False)
    upkeep: Upkeep = field(init=False)
    strangers: Strangers = field(init=False)
    home_assistant: HaOffer = field(init=False)
    _ids: dict[str, DoorId] = field(default_factory=dict)
    _links: dict[str, DoorLink] = field(default_factory=dict)
    _strangers: dict[str, float] = field(default_factory=dict)
    _refused: dict[tuple[str, Code], float] = field(default_factory=dict)
    _waiting: list[LinkEvent] = field(default_factory=list)
    _published: dict[DoorId, int] = field(default_factory=dict)
    _portion: int = PORTION
    _republish: bool = False
    _second: Every = field(default_factory=lambda: Every(1))
    _ten_seconds: Every = field(default_factory=lambda: Every(10))
    _minute: Every = field(default_factory=lambda: Every(60))

    def __post_init__(self) -> None:
        self.transport = MqttTransport(self.broker, SERVICE_SUBSCRIPTIONS, self.inbox)
        self.leases = Leases(self.sessions, self.name)
        self.upkeep = Upkeep(self.sessions, self.vault, self.clock)
        self.serial = SerialDoors(self.sessions, self.vault, lambda: self.inbox.put(None), serves=self._serves)
        self.uhppote = UhppoteDoors(self.sessions, self.vault, serves=self._serves)
        self.modes = ModePost(self._publish)
        self.others = OtherDoors(
            self.sessions, self.vault, self._publish, self.transport.subscribe, serves=self._serves
        )
        self.strangers = Strangers(self.sessions, self.vault)
        self.home_assistant = HaOffer(self.sessions, self._publish, self._serves)
        self.transport.subscribe((*CANDIDATES, *self.home_assistant.topics))

    def run(self, stop: threading.Event) -> None:
        """Until `stop` is set. A lost database or broker is waited for; what doors told meanwhile is asked again."""
        self.transport.start()
        pause_s = FIRST_PAUSE_S
        while not stop.is_set():
            try:
                self.turn()
                pause_s = FIRST_PAUSE_S
                continue
            except (OperationalError, InterfaceError) as error:
                log.warning("database lost error=%s", type(error.orig).__name__)
            except NameTaken:
                log.error("another doors process is named %s: this one stops", self.name)
                stop.set()
            except Exception:
                log.exception("a turn failed")
                self._suspect()
            stop.wait(pause_s)
            pause_s = min(LONGEST_PAUSE_S, pause_s * 2)
        self._leave()

    def turn(self) -> None:
        """Once around: gather, store, acknowledge; issue, publish, send; look after what time brings."""
        if self.leases.due():
            self._share()
        self._gather()
        self._store()
        for kind in (self.serial, self.others, self.uhppote):
            kind.turn(self.clock())
        second = self._second.due()
        self._work(self.watch.look(self.clock(), for_sure=second))
        self._tend(second=second)

    def _work(self, work: Work) -> None:
        waits = work.lists or work.modes
        if waits and not self._issue() and len(self.leases.mine) < self.watch.doors():
            self._share()  # a door that was just fitted may be nobody's yet
        if work.serial:
            self.serial.confirm(self.clock())
        if self._republish and self.transport.connected:
            self._publish_lists()
        if work.commands:
            self._send()

    def _tend(self, *, second: bool) -> None:
        """What time brings; what concerns no single door is done by one of the processes."""
        if second:
            self.others.bring_codes(self.clock())
            self.uhppote.mind_changes()
            self.home_assistant.turn(self.clock())
        if second and self.leases.leads:
            self._expire()
        if self._ten_seconds.due():
            self._mind()
        if self._minute.due():
            self._say_again()
            if self.leases.leads:
                self.upkeep.start()

    def _share(self) -> None:
        """Which doors are ours now; of new ones everything is said and heard again."""
        new = self.leases.turn(self.clock())
        if not new:
            return
        for door in new:
            self._published.pop(door, None)
        self._strangers.clear()
        self._republish = True
        self.transport.ask_again()
        self._refit()

    def _serves(self, door: DoorId) -> bool:
        return door in self.leases.mine

    def _refit(self) -> None:
        for kind in (self.serial, self.others, self.uhppote):
            kind.refit(self.clock())

    def _leave(self) -> None:
        self.upkeep.wait()
        for part in (self.serial, self.others, self.uhppote, self.transport):
            part.stop()
        self.watch.close()
        try:
            self.leases.release()
        except (OperationalError, InterfaceError):
            log.warning("leases not given back: the database is away")

    def _gather(self) -> None:
        """Whatever came; waits a moment for the first."""
        try:
            self._arrived(self.inbox.get(timeout=0 if self._waiting else self.patience_s))
            while len(self._waiting) < PORTION * 10:
                self._arrived(self.inbox.get_nowait())
        except Empty:
            return

    def _arrived(self, arrival: Any) -> None:
        if isinstance(arrival, Arrived):
            self._waiting += self._read(arrival)
        elif isinstance(arrival, Connected):
            # It may have lost what it retained (doors-and-audit 3.4): everything is said again.
            self._published.clear()
            self.modes.anew()
            self._republish = True
            self.others.connected()
            self.home_assistant.anew()
        elif isinstance(arrival, Disconnected):
            log.warning("broker lost reason=%s", arrival.reason)
            self.others.lost()

    def _read(self, arrived: Arrived) -> Sequence[LinkEvent]:
        controller = door_of(arrived.topic)
        if controller is None:
            self.others.take(arrived)
            self.home_assistant.take(arrived, self.clock())
        link = self._link(controller) if controller else None
        if link is None:
            if controller not in self._links and self.leases.leads:
                self.strangers.take(arrived, self.clock())
            return ()
        told = link.feed(arrived.topic, arrived.payload, retained=arrived.retained, now=self.clock())
        return [event for event in told if not isinstance(event, Rejected) or self._is_news(event)]

    def _is_news(self, rejected: Rejected) -> bool:
        """A flood of forged messages is one line in the log and one alarm, not thousands."""
        key, moment = (rejected.door, rejected.code), time.monotonic()
        if self._refused.get(key, 0) > moment:
            return False
        self._refused[key] = moment + STRANGER_S
        return True

    def _link(self, controller: str) -> DoorLink | None:
        """The wire to a door that this process serves; strangers are looked up once in a while only."""
        if controller not in self._links and self._strangers.get(controller, 0) < time.monotonic():
            with reading(self.sessions) as session:
                door = session.scalar(select(Door).where(Door.controller_id == controller))
                if door is not None:
                    self._links[controller] = access_list.link_of(self.vault, door)
                    self._ids[controller] = door.id
            if door is None:
                self._strangers = {controller: time.monotonic() + STRANGER_S} | dict(list(self._strangers.items())[:99])
        return self._links.get(controller) if self._ids.get(controller) in self.leases.mine else None

    def _store(self) -> None:
        """A portion in one transaction; acknowledged after its commit, never before."""
        while self._waiting:
            portion = self._waiting[: self._portion]
            acks = self._stored(portion)
            del self._waiting[: len(portion)]
            self._portion = PORTION
            for ack in acks:
                self._publish(ack)
            if self.leases.due():
                self._share()

    def _stored(self, portion: Sequence[LinkEvent]) -> list[Outgoing]:
        now = self.clock()
        acks: dict[str, Outgoing] = {}
        with self.sessions.begin() as session:
            doors = _doors(session, {event.door for event in portion})
            for event in portion:
                ack = self._take(session, doors[event.door], event, now)
                if ack is not None:
                    acks[event.door] = ack
        return list(acks.values())

    def _take(self, session: Session, door: Door, event: LinkEvent, now: datetime) -> Outgoing | None:
        match event:
            case Happened(batch=batch):
                reached = intake.take_batch(session, door, batch, now)
                return self._links[event.door].ack(reached, now=now) if reached else None
            case Reported(report=report, offset_ms=offset_ms):
                self._greet(door, came=reports.take_report(session, door, report, offset_ms, now))
                access_list.resign(self._links[event.door], self.vault, door)
            case Answered(answer=answer):
                commands.take_answer(session, door, answer, now)
            case Present(presence=presence):
                self._greet(door, came=reports.take_presence(session, door, presence, now))
            case Rejected(topic=topic, code=code):
                log.warning("message refused door=%s code=%s", door.ref, code.value)
                sound_once(session, door, AlarmKind.BAD_MESSAGE, {"topic": topic, "code": code.value}, now)
        return None

    def _greet(self, door: Door, *, came: bool) -> None:
        """Deny first (door-protocol.md 3.4): to a door that comes back its list travels ahead of any command."""
        if came:
            self._published.pop(door.id, None)
            self.modes.anew(door.id)
            self._republish = True

    def _suspect(self) -> None:
        """One of the waiting messages may be what failed: they are taken one by one, and one that fails alone goes."""
        if self._portion == 1 and self._waiting:
            log.error("message dropped door=%s kind=%s", self._waiting[0].door, type(self._waiting[0]).__name__)
            del self._waiting[0]
        self._portion = 1

    def _issue(self) -> bool:
        with self.sessions.begin() as session:
            modes = door_modes.issue_due(session, self.vault, self.clock(), holder=self.name)
            issued = access_list.issue_due(session, self.vault, self.clock(), holder=self.name, at_most=PORTION)
        self._republish |= bool(issued or modes)
        return bool(issued or modes)

    def _publish_lists(self) -> None:
        """The newest modes, then the newest lists not yet published on this connection, a portion in a turn: who has
        ten thousand doors must not be silent for as long as all their lists take (leases.py)."""
        with reading(self.sessions) as session:
            if not self.modes.send(session, door_modes.changed_doors(session, self.name)):
                return
            issued = access_list.issued(session, self.name)
            behind = [door for door, version in issued if self._published.get(door) != version]
            newest = access_list.newest_of(session, behind[:PORTION])
            sent = [self._publish_list(door, row) for door, row in newest]
        self._republish = len(behind) > PORTION or not all(sent)

    def _publish_list(self, door: Door, row: AccessList) -> bool:
        if not all(self._publish(message) for message in list_post.messages(door, row.payload)):
            return False
        self._published[door.id] = row.version
        return True

    def _send(self) -> None:
        """Queued commands, after the lists; counters are committed before anything leaves."""
        now = self.clock()
        sendable = set(Driver) if self.transport.connected and not self._republish else _WITHOUT_BROKER
        with self.sessions.begin() as session:
            queued = commands.take_queued(session, sendable, now, holder=self.name)
            taken = [each for each in queued if served_doors.may_go(session, each, now)]
        locally = dict.fromkeys(ON_WIRES, self.serial.open_remotely)
        locally[Driver.UHPPOTE.value] = self.uhppote.open_remotely
        for each in taken:
            if each.door.driver == Driver.VUORO_MQTT.value:
                self._publish(self._command(each.door, each.command, now))
            else:
                locally.get(each.door.driver, self.others.open_remotely)(each.door, each.command, now)

    def _command(self, door: Door, row: DoorCommand, now: datetime) -> Outgoing:
        self._link(door.controller_id)
        link = self._links[door.controller_id]  # ours when it was taken, whatever became of the lease meanwhile
        assert row.counter is not None
        access_list.resign(link, self.vault, door)
        return link.command(commands.body_of(row, door, now), counter=row.counter, now=now)

    def _expire(self) -> None:
        with self.sessions.begin() as session:
            commands.expire(session, self.clock())

    def _mind(self) -> None:
        if self.leases.leads:
            with self.sessions.begin() as session:
                minding.mind(session, self.vault, self.clock())
        self._refit()

    def _say_again(self) -> None:
        """What a door did not confirm: it, or a page of it, was lost on the way."""
        with reading(self.sessions) as session:
            for door in access_list.unconfirmed(session, self.clock()):
                self._greet(door, came=True)

    def _publish(self, message: Outgoing) -> bool:
        try:
            self.transport.publish(message.topic, message.payload, retain=message.retain)
        except LinkLost:
            return False
        return True


def _doors(session: Session, controllers: Iterable[str]) -> dict[str, Door]:
    rows = session.scalars(select(Door).where(Door.controller_id.in_(set(controllers))))
    return {door.controller_id: door for door in rows}
