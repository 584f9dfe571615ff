"""A service for scenarios in virtual time: gives their lists, sets clocks, acknowledges events, and counts.

It is a stand-in that signs with a key of the scenario; what the real service does is measured with the real one."""

from collections import Counter
from collections.abc import Mapping
from itertools import pairwise
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from firmware_sim import canonical
from firmware_sim.air import Air
from firmware_sim.codec import LIFETIME_S, TO_DOOR, Refused, open_from_door, topic_of
from firmware_sim.eventlog import Position, event_hash, position
from firmware_sim.provisioning import Record

KID = "svc-1"
LIST_VALID_S = 14 * 86400
OPENED_S = 10
NOBODY = "0" * 32


class Kept:
    """What the service holds of one door."""

    def __init__(self) -> None:
        self.events: dict[Position, dict[str, Any]] = {}
        self.acked: Position | None = None
        self.conflicts = 0
        self.told = 0
        self.version = 0
        self.reported: dict[str, Any] = {}
        self.online = False

    def take(self, batch: Mapping[str, Any]) -> Position | None:
        """Stores each once; gives how far it may be acknowledged: as far as one event follows the other."""
        for event in batch["events"]:
            self.told += 1
            at = position(event)
            first = self.events.setdefault(at, event)
            self.conflicts += event_hash(first) != event_hash(event)
        return self._reach(Position(**batch["oldest"]))

    def _reach(self, oldest: Position) -> Position | None:
        at = self.acked if self.acked is not None and self.acked in self.events else None
        for place in sorted(self.events):
            if at is not None and place <= at:
                continue
            event = self.events[place]
            follows = at is None or event["prev"] == event_hash(self.events[at]) or event["kind"] == "overflow"
            if not follows and place != oldest:
                break
            at = place
        if self.acked is None or (at is not None and at >= self.acked):
            self.acked = at
        return self.acked

    def chain_breaks(self) -> list[Position]:
        """Events that do not follow the one before them and are not the first after an overflow."""
        places = sorted(self.events)
        return [at for before, at in pairwise(places) if self.events[at]["prev"] != event_hash(self.events[before])]


class Scripted:
    """`seed` makes the key; doors trust `public`."""

    def __init__(self, air: Air, records: Mapping[str, Record], key: Ed25519PrivateKey) -> None:
        self._air = air
        self._records = records
        self._key = key
        self._counter = 0
        self.kept = {door: Kept() for door in records}
        self.answers: Counter[str] = Counter()
        self.acknowledges = True
        self.sets_clocks = True
        air.hear = self._hear

    def give(self, door: str, body: dict[str, Any]) -> None:
        """A list, retained. `body` lacks nothing but `version` and times, which are filled in."""
        kept, now = self.kept[door], self._now()
        kept.version = body.get("version", kept.version + 1)
        full: dict[str, Any] = {
            "epoch": 1,
            "issued": now,
            "not_after": now + LIST_VALID_S,
            "unlock_s": 5,
            "held_open_s": 60,
        }
        full |= {"free": [], "pages": None, "rules": NO_RULES, **body, "version": kept.version}
        payload = self._signed(door, "desired", full, full["version"], full["issued"], full["not_after"])
        self._air.publish(door, "desired", payload, retain=True)

    def command(self, door: str, body: dict[str, Any]) -> None:
        """With the newest challenge of the door."""
        now = self._now()
        self._counter = max(self._counter + 1, now * 1000)
        nonce = self.kept[door].reported.get("challenge", NOBODY)
        payload = self._signed(door, "cmd", body, self._counter, now, now + OPENED_S, nonce)
        self._air.publish(door, "cmd", payload)

    def _now(self) -> int:
        return self._air.loop.true_ms() // 1000

    def _signed(
        self, door: str, ending: str, body: Mapping[str, Any], counter: int, iat: int, exp: int, nonce: str = NOBODY
    ) -> bytes:
        topic = topic_of(door, ending)
        unsigned = {"v": 1, "kid": KID, "topic": topic, "counter": counter, "iat": iat, "exp": exp, "nonce": nonce}
        unsigned |= {"body": dict(body)}
        sig = self._key.sign(TO_DOOR + canonical.encode(unsigned))
        return canonical.encode({**unsigned, "sig": sig.hex()})

    def _hear(self, topic: str, payload: bytes) -> None:
        door = topic.split("/")[3]
        record = self._records[door]
        try:
            found = open_from_door(payload, topic, retained=False, keys={record.link_kid: record.link_key})
        except Refused as error:
            self.answers[error.code] += 1
            return
        take = {"ev": self._events, "reported": self._report, "online": self._presence, "cmd/rsp": self._answer}
        take[found.ending](door, found.body)

    def _events(self, door: str, body: dict[str, Any]) -> None:
        reached = self.kept[door].take(body)
        if self.acknowledges and reached is not None:
            now = self._now()
            up_to = {"boot_epoch": reached.boot_epoch, "seq": reached.seq}
            self._air.publish(door, "ev/ack", self._signed(door, "ev/ack", up_to, 0, now, now + LIFETIME_S))

    def _report(self, door: str, body: dict[str, Any]) -> None:
        self.kept[door].reported = body
        if self.sets_clocks and body["clock"]["state"] == "unknown":
            at_ms = self._air.loop.true_ms()
            self.command(door, {"cmd": "set_time", "id": f"t-{self._counter}", "at_ms": at_ms})

    def _presence(self, door: str, body: dict[str, Any]) -> None:
        self.kept[door].online = body["online"]

    def _answer(self, _door: str, body: dict[str, Any]) -> None:
        self.answers[body["code"]] += 1


NO_RULES: dict[str, Any] = {"apb": None, "factors": 1, "interlock": False, "two_person_s": 0, "long_open_s": 600}
