"""What a door sends (door-protocol.md 5.5, 11.7, 12, 13): its counter, its presence, and batches sent until acked."""

import random
from typing import Any

from firmware_sim.codec import LIFETIME_S, Envelope, seal, topic_of
from firmware_sim.effects import Emit, Publish

RESEND_MS = (10_000, 20_000, 40_000, 60_000)
COUNTERS_A_BOOT = 4294967296


class Uplink:
    """Seals and publishes while connected; without a connection what is sent is nothing (events stay in the log)."""

    def __init__(self, emit: Emit, *, door: str, kid: str, key: bytes, boot_epoch: int, dice: random.Random) -> None:
        self._emit = emit
        self._door = door
        self._kid = kid
        self._key = key
        self._counter = boot_epoch * COUNTERS_A_BOOT
        self._dice = dice
        self._session = 0
        self._tries = 0
        self.connected = False
        self.resend_ms: int | None = None

    def will(self, now: int) -> Publish:
        """The last will for the next connection; its own counter is the session (13.2)."""
        self._session = self._counter + 1
        return self._sealed("online", {"online": False, "session": self._session}, now, retain=True)

    def presence(self, *, online: bool, now: int) -> None:
        """With the session of this connection's will."""
        self.send("online", {"online": online, "session": self._session}, now, retain=True)

    def send(self, ending: str, body: dict[str, Any], now: int, *, retain: bool = False) -> None:
        """`now`: Unix seconds as the door believes."""
        if self.connected:
            self._emit(self._sealed(ending, body, now, retain=retain))

    def send_batch(self, body: dict[str, Any] | None, now: int, mono_ms: int, *, again: bool) -> None:
        """A batch of events, to be sent again after 10, 20, 40, then each 60 s; None stops that."""
        if not self.connected or body is None:
            self.resend_ms = None
            return
        self._tries = self._tries + 1 if again else 0
        self.resend_ms = mono_ms + RESEND_MS[min(self._tries, len(RESEND_MS) - 1)]
        self.send("ev", body, now)

    def lost(self) -> None:
        """The connection is gone."""
        self.connected = False
        self.resend_ms = None

    def _sealed(self, ending: str, body: dict[str, Any], now: int, *, retain: bool) -> Publish:
        self._counter += 1
        topic = topic_of(self._door, ending)
        message = Envelope(
            kid=self._kid,
            topic=topic,
            counter=self._counter,
            iat=max(0, now),
            exp=max(0, now) + LIFETIME_S,
            nonce=self._dice.randbytes(16).hex(),
            body=body,
        )
        return Publish(topic, seal(message, self._key), retain)
