"""A door with a device of another maker in the doors process, on a wire without a broker or on a real one."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from queue import Empty, Queue
from typing import Any

from sqlalchemy import select

from access import commands
from access.models import DoorCommand, DoorEvent, DoorState, Driver
from access.other_makers import OtherDoors
from devices.link import Outgoing
from devices.mqtt import Arrived, Broker, Connected, MqttTransport, Will
from tests import make
from tests.access.make import VAULT, card, door, house
from tests.devices.esp_board import EspBoard

Said = list[tuple[str, bytes, bool]]


@dataclass
class Place:
    """A door with such a device, a card holder, and the doors process's part for it on a wire without a broker."""

    sessions: Any
    now: Any
    device: Any
    home: Any
    door: Any
    holder: Any
    doors: OtherDoors = field(init=False)
    sent: list[Outgoing] = field(default_factory=list)
    linked: bool = True
    retained: dict[str, bytes] = field(default_factory=dict)

    def start(self) -> None:
        self.doors = OtherDoors(self.sessions, VAULT, self.publish, lambda _topics: None)
        self.doors.refit(self.now)
        self.arrive(self.retained.items(), retained=True)

    def arrive(self, messages: Any, *, retained: bool = False) -> None:
        for topic, payload in messages:
            self.doors.take(Arrived(topic, payload, retained=retained, mid=0))
        self.doors.turn(self.now)

    def device_says(self, messages: list[tuple[str, bytes, bool]]) -> None:
        self.retained |= {topic: payload for topic, payload, keep in messages if keep}
        self.arrive([(topic, payload) for topic, payload, _keep in messages])

    def publish(self, message: Outgoing) -> bool:
        assert not message.retain
        if self.linked:
            self.sent.append(message)
        return self.linked

    def deliver(self) -> None:
        """Orders under way reach the device, and its answers us."""
        under_way, self.sent = self.sent, []
        for message in under_way:
            listens_to = getattr(self.device, "listens_to", lambda topic: topic == self.device.listens)
            assert listens_to(message.topic)
            self.device_says(self.device.hear(message.payload))

    def order(self) -> str:
        """Somebody asks to open; gives the order's ref."""
        with self.sessions.begin() as session:
            row = commands.ask_open(session, self.door.ref, by=self.holder.id, reason="Huoltomies", now=self.now)
        with self.sessions.begin() as session:
            taken = commands.take_queued(session, set(Driver), self.now)
        for each in taken:
            self.doors.open_remotely(each.door, each.command, self.now)
        return row.ref

    def ended(self, ref: str) -> tuple[str, str]:
        with self.sessions() as session:
            row = session.scalars(select(DoorCommand).where(DoorCommand.ref == ref)).one()
            return row.state, row.result

    def state(self) -> DoorState:
        with self.sessions() as session:
            return session.get_one(DoorState, self.door.id)

    def kinds(self) -> list[str]:
        with self.sessions() as session:
            rows = session.scalars(select(DoorEvent).where(DoorEvent.door_id == self.door.id).order_by(DoorEvent.id))
            return [row.kind for row in rows]


def place_of(sessions, now, driver: str, device: Any, **settings: str) -> Place:
    if isinstance(device, EspBoard):
        device.now = int(now.timestamp())
    with sessions.begin() as session:
        home, holder = house(session, now), make.person(session)
        facts = {"driver": Driver(driver), "device_topic": device.topic, "unlock_s": 5}
        wiegand = driver in ("tasmota", "by_template")
        facts |= {"settings": getattr(device, "settings", {}) | settings}
        facts |= {"reader_format": "wiegand26" if wiegand else "em4100"}
        made = door(session, home.premises, [home.hall], now, **facts)
        card(session, holder, now, "62E3086CED")
    return Place(sessions, now, device, home, made, holder)


@contextmanager
def on_the_broker(device: Any, port: int) -> Iterator[tuple[Callable[[], None], Callable[[Said], None]]]:
    """The device as a client of its own; call the first that is given to let it answer, the second to let it speak."""
    inbox: Queue[Any] = Queue()
    broker = Broker("127.0.0.1", port, f"device-{device.topic.replace('/', '-')}", longest_wait_s=0.2)
    transport = MqttTransport(broker, (device.listens,), inbox, will=Will(*device.will()))
    transport.start()

    def say(said: Said) -> None:
        for topic, payload, keep in said:
            transport.publish(topic, payload, retain=keep)

    def work() -> None:
        try:
            while (arrived := inbox.get_nowait()) is not None:
                said = device.hello() if isinstance(arrived, Connected) else []
                if isinstance(arrived, Arrived):
                    said = device.hear(arrived.payload)
                say(said)
        except Empty:
            return

    try:
        yield work, say
    finally:
        transport.stop()
