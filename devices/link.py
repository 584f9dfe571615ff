"""The service's end of one door's protocol: payloads in, events out; lists, commands and acks made. Takes `now`."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import TypeAlias

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from devices import canonical
from devices.canonical import Body
from devices.envelope import (
    Code,
    Envelope,
    Refused,
    largest,
    open_at_service,
    seal_to_door,
    topic_end,
)
from devices.events import Batch, parse_batch
from devices.fields import BadField
from devices.messages import AccessList, ModeOrder, Page, Position, Presence, parse_presence
from devices.orders import Answer, Command, parse_answer
from devices.reported import Report, parse_report

PREFIX = "vuoro/v1/d"
RETAINED = ("desired", "mode")
SERVICE_SUBSCRIPTIONS = tuple(f"{PREFIX}/+/{end}" for end in ("reported", "ev", "cmd/rsp", "online"))
COMMAND_LIFE_S = 10
FOREVER = canonical.LARGEST  # `exp` of what never lapses by itself


@dataclass(frozen=True, slots=True)
class SigningKey:
    """The service's private key under its kid."""

    kid: str
    key: Ed25519PrivateKey


@dataclass(frozen=True, slots=True)
class Outgoing:
    """One message to publish, QoS 1."""

    topic: str
    payload: bytes
    retain: bool


@dataclass(frozen=True, slots=True)
class Reported:
    """A door told its state. `offset_ms`: its clock minus ours at receipt; None for a retained, maybe old, message."""

    door: str
    report: Report
    offset_ms: int | None


@dataclass(frozen=True, slots=True)
class Happened:
    """Events came; store them, commit, then `ack`."""

    door: str
    batch: Batch


@dataclass(frozen=True, slots=True)
class Answered:
    """A door told what became of a command; only the first answer to an id counts (10.6)."""

    door: str
    answer: Answer


@dataclass(frozen=True, slots=True)
class Present:
    """A door came or went."""

    door: str
    presence: Presence


@dataclass(frozen=True, slots=True)
class Rejected:
    """A message that was refused; nothing of it may be used."""

    door: str
    topic: str
    code: Code


LinkEvent: TypeAlias = Reported | Happened | Answered | Present | Rejected


@dataclass(slots=True)
class DoorLink:
    """One door as the service sees it on the wire. What it remembers (counter, session, challenge) may be lost."""

    door: str
    link_keys: Mapping[str, bytes]
    signing: SigningKey
    report: Report | None = None
    presence: Presence | None = None
    _reported_counter: int = field(default=-1)

    def feed(self, topic: str, payload: bytes, *, retained: bool, now: datetime) -> tuple[LinkEvent, ...]:
        """What a payload on one of this door's topics says; empty for an emptied topic and for mere repeats."""
        if not payload:
            return ()
        try:
            envelope = open_at_service(payload, topic=topic, retained=retained, keys=self.link_keys)
            return self._read(envelope, retained=retained, now=now)
        except Refused as refused:
            return (Rejected(self.door, topic, refused.code),)
        except BadField:
            return (Rejected(self.door, topic, Code.BAD_BODY),)

    def desired(self, wanted: AccessList) -> Outgoing:
        """The access list, to be retained by the broker; Refused (too_big) when it does not fit one message."""
        end, times = "desired", (wanted.issued, wanted.not_after)
        return self._sealed(end, wanted.body(), counter=wanted.version, times=times, nonce=secrets.token_hex(16))

    def pages(self, head: AccessList, pages: Sequence[Page]) -> tuple[Outgoing, ...]:
        """The pages of a list in pages (devices/pages.py), each retained; to be published after their head."""
        times = (head.issued, head.not_after)
        return tuple(
            self._sealed(
                f"desired/{page.page}",
                page.body(),
                counter=head.version,
                times=times,
                nonce=secrets.token_hex(16),
            )
            for page in pages
        )

    def mode(self, order: ModeOrder) -> Outgoing:
        """The mode the door is to be in, to be retained by the broker; it never lapses by itself."""
        times, nonce = (order.issued, FOREVER), secrets.token_hex(16)
        return self._sealed("mode", order.body(), counter=order.version, times=times, nonce=nonce)

    def command(self, command: Command, *, counter: int, now: datetime) -> Outgoing:
        """A command; `counter` from `next_counter`, stored before it is published. Void after ten seconds."""
        iat = int(now.timestamp())
        nonce = self.report.challenge if self.report else secrets.token_hex(16)
        return self._sealed("cmd", command.body(), counter=counter, times=(iat, iat + COMMAND_LIFE_S), nonce=nonce)

    def ack(self, stored: Position, *, now: datetime) -> Outgoing:
        """Tells the door that all events up to `stored` are committed."""
        iat = int(now.timestamp())
        times = (iat, iat + COMMAND_LIFE_S)
        return self._sealed("ev/ack", stored.body(), counter=0, times=times, nonce=secrets.token_hex(16))

    def _sealed(self, end: str, body: Body, *, counter: int, times: tuple[int, int], nonce: str) -> Outgoing:
        topic = topic_of(self.door, end)
        envelope = Envelope(self.signing.kid, topic, counter, *times, nonce, body)
        payload = seal_to_door(envelope, self.signing.key)
        if len(payload) > largest(topic):
            raise Refused(Code.TOO_BIG)
        return Outgoing(topic, payload, retain=end.split("/", maxsplit=1)[0] in RETAINED)

    def _read(self, envelope: Envelope, *, retained: bool, now: datetime) -> tuple[LinkEvent, ...]:
        if door_of(envelope.topic) != self.door:
            raise Refused(Code.WRONG_TOPIC)
        readers: Mapping[str, Callable[[], tuple[LinkEvent, ...]]] = {
            "reported": lambda: self._reported(envelope, retained=retained, now=now),
            "online": lambda: self._present(parse_presence(envelope.body)),
            "ev": lambda: (Happened(self.door, parse_batch(envelope.body)),),
            "cmd/rsp": lambda: (Answered(self.door, parse_answer(envelope.body)),),
        }
        reader = readers.get(topic_end(envelope.topic))
        if reader is None:
            raise Refused(Code.WRONG_TOPIC)
        return reader()

    def _reported(self, envelope: Envelope, *, retained: bool, now: datetime) -> tuple[LinkEvent, ...]:
        report = parse_report(envelope.body)
        if envelope.counter < self._reported_counter:
            raise Refused(Code.OLD_COUNTER)
        if envelope.counter == self._reported_counter:
            return ()
        self._reported_counter, self.report = envelope.counter, report
        offset_ms = None if retained else report.clock.at_ms - int(now.timestamp() * 1000)
        return (Reported(self.door, report, offset_ms),)

    def _present(self, presence: Presence) -> tuple[LinkEvent, ...]:
        known = self.presence
        if known and presence.session < known.session:
            raise Refused(Code.OLD_COUNTER)
        if known and presence.session == known.session and (presence.online or not known.online):
            return ()
        self.presence = presence
        return (Present(self.door, presence),)


def topic_of(door: str, end: str) -> str:
    """The full topic of one door, as vuoro/v1/d/hall-a/desired."""
    return f"{PREFIX}/{door}/{end}"


def door_of(topic: str) -> str | None:
    """The door id in a topic; None if it is no topic of this protocol."""
    parts = topic.split("/")
    return parts[3] if len(parts) >= 5 and "/".join(parts[:3]) == PREFIX else None


def next_counter(last: int, now: datetime) -> int:
    """A command counter above `last`, also above those a restored database forgot (5.5)."""
    return max(last + 1, int(now.timestamp() * 1000))
