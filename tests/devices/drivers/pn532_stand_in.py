"""A PN532 as its manual describes it, made of our frames: what a host asks is answered. No I/O."""

from dataclasses import dataclass, field

from devices.drivers import pn532

NOTHING_NEAR = b"\x00"


@dataclass
class StandIn:
    """`near` is the card before the reader. `deaf` swallows so many commands, as a chip that sleeps does."""

    near: bytes | None = None
    atqa: bytes = b"\x00\x44"
    sak: int = 0x00
    deaf: int = 0
    asked: list[int] = field(default_factory=list)
    decoder: pn532.Decoder = field(default_factory=pn532.Decoder)

    def hear(self, piece: bytes) -> bytes:
        """What the chip sends for these bytes."""
        return b"".join(self._answer(frame) for frame in self.decoder.feed(piece) if isinstance(frame, pn532.Said))

    def _answer(self, frame: pn532.Said) -> bytes:
        assert frame.direction == pn532.TO_READER
        self.asked.append(frame.command)
        if self.deaf:
            self.deaf -= 1
            return b""
        body = self._body(frame.command, frame.body)
        return pn532.ACK + pn532.framed(bytes([pn532.TO_HOST, frame.command + 1]) + body)

    def _body(self, command: int, asked: bytes) -> bytes:
        if command == 0x00:  # Diagnose: the line test echoes
            return asked
        if command == 0x02:  # GetFirmwareVersion
            return bytes([0x32, 1, 6, 7])
        if command == 0x06:  # ReadRegister; 26 in the FIFO means that no card answered
            return b"\x26" * (len(asked) // 2)
        if command == 0x16:  # PowerDown: a status, 0 for well
            return b"\x00"
        return self._found() if command == pn532.IN_LIST else b""

    def _found(self) -> bytes:
        if self.near is None:
            return NOTHING_NEAR
        return bytes([1, 1]) + self.atqa + bytes([self.sak, len(self.near)]) + self.near
