"""One door controller (door-protocol.md): all it knows and decides. No I/O: it takes `mono_ms` and emits effects."""

import random
from collections.abc import Mapping
from typing import Any

from firmware_sim import memory, rules
from firmware_sim.codec import Envelope, Refused, open_from_service, readable_id, topic_ending, topic_of
from firmware_sim.decide import Decision, decide
from firmware_sim.doorway import Contact, Lock, Reader
from firmware_sim.effects import Emit, Publish, Release, SetRtc
from firmware_sim.eventlog import EVENTS, TAIL, EventLog, Position, Stamp, plain
from firmware_sim.flood import Flood
from firmware_sim.listkeeper import ListKeeper
from firmware_sim.provisioning import Record
from firmware_sim.uplink import Uplink

FIRMWARE = "vuoro-sim 1"
MINUTE_MS = 60_000
SUBSCRIBED = ("mode", "desired", "desired/+", "cmd", "ev/ack")
IGNORED = Decision(granted=False, reason="same_reading")


class Controller:
    """Made at power-on, thrown away at a power cut: all else is in lasting memory. `mono_ms` never goes back."""

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
        self.lists = ListKeeper(emit, found.applied, most_rights=record.rights)
        self.lock = Lock()
        self.contact = Contact(fitted=record.contact)
        self.uplink = Uplink(
            emit, door=record.door, kid=record.link_kid, key=record.link_key, boot_epoch=self.boot_epoch, dice=dice
        )
        self._reader = Reader()
        self._flood = Flood()
        self._challenges: tuple[str, ...] = ()
        self._challenge_ms = 0
        self._floor_ms = 0
        self._news = False
        previous = self.log.last
        self._event("boot", 0, firmware=FIRMWARE, previous=plain(previous) if previous else None)
        self._new_challenge(0)

    # --- what happens at the door ---

    def card(self, cred: str, mono_ms: int) -> Decision:
        """A card is read; the lock is released before this returns. `same_reading`: it still lies there (8.3)."""
        if self._reader.same_reading(cred, mono_ms):
            return IGNORED
        return self._present("card", cred, mono_ms)

    def pin(self, cred: str, mono_ms: int) -> Decision:
        """A PIN is typed to its end."""
        return self._present("pin", cred, mono_ms)

    def move(self, mono_ms: int, *, opened: bool) -> None:
        """The leaf moves; the contact tells, if there is one (9.5)."""
        if not self.contact.fitted or opened == (self.contact.opened_ms is not None):
            return
        self.contact.opened_ms = mono_ms if opened else None
        self.contact.told = False
        kind = "door_closed" if not opened else "door_opened" if self.lock.released(mono_ms) else "forced"
        self._event(kind, mono_ms)
        self._news = True
        self._settle(mono_ms)

    def tick(self, mono_ms: int) -> None:
        """What is due by now: locking again, held open, a new challenge, the floor, lockout's end, sending again."""
        self._news |= self.lock.relock(mono_ms)
        self._held_open(mono_ms)
        if self.keypad.rest(mono_ms):
            self._emit(memory.save_keypad(self.keypad))
        self._close_floods(mono_ms)
        if mono_ms >= self._challenge_ms + MINUTE_MS:
            self._new_challenge(mono_ms, keep=1)
        if mono_ms >= self._floor_ms + MINUTE_MS:
            self._save_floor(mono_ms)
        if self.uplink.resend_ms is not None and mono_ms >= self.uplink.resend_ms:
            self._send_batch(mono_ms, again=True)
        self._settle(mono_ms)

    def due_ms(self) -> int:
        """When `tick` has something to do next."""
        held_open_s = self.lists.held.held_open_s if self.lists.held else None
        dues = [
            self.lock.until_ms,
            None if held_open_s is None else self.contact.due_ms(held_open_s),
            self.keypad.due_ms(),
            self._flood.due_ms(),
            self._challenge_ms + MINUTE_MS,
            self._floor_ms + MINUTE_MS,
            self.uplink.resend_ms,
        ]
        return min(due for due in dues if due is not None)

    def _present(self, medium: str, cred: str, mono_ms: int) -> Decision:
        at = self.clock.believes(mono_ms)
        decision = decide(self.lists.held, medium, cred, at, locked_out=self.keypad.locked_out(mono_ms))
        if decision.granted:
            self._granted(medium, cred, decision, mono_ms)
        else:
            self._denied(medium, cred, decision, mono_ms)
        self._settle(mono_ms)
        return decision

    def _granted(self, medium: str, cred: str, decision: Decision, mono_ms: int) -> None:
        if self.lists.held is not None:
            self._release(self.lists.held.unlock_s, mono_ms)
        self._event(
            "granted",
            mono_ms,
            medium=medium,
            cred=cred,
            reason=decision.reason,
            right=decision.right,
            list=self.lists.name,
            reader="in",
            notes=[],
        )
        if medium == "pin" and self.keypad.wrong_ms:
            self.keypad.right()
            self._emit(memory.save_keypad(self.keypad))

    def _denied(self, medium: str, cred: str, decision: Decision, mono_ms: int) -> None:
        facts = {
            "medium": medium,
            "cred": cred,
            "reason": decision.reason,
            "right": None,
            "list": self.lists.name,
            "reader": "in",
        }
        self._flooding("denied", mono_ms, facts)
        if medium == "pin" and decision.reason == "unknown_credential":
            lockout = self.keypad.wrong(mono_ms)
            self._emit(memory.save_keypad(self.keypad))
            if lockout:
                self._event("lockout", mono_ms, seconds=self.keypad.left_s(mono_ms))
                self._news = True

    def _release(self, unlock_s: int, mono_ms: int) -> None:
        self._emit(Release(self.lock.release(mono_ms, unlock_s)))
        self._news = True

    def _held_open(self, mono_ms: int) -> None:
        due = self.contact.due_ms(self.lists.held.held_open_s) if self.lists.held else None
        if due is not None and mono_ms >= due and self.contact.opened_ms is not None:
            self.contact.told = True
            self._event("held_open", mono_ms, open_s=(mono_ms - self.contact.opened_ms) // 1000)

    # --- the line ---

    def will(self, mono_ms: int) -> Publish:
        """To be registered with the broker before connecting (13.2)."""
        return self.uplink.will(self._now(mono_ms))

    def connected(self, mono_ms: int) -> None:
        """After CONNACK and SUBSCRIBE: presence, state, and the events still held (3.2)."""
        self.uplink.connected = True
        self.uplink.presence(online=True, now=self._now(mono_ms))
        self._report(mono_ms)
        self._send_batch(mono_ms, again=False)

    def disconnected(self) -> None:
        """The line is dead; everything goes on without it."""
        self.uplink.lost()

    def goodbye(self, mono_ms: int) -> None:
        """Leaving in good order."""
        self.uplink.presence(online=False, now=self._now(mono_ms))

    def receive(self, topic: str, payload: bytes, mono_ms: int, *, retained: bool) -> None:
        """A message of the broker, whoever wrote it."""
        if not payload:
            return
        ending = topic_ending(topic)
        try:
            if topic != topic_of(self.record.door, ending):
                raise Refused("wrong_topic")
            envelope = open_from_service(payload, topic, retained=retained, keys=self.record.service_keys)
        except Refused as refused:
            self._refuse(ending, refused, mono_ms)
        else:
            {"desired": self._offered, "cmd": self._commanded, "ev/ack": self._acknowledged}[ending](envelope, mono_ms)
        self._settle(mono_ms)

    def _refuse(self, ending: str, refused: Refused, mono_ms: int) -> None:
        signed = refused.envelope
        if ending == "desired":
            self._refuse_list(None, refused.code, mono_ms, signed=signed is not None)
        elif signed is None or ending != "cmd":
            self._flooding("command_refused", mono_ms, {"command": None, "reason": refused.code})
        else:
            self._refuse_command(signed, refused.code, mono_ms)

    def _refuse_list(self, name: dict[str, int] | None, code: str, mono_ms: int, *, signed: bool) -> None:
        self.lists.refuse(name, code, self._now(mono_ms))
        written = self._flooding("list_refused", mono_ms, {"list": name, "reason": code})
        # 5.4: forged messages must not make a door talk, so `reported` follows only as often as the event
        self._news |= signed or written

    def _offered(self, envelope: Envelope, mono_ms: int) -> None:
        verdict = self.lists.offer(envelope, self.clock.believes(mono_ms))
        self._news = True
        if verdict == rules.APPLIED and self.lists.applied is not None:
            self._event("list_applied", mono_ms, list=self.lists.name, hash=self.lists.applied["hash"])
        elif verdict != rules.REPEATED:
            name = {"epoch": envelope.body["epoch"], "version": envelope.body["version"]}
            self._refuse_list(name, verdict, mono_ms, signed=True)

    def _acknowledged(self, envelope: Envelope, mono_ms: int) -> None:
        if self.log.acknowledge(Position(**envelope.body)):
            self._send_batch(mono_ms, again=False)

    # --- commands ---

    def _commanded(self, envelope: Envelope, mono_ms: int) -> None:
        sent = rules.Sent(envelope.body["cmd"], envelope.counter, envelope.iat, envelope.exp, envelope.nonce)
        code = rules.refusal_of(
            sent,
            last_counter=self.command_counter,
            challenges=self._challenges,
            at=self.clock.believes(mono_ms),
        )
        if code is not None:
            self._refuse_command(envelope, code, mono_ms)
            return
        self.command_counter = envelope.counter
        self._save_core()
        act = self._open if sent.cmd == "open" else self._set_time
        self._answer(envelope, "done", act(envelope.body, mono_ms), mono_ms)
        self._new_challenge(mono_ms)

    def _open(self, body: dict[str, Any], mono_ms: int) -> str:
        self._release(body["unlock_s"], mono_ms)
        self._event("opened_remote", mono_ms, command=body["id"], reason=body["reason"], unlock_s=body["unlock_s"])
        return "opened"

    def _set_time(self, body: dict[str, Any], mono_ms: int) -> str:
        self._set_clock(body["at_ms"], mono_ms, source="service")
        return "time_set"

    def _refuse_command(self, envelope: Envelope, code: str, mono_ms: int) -> None:
        self._flooding("command_refused", mono_ms, {"command": readable_id(envelope.body), "reason": code})
        self._answer(envelope, "refused", code, mono_ms)

    def _answer(self, envelope: Envelope, result: str, code: str, mono_ms: int) -> None:
        command = readable_id(envelope.body)
        if command is None:
            return
        now = self._now(mono_ms)
        body = {
            "id": command,
            "counter": envelope.counter,
            "result": result,
            "code": code,
            "at": now,
            "mono_ms": mono_ms,
        }
        self.uplink.send("cmd/rsp", body, now)

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

    # --- telling ---

    def reported(self, mono_ms: int) -> dict[str, Any]:
        """The body of `reported` (12.2)."""
        clock = self.clock
        synced_at = None if clock.synced_ms is None else clock.synced_ms // 1000
        return {
            "list": self.lists.applied,
            "refused": self.lists.refused,
            "clock": {
                "at_ms": clock.at_ms(mono_ms),
                "source": clock.source,
                "state": clock.state(mono_ms),
                "synced_at": synced_at,
                "uncertainty_s": clock.uncertainty_s(mono_ms),
            },
            "queue": {"length": len(self.log), "oldest": plain(self.log.oldest) if self.log.oldest else None},
            "challenge": self._challenges[0],
            "command_counter": self.command_counter,
            "boot_epoch": self.boot_epoch,
            "mono_ms": mono_ms,
            "firmware": FIRMWARE,
            "contact": self.contact.state,
            "lock": "unlocked" if self.lock.released(mono_ms) else "locked",
            "lockout_s": self.keypad.left_s(mono_ms),
            "limits": {"events": self.record.events, "rights": self.record.rights, "page": 0},
            "mode": None,
            "inputs": {"fire": "none", "interlock": "none", "rex": "none"},
            "armed": False,
            "kids": sorted(self.record.service_keys),
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
        at = self.clock.believes(mono_ms)
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
