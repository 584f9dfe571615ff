"""What carries a door controller: lasting memory, clock, events, its line to the service. No I/O: it emits effects."""

import random
from collections.abc import Mapping
from typing import Any

from firmware_sim import memory
from firmware_sim.doorway import Contact, Lock
from firmware_sim.effects import Emit, SetRtc
from firmware_sim.eventlog import EVENTS, TAIL, EventLog, Stamp, plain
from firmware_sim.flood import Flood
from firmware_sim.guard import Guard
from firmware_sim.held import Belief
from firmware_sim.listkeeper import ListKeeper
from firmware_sim.provisioning import Record
from firmware_sim.trusted import Key
from firmware_sim.uplink import Uplink

FIRMWARE = "vuoro-sim 2"
MINUTE_MS = 60_000


class Core:
    """The parts of a controller and what all of it does: writing events, keeping time, reporting."""

    def __init__(
        self, record: Record, files: Mapping[str, bytes], emit: Emit, *, dice: random.Random, rtc_ms: int | None
    ) -> None:
        """`files`: lasting memory. `rtc_ms`: the battery-backed clock, None when there is none or it stopped."""
        found = memory.found(files)
        self.record = record
        self._emit = emit
        self._dice = dice
        self.boot_epoch = found.boot_epoch + 1
        self.command_counter = found.command_counter
        self._save_core()
        self.log = EventLog(emit, capacity=record.events, boot_epoch=self.boot_epoch)
        self.log.restore(files.get(EVENTS, b""), files.get(TAIL))
        self.clock = found.clock(last=self.log.last, last_at=self.log.last_at, rtc_ms=rtc_ms)
        self.keypad = found.keypad
        self.keys = found.keys or tuple(Key(kid, key.hex()) for kid, key in record.service_keys.items())
        self.lists = ListKeeper(emit, found.applied, most_rights=record.rights)
        self.guard = Guard(emit, found.mode, found.passage)
        self.lock = Lock()
        self.contact = Contact(fitted=record.contact)
        self.uplink = Uplink(
            emit, door=record.door, kid=record.link_kid, key=record.link_key, boot_epoch=self.boot_epoch, dice=dice
        )
        self._flood = Flood()
        self._challenges: tuple[str, ...] = ()
        self._challenge_ms = 0
        self._floor_ms = 0
        self._news = False
        previous = self.log.last
        self._event("boot", 0, firmware=FIRMWARE, previous=plain(previous) if previous else None)
        self._new_challenge(0)

    # --- the clock ---

    def hear_ntp(self, at_ms: int, mono_ms: int) -> bool:
        """False when it is below the floor and not believed (6.3)."""
        self.clock.raise_floor(mono_ms)
        if at_ms < self.clock.floor_ms:
            return False
        self._set_clock(at_ms, mono_ms, source="ntp")
        self._settle(mono_ms)
        return True

    def clock_disturbed(self, mono_ms: int) -> None:
        """A fault has changed `clock`; what is saved and reported must follow."""
        self._save_floor(mono_ms)
        self._emit(SetRtc(self.clock.at_ms(mono_ms)))
        self._news = True
        self._settle(mono_ms)

    def _set_clock(self, at_ms: int, mono_ms: int, *, source: str) -> None:
        before = self._now(mono_ms)
        self.clock.set(at_ms, mono_ms, source)
        self._emit(memory.save_clock(self.clock, self.log.last))
        self._emit(SetRtc(at_ms))
        self._event("clock_set", mono_ms, before=before, source=source)
        self._news = True

    def _save_floor(self, mono_ms: int) -> None:
        self._floor_ms = mono_ms
        self.clock.raise_floor(mono_ms)
        self._emit(memory.save_clock(self.clock, self.log.last))

    def _now(self, mono_ms: int) -> int:
        return self.clock.at_ms(mono_ms) // 1000

    def _at(self, mono_ms: int) -> Belief:
        return self.clock.believes(mono_ms)

    # --- telling ---

    def reported(self, mono_ms: int) -> dict[str, Any]:
        """The body of `reported` (12.2)."""
        return {
            "list": self.lists.applied,
            "refused": self.lists.refused,
            "mode": self.guard.applied,
            "clock": self._clock_report(mono_ms),
            "queue": {"length": len(self.log), "oldest": plain(self.log.oldest) if self.log.oldest else None},
            "challenge": self._challenges[0],
            "command_counter": self.command_counter,
            "boot_epoch": self.boot_epoch,
            "mono_ms": mono_ms,
            "firmware": FIRMWARE,
            "contact": self.contact.state,
            "lock": "unlocked" if self.lock.released(mono_ms) else "locked",
            "lockout_s": self.keypad.left_s(mono_ms),
            "limits": {"events": self.record.events, "rights": self.record.rights, "page": self.record.page},
            "inputs": self._inputs_report(),
            "armed": self.guard.state.armed,
            "kids": sorted(key.kid for key in self.keys),
        }

    def _clock_report(self, mono_ms: int) -> dict[str, Any]:
        clock = self.clock
        return {
            "at_ms": clock.at_ms(mono_ms),
            "source": clock.source,
            "state": clock.state(mono_ms),
            "synced_at": None if clock.synced_ms is None else clock.synced_ms // 1000,
            "uncertainty_s": clock.uncertainty_s(mono_ms),
        }

    def _inputs_report(self) -> dict[str, str]:
        fire = "active" if self.guard.fire_input else "idle"
        interlock = "open" if self.guard.state.interlock_open else "closed"
        return {
            "fire": fire if self.record.fire else "none",
            "interlock": interlock if self.record.interlock else "none",
            "rex": "fitted" if self.record.rex else "none",
        }

    def _settle(self, mono_ms: int) -> None:
        """At the end of everything that happens: news are reported, new events sent."""
        if self._news:
            self._report(mono_ms)
        if self.uplink.connected and not self.log.under_way:
            self._send_batch(mono_ms, again=False)

    def _report(self, mono_ms: int) -> None:
        self._news = False
        self.uplink.send("reported", self.reported(mono_ms), self._now(mono_ms), retain=True)

    def _send_batch(self, mono_ms: int, *, again: bool) -> None:
        self.uplink.send_batch(self.log.batch(), self._now(mono_ms), mono_ms, again=again)

    def _new_challenge(self, mono_ms: int, *, keep: int = 0) -> None:
        # 10.4: after an accepted command the old ones are forgotten, after a minute one is kept
        self._challenges = (self._dice.randbytes(16).hex(), *self._challenges[:keep])
        self._challenge_ms = mono_ms
        self._news = True

    def _save_core(self) -> None:
        self._emit(memory.save_core(boot_epoch=self.boot_epoch, command_counter=self.command_counter))

    def _event(self, kind: str, mono_ms: int, **facts: object) -> None:
        at = self._at(mono_ms)
        self.clock.raise_floor(mono_ms)
        self.log.write(kind, Stamp(at.now, mono_ms, at.state), **facts)

    def _flooding(self, kind: str, mono_ms: int, facts: dict[str, Any]) -> bool:
        """An event that may come in floods; True when it was written by itself."""
        self._close_floods(mono_ms)
        alone = self._flood.admits(kind, facts, mono_ms)
        if alone:
            self._event(kind, mono_ms, **facts, count=1)
        return alone

    def _close_floods(self, mono_ms: int) -> None:
        for kind, facts in self._flood.ended(mono_ms):
            self._event(kind, mono_ms, **facts)
