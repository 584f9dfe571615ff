"""A door made from the documented messages, and a wire to it without a network: it can be cut, delayed, repeated."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from queue import Queue
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from access.decide import ClockView, Decision, Outcome, Presented, Situation, decide
from devices import canonical, messages, orders
from devices.credentials import credential_hash
from devices.envelope import Envelope, open_at_door, seal_to_service
from devices.events import FIRST_PREV
from devices.failures import LinkLost
from devices.messages import AccessList, Clock, ListVersion, Medium, ModeOrder, Page, Reader
from devices.mqtt import Arrived, Connected, Disconnected
from devices.pages import joined

CODES = {
    "open": "opened",
    "set_time": "time_set",
    "forgive": "forgiven",
    "fire_reset": "fire_reset",
    "trust": "trusted",
    "drop_key": "dropped",
}


@dataclass
class FakeDoor:
    """A controller: applies lists, decides alone, keeps events until they are acknowledged. `now` is its own clock."""

    record: Mapping[str, Any]
    now: int
    held: AccessList | None = None  # as it was published
    whole: AccessList | None = None  # with the rights of its pages
    applied_at: int = 0
    boot_epoch: int = 1
    seq: int = 0
    sent: int = 0
    prev: str = FIRST_PREV
    clock: Clock = Clock.SYNCED
    offset_s: int = 0
    events: list[dict[str, Any]] = field(default_factory=list)
    opened: list[str] = field(default_factory=list)
    outbox: list[tuple[str, bytes, bool]] = field(default_factory=list)
    command_counter: int = 0
    refused: dict[str, Any] | None = None
    mute: bool = False
    contact: str = "closed"
    firmware: str = "fake"
    mode: ModeOrder | None = None
    mode_at: int = 0
    state: Situation = field(default_factory=Situation)
    awaited: AccessList | None = None
    collected: dict[int, Page] = field(default_factory=dict)
    most_bytes: int = 0
    most_rights: int = 10_000
    kids: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.kids = sorted(self.record["service_keys"])
        self.note("boot", firmware="fake", previous=None)

    @property
    def id(self) -> str:
        return str(self.record["door"])

    def connect(self) -> None:
        self.say("online", {"online": True, "session": self.boot_epoch << 32 | self.sent + 1})
        self.report()
        self.send_events()

    def drop(self) -> None:
        """The last will."""
        self.say("online", {"online": False, "session": self.boot_epoch << 32 | self.sent + 1})

    def show(self, normal: str) -> Decision:
        """A card or PIN is presented."""
        medium = Medium(normal.split(":", maxsplit=1)[0])
        cred = credential_hash(bytes.fromhex(self.record["credential_key"]), normal)
        view = ClockView(self.clock, self.now + self.offset_s)
        mode = self.mode.mode if self.mode else messages.DoorMode.NORMAL
        decision = decide(
            self.whole, Presented(medium, cred), view, mode=mode, state=self.state, mono_ms=self.now * 1000
        )
        self.state = decision.after
        facts: dict[str, Any] = {"medium": medium.value, "cred": cred, "reason": decision.reason.value}
        facts["reader"] = Reader.IN.value
        facts |= {"list": dict(self.held.ref.body()) if self.held else None, "right": decision.right}
        if decision.granted:
            self.opened.append(normal)
            self.note("granted", **facts, notes=list(decision.notes))
        elif decision.outcome is Outcome.PENDING:
            self.note("pending", **facts)
        else:
            self.note("denied", **facts, count=1)
        return decision

    def note(self, kind: str, **facts: Any) -> dict[str, Any]:
        self.seq += 1
        common = {"boot_epoch": self.boot_epoch, "seq": self.seq, "kind": kind, "at": self.now + self.offset_s}
        event = {**common, "mono_ms": self.seq, "clock": self.clock.value, "prev": self.prev, **facts}
        self.prev = canonical.digest(event)
        self.events.append(event)
        return event

    def send_events(self) -> None:
        if self.events:
            oldest = {"boot_epoch": self.events[0]["boot_epoch"], "seq": self.events[0]["seq"]}
            self.say("ev", {"events": self.events[:50], "oldest": oldest})

    def report(self) -> None:
        held = self.held
        applied = held and {"applied_at": self.applied_at, **held.ref.body(), "hash": held.hash}
        clock: dict[str, Any] = {
            "at_ms": (self.now + self.offset_s) * 1000,
            "source": "service",
            "state": self.clock.value,
        }
        clock |= {"synced_at": self.now, "uncertainty_s": None if self.clock is Clock.UNKNOWN else 0}
        body: dict[str, Any] = {
            "list": applied,
            "refused": self.refused,
            "clock": clock,
            "challenge": secrets.token_hex(16),
        }
        body |= {"queue": {"length": len(self.events), "oldest": None}, "command_counter": self.command_counter}
        body |= {
            "boot_epoch": self.boot_epoch,
            "mono_ms": self.sent,
            "firmware": self.firmware,
            "contact": self.contact,
        }
        body |= {"lock": "locked", "lockout_s": 0}
        body |= {"limits": {"events": 10_000, "rights": self.most_rights, "page": self.most_bytes}}
        mode = self.mode and {"applied_at": self.mode_at, **self.mode.ref.body(), "mode": self.mode.mode.value}
        body |= {"mode": mode, "inputs": {"fire": "none", "interlock": "none", "rex": "none"}}
        body |= {"armed": self.state.armed, "kids": self.kids}
        self.say("reported", body)

    def say(self, end: str, body: dict[str, Any]) -> None:
        self.sent += 1
        topic, counter = f"vuoro/v1/d/{self.id}/{end}", self.boot_epoch << 32 | self.sent
        nonce = secrets.token_hex(16)
        envelope = Envelope(self.record["link_kid"], topic, counter, self.now, self.now + 86_400, nonce, body)
        payload = seal_to_service(envelope, bytes.fromhex(self.record["link_key"]))
        self.outbox.append((topic, payload, end in ("reported", "online")))

    def receive(self, topic: str, payload: bytes, *, retained: bool = False) -> None:
        if not payload:
            return
        keys = {
            kid: Ed25519PublicKey.from_public_bytes(bytes.fromhex(key))
            for kid, key in self.record["service_keys"].items()
        }
        envelope = open_at_door(payload, topic=topic, retained=retained, keys=keys)
        end = topic.removeprefix(f"vuoro/v1/d/{self.id}/")
        if end == "desired":
            self._offered(messages.parse_list(dict(envelope.body)))
        elif end.startswith("desired/"):
            self._page(messages.parse_page(dict(envelope.body), int(end.removeprefix("desired/"))))
        elif end == "mode":
            self._set_mode(messages.parse_mode(dict(envelope.body)))
        elif end == "cmd":
            self._obey(orders.parse_command(dict(envelope.body)), envelope)
        else:
            upto = messages.position(dict(envelope.body))
            self.events = [
                each for each in self.events if (each["boot_epoch"], each["seq"]) > (upto.boot_epoch, upto.seq)
            ]
            self.send_events()

    def _set_mode(self, order: ModeOrder) -> None:
        if self.mode is None or order.ref > self.mode.ref:
            self.mode, self.mode_at = order, self.now
            self.note("mode_applied", mode=order.mode.value, **order.ref.body())
            self.send_events()
        self.report()

    def _offered(self, offered: AccessList) -> None:
        if offered.pages is None or (self.held is not None and offered.ref <= self.held.ref):
            self._apply(offered)
        elif offered != self.awaited:
            self.awaited, self.collected = offered, {}

    def _page(self, page: Page) -> None:
        """The list is in force, as a whole, when its last page has come."""
        awaited = self.awaited
        if awaited is None or awaited.pages is None or awaited.pages[page.page - 1] != page.hash:
            return
        self.collected[page.page] = page
        if len(self.collected) == len(awaited.pages):
            self.awaited, self.whole = None, joined(awaited, [self.collected[n] for n in sorted(self.collected)])
            self._apply(awaited)

    def _apply(self, offered: AccessList) -> None:
        if self.held is not None and offered.ref <= self.held.ref:
            if offered.ref < self.held.ref:
                self.refused = {"at": self.now, "list": dict(offered.ref.body()), "reason": "lower_version"}
        else:
            self.held, self.applied_at, self.refused = offered, self.now, None
            self.whole = offered if offered.pages is None else self.whole
            self.note("list_applied", list=dict(offered.ref.body()), hash=offered.hash)
            self.send_events()
        self.report()

    def _obey(self, command: orders.Command, envelope: Envelope) -> None:
        if self.mute:
            return
        assert envelope.counter > self.command_counter
        self.command_counter = envelope.counter
        code = CODES[command.body()["cmd"]]
        if isinstance(command, orders.Open):
            self.opened.append("remote")
            self.note("opened_remote", command=command.id, reason=command.reason, unlock_s=command.unlock_s)
        elif isinstance(command, orders.SetTime):
            self.offset_s, self.clock = 0, Clock.SYNCED
        elif isinstance(command, orders.Trust | orders.DropKey):
            self._keys(command)
        elif isinstance(command, orders.Forgive):
            self.state = replace(self.state, inside=frozenset(), granted_ms={})
            self.note("forgiven", command=command.id, holder=command.holder)
        answer = {"id": command.id, "counter": envelope.counter, "result": "done", "code": code}
        self.say("cmd/rsp", answer | {"at": self.now, "mono_ms": self.sent})
        self.send_events()

    def _keys(self, command: orders.Trust | orders.DropKey) -> None:
        keys = self.record["service_keys"]
        if isinstance(command, orders.Trust):
            keys[command.kid] = command.key
        else:
            keys.pop(command.kid, None)
        self.kids = sorted(keys)
        self.note("trust_changed", command=command.id, kids=self.kids)
        self.report()

    @property
    def version(self) -> ListVersion | None:
        return self.held.ref if self.held else None


@dataclass
class FakeWire:
    """Stands where the broker connection stands. Messages move only when a test says `carry`; retained ones stay."""

    inbox: Queue[Any]
    doors: dict[str, FakeDoor] = field(default_factory=dict)
    connected: bool = True
    unplugged: set[str] = field(default_factory=set)
    to_doors: list[tuple[str, bytes, bool]] = field(default_factory=list)
    retained: dict[str, bytes] = field(default_factory=dict)
    published: list[str] = field(default_factory=list)
    kept: dict[str, bytes] = field(default_factory=dict)  # what doors had retained

    def start(self) -> None:
        self.inbox.put(Connected())

    def stop(self) -> None:
        self.connected = False

    def publish(self, topic: str, payload: bytes, *, retain: bool = False) -> None:
        if not self.connected:
            raise LinkLost("cut")
        self.published.append(topic.rsplit("/d/", 1)[1].split("/", 1)[1])
        if retain:
            self.retained[topic] = payload
        self.to_doors.append((topic, payload, retain))

    def ask_again(self) -> None:
        for topic, payload in self.kept.items():
            self.inbox.put(Arrived(topic, payload, retained=True, mid=0))

    def cut(self) -> None:
        self.connected = False
        self.inbox.put(Disconnected("cut"))

    def mend(self) -> None:
        self.connected = True
        self.inbox.put(Connected())

    def plug_in(self, door: FakeDoor) -> None:
        self.unplugged.discard(door.id)
        self.doors[door.id] = door
        ends = ("mode", "desired", *(f"desired/{n}" for n in range(1, 100)))
        for topic in (f"vuoro/v1/d/{door.id}/{end}" for end in ends):
            if payload := self.retained.get(topic):
                door.receive(topic, payload, retained=True)
        door.connect()

    def unplug(self, door: FakeDoor) -> None:
        """The door's cable: its last will is published by the broker."""
        door.outbox.clear()
        door.drop()
        self._up(door)
        self.unplugged.add(door.id)

    def carry(self) -> bool:
        """Everything under way arrives; True if anything was. Unretained messages to unplugged doors are lost."""
        waiting, self.to_doors = self.to_doors, []
        for topic, payload, _retain in waiting:
            name = topic.split("/")[3]
            if name in self.doors and name not in self.unplugged:
                self.doors[name].receive(topic, payload)
        return self._all_up() or bool(waiting)

    def _all_up(self) -> bool:
        said = [self._up(door) for door in self.doors.values() if door.id not in self.unplugged]
        return any(said)

    def _up(self, door: FakeDoor) -> bool:
        said, door.outbox = door.outbox, []
        for topic, payload, retain in said if self.connected else ():
            self.inbox.put(Arrived(topic, payload, retained=False, mid=0))
            if retain:
                self.kept[topic] = payload
        return bool(said)
