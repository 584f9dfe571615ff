"""ID-12LA / ID-20LA readers for EM4100 tags, 9600 8N1, ASCII output: as RDM6300, but CR LF before the ETX. Pure."""

from __future__ import annotations

from devices.drivers import rdm6300

BAUD = 9600
TAIL = b"\r\n\x03"


def decoder() -> rdm6300.Decoder:
    """A decoder of this reader's 16-byte frames."""
    return rdm6300.Decoder(tail=TAIL)


def frame_of(value: int) -> bytes:
    """What the reader sends for a tag: for simulators and tests."""
    return rdm6300.frame_of(value, TAIL)
