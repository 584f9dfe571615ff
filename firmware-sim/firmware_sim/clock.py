"""The door's clock (door-protocol.md 6): what it believes, how sure it is, and the floor it never forgets. No I/O."""

from dataclasses import dataclass

from firmware_sim.held import Belief

SYNCED_S = 86400
DRIFT_PPM = 20


def uncertainty_s(age_s: int) -> int:
    """6.2: whole seconds, rounded up, after so long without being set."""
    return -(-age_s * DRIFT_PPM // 1_000_000)


@dataclass
class Clock:
    """`base_ms` was believed at `base_mono_ms`; Unix and since-boot milliseconds.

    `synced_ms` None: not known how long ago it was set.
    """

    base_ms: int
    base_mono_ms: int = 0
    synced_ms: int | None = None
    source: str = "none"
    floor_ms: int = 0

    def at_ms(self, mono_ms: int) -> int:
        """Unix milliseconds as the door believes."""
        return self.base_ms + mono_ms - self.base_mono_ms

    def mono_of(self, at_ms: int) -> int:
        """When it will show this, in milliseconds since boot."""
        return at_ms - self.base_ms + self.base_mono_ms

    def state(self, mono_ms: int) -> str:
        """6.2: synced, holdover or unknown."""
        if self.synced_ms is None:
            return "unknown"
        fresh = self.source != "rtc" and self._age_s(mono_ms) < SYNCED_S
        return "synced" if fresh else "holdover"

    def uncertainty_s(self, mono_ms: int) -> int | None:
        """Whole seconds; None when the state is unknown."""
        state = self.state(mono_ms)
        if state == "unknown":
            return None
        return 0 if state == "synced" else uncertainty_s(self._age_s(mono_ms))

    def believes(self, mono_ms: int) -> Belief:
        """What a decision needs."""
        return Belief(self.at_ms(mono_ms) // 1000, self.state(mono_ms), self.uncertainty_s(mono_ms))

    def set(self, at_ms: int, mono_ms: int, source: str) -> None:
        """By the service, also below the floor, which moves with it; by NTP only from the floor up (6.3)."""
        self.base_ms, self.base_mono_ms = at_ms, mono_ms
        self.synced_ms, self.source = at_ms, source
        self.floor_ms = at_ms

    def raise_floor(self, mono_ms: int) -> None:
        """The latest time believed."""
        self.floor_ms = max(self.floor_ms, self.at_ms(mono_ms))

    def forget(self, mono_ms: int) -> None:
        """State unknown: time goes on from the floor, as a lower bound."""
        self.base_ms, self.base_mono_ms = self.floor_ms, mono_ms
        self.synced_ms, self.source = None, "none"

    def drift_to(self, shift_ms: int) -> None:
        """A fault: as if it had been this much off all along, so the floor and the last setting move too."""
        self.base_ms += shift_ms
        self.floor_ms = max(0, self.floor_ms + shift_ms)
        if self.synced_ms is not None:
            self.synced_ms += shift_ms

    def jump(self, shift_ms: int, mono_ms: int) -> None:
        """A fault, in one instant. A clock found below its own floor is not believed any longer."""
        self.raise_floor(mono_ms)
        self.base_ms += shift_ms
        if self.at_ms(mono_ms) < self.floor_ms:
            self.forget(mono_ms)

    def _age_s(self, mono_ms: int) -> int:
        return max(0, self.at_ms(mono_ms) - (self.synced_ms or 0)) // 1000


def after_power_cut(*, floor_ms: int, synced_ms: int | None, rtc_ms: int | None) -> Clock:
    """`rtc_ms`: what the battery-backed clock says, None if there is none or it stopped."""
    if synced_ms is None or rtc_ms is None or rtc_ms < floor_ms:
        return Clock(base_ms=floor_ms, floor_ms=floor_ms)
    return Clock(base_ms=rtc_ms, synced_ms=synced_ms, source="rtc", floor_ms=rtc_ms)
