"""MQTT 3.1.1 as bytes: what a door says and hears, QoS 1 at most, and no more of it. No I/O."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import IntEnum

LONGEST = 1 << 20  # a list is at most a quarter of this


class BadPacket(Exception):
    """What came is not MQTT, or longer than any message for a door."""


class Kind(IntEnum):
    """The upper four bits of a packet's first byte."""

    CONNECT = 1
    CONNACK = 2
    PUBLISH = 3
    PUBACK = 4
    SUBSCRIBE = 8
    SUBACK = 9
    PINGREQ = 12
    PINGRESP = 13
    DISCONNECT = 14


PING = bytes((Kind.PINGREQ << 4, 0))
GOODBYE = bytes((Kind.DISCONNECT << 4, 0))
REFUSALS = {1: "protocol", 2: "client id", 3: "not available", 4: "name or password", 5: "not authorised"}


@dataclass(frozen=True, slots=True)
class Message:
    """`mid` None: QoS 0, nothing is answered."""

    topic: str
    payload: bytes
    retained: bool
    mid: int | None = None


@dataclass(frozen=True, slots=True)
class Packet:
    """One whole packet; `flags` are the lower four bits of its first byte."""

    kind: int
    flags: int
    body: bytes


def connect(client: str, *, keepalive_s: int, user: str, password: str | None, will: Message) -> bytes:
    """Clean session, always with a last will at QoS 1. Without a password the name is sent alone."""
    flags = 0x80 | (0x40 if password is not None else 0) | (0x20 if will.retained else 0) | 0x08 | 0x04 | 0x02
    words = [_text(client), _text(will.topic), _sized(will.payload), _text(user)]
    if password is not None:
        words.append(_text(password))
    head = _text("MQTT") + bytes((4, flags)) + keepalive_s.to_bytes(2)
    return _packet(Kind.CONNECT, 0, head + b"".join(words))


def subscribe(mid: int, topics: Sequence[str]) -> bytes:
    """At QoS 1."""
    return _packet(Kind.SUBSCRIBE, 2, mid.to_bytes(2) + b"".join(_text(topic) + b"\x01" for topic in topics))


def publish(mid: int, topic: str, payload: bytes, *, retain: bool) -> bytes:
    """At QoS 1."""
    return _packet(Kind.PUBLISH, 2 | retain, _text(topic) + mid.to_bytes(2) + payload)


def puback(mid: int) -> bytes:
    """Says that a message came."""
    return _packet(Kind.PUBACK, 0, mid.to_bytes(2))


def refusal(packet: Packet) -> str | None:
    """Of a CONNACK: why not, or None when we are in. Raises BadPacket."""
    if len(packet.body) != 2:
        raise BadPacket("CONNACK")
    code = packet.body[1]
    return None if code == 0 else REFUSALS.get(code, str(code))


def message(packet: Packet) -> Message:
    """Of a PUBLISH. Raises BadPacket."""
    body, qos = packet.body, packet.flags >> 1 & 3
    length = int.from_bytes(body[:2])
    rest = 2 + length + (2 if qos else 0)
    if len(body) < rest or qos > 1:
        raise BadPacket("PUBLISH")
    try:
        topic = body[2 : 2 + length].decode()
    except UnicodeDecodeError as error:
        raise BadPacket("topic") from error
    mid = int.from_bytes(body[rest - 2 : rest]) if qos else None
    return Message(topic, body[rest:], bool(packet.flags & 1), mid)


class Packets:
    """Finds packets in a byte stream, however it is cut."""

    __slots__ = ("_rest",)

    def __init__(self) -> None:
        self._rest = b""

    def feed(self, received: bytes) -> Iterator[Packet]:
        """Raises BadPacket."""
        rest = self._rest + received
        while (sized := _size(rest)) is not None:
            start, end = sized
            if len(rest) < end:
                break
            yield Packet(rest[0] >> 4, rest[0] & 15, rest[start:end])
            rest = rest[end:]
        self._rest = rest


def _size(stream: bytes) -> tuple[int, int] | None:
    """Where the body of the first packet begins and ends; None when not even that has come."""
    length = 0
    for place in range(1, min(5, len(stream))):
        length |= (stream[place] & 127) << 7 * (place - 1)
        if stream[place] < 128:
            if length > LONGEST:
                raise BadPacket("too long")
            return place + 1, place + 1 + length
    if len(stream) > 4:
        raise BadPacket("length")
    return None


def _packet(kind: Kind, flags: int, body: bytes) -> bytes:
    return bytes((kind << 4 | flags,)) + _length(len(body)) + body


def _length(size: int) -> bytes:
    out = bytearray()
    while True:
        size, low = size >> 7, size & 127
        out.append(low | (128 if size else 0))
        if not size:
            return bytes(out)


def _sized(raw: bytes) -> bytes:
    return len(raw).to_bytes(2) + raw


def _text(words: str) -> bytes:
    return _sized(words.encode())
