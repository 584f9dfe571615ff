"""A Modbus relay board as its manual describes it: coils, a flash coil, inputs; its power cut forgets all. No I/O."""

from dataclasses import dataclass, field

from devices.drivers.modbus_relay import FLASH, crc16, sealed


@dataclass
class BoardStandIn:
    """One unit. `asked`: the frames it understood; `deaf`: swallows so many; `has_inputs` False refuses to be asked."""

    unit: int = 1
    deaf: int = 0
    has_inputs: bool = True
    inputs: int = 0
    on_until_ms: dict[int, int] = field(default_factory=dict)
    asked: list[bytes] = field(default_factory=list)
    _held: bytes = b""

    def is_on(self, coil: int, mono_ms: int) -> bool:
        return self.on_until_ms.get(coil, 0) > mono_ms

    def power_cut(self) -> None:
        self.on_until_ms, self._held = {}, b""

    def hear(self, piece: bytes, mono_ms: int) -> bytes:
        """What the board sends for these bytes."""
        self._held += piece
        answer = b""
        while len(self._held) >= 8:
            frame, self._held = self._held[:8], self._held[8:]
            answer += self._answer(frame, mono_ms)
        return answer

    def _answer(self, frame: bytes, mono_ms: int) -> bytes:
        whole = crc16(frame[:-2]) == int.from_bytes(frame[-2:], "little")
        if not whole or frame[0] != self.unit:
            return b""
        if self.deaf:
            self.deaf -= 1
            return b""
        self.asked.append(frame)
        if frame[1] == 2:
            return sealed(bytes([self.unit, 2, 1, self.inputs] if self.has_inputs else [self.unit, 0x82, 1]))
        self._switch(int.from_bytes(frame[2:4], "big"), int.from_bytes(frame[4:6], "big"), mono_ms)
        return frame

    def _switch(self, coil: int, value: int, mono_ms: int) -> None:
        if coil >= FLASH:
            self.on_until_ms[coil - FLASH] = mono_ms + value * 100
        else:
            self.on_until_ms[coil] = 1 << 60 if value == 0xFF00 else 0

    @property
    def switched(self) -> list[str]:
        return [frame.hex() for frame in self.asked if frame[1] == 5]
