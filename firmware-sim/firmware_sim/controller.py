"""One door controller (door-protocol.md): all it knows and decides. No I/O: it takes `mono_ms` and emits effects."""

import random
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from firmware_sim import memory, rules
from firmware_sim.codec import Envelope, Refused, open_from_service, readable_id, topic_ending, topic_of
from firmware_sim.core import MINUTE_MS, Core
from firmware_sim.decide import Decision, Shown, decide
from firmware_sim.doorway import Reader
from firmware_sim.effects import Emit, Hold, Publish, Release, Relock
from firmware_sim.eventlog import Position
from firmware_sim.guard import next_change_ms
from firmware_sim.listkeeper import AWAITED, UNASKED
from firmware_sim.provisioning import Record
from firmware_sim.trusted import REFUSALS, Key, by_kid, drop, trust

SUBSCRIBED = ("mode", "desired", "desired/+", "cmd", "ev/ack")
IGNORED = Decision("ignored", "same_reading")


class Controller(Core):
    """Made at power-on, thrown away at a power cut: all else is in lasting memory. `mono_ms` never goes back."""

    def __init__(
        self, record: Record, files: Mapping[str, bytes], emit: Emit, *, dice: random.Random, rtc_ms: int | None
    ) -> None:
        """`files`: lasting memory. `rtc_ms`: the battery-backed clock, None when there is none or it stopped."""
        super().__init__(record, files, emit, dice=dice, rtc_ms=rtc_ms)
        self._reader = Reader()
        self._long_open = False
        self._settle(0)

    # --- what happens at the door ---

    def card(self, cred: str, mono_ms: int, reader: str = "in") -> Decision:
        """A card is read; the lock is released before this returns. `same_reading`: it still lies there (8.3)."""
        if self._reader.same_reading(cred, reader, mono_ms):
            return IGNORED
        return self._present(Shown("card", cred, reader), mono_ms)

    def pin(self, cred: str, mono_ms: int, reader: str = "in") -> Decision:
        """A PIN is typed to its end."""
        return self._present(Shown("pin", cred, reader), mono_ms)

    def move(self, mono_ms: int, *, opened: bool) -> None:
        """The leaf moves; the contact tells, if there is one (9.5)."""
        if not self.contact.fitted or opened == (self.contact.opened_ms is not None):
            return
        self.contact.opened_ms = mono_ms if opened else None
        self.contact.told = 0
        allowed = self.lock.released(mono_ms) or self.guard.leaving(mono_ms)
        self._event("door_closed" if not opened else "door_opened" if allowed else "forced", mono_ms)
        self._news = True
        self._settle(mono_ms)

    def rex(self, mono_ms: int) -> None:
        """The exit button is pressed; it moves the lock itself, or nothing does (9.9)."""
        if self.record.rex:
            self.guard.pressed(mono_ms)
            self._event("rex", mono_ms)
            self._settle(mono_ms)

    def fire(self, mono_ms: int, *, active: bool) -> None:
        """The fire alarm's input. It latches: the lock stays released when it goes idle again (9.10)."""
        if not self.record.fire or active == self.guard.fire_input:
            return
        self.guard.fire_input = active
        self._news = True
        if active and not self.guard.state.fire:
            self.guard.state = replace(self.guard.state, fire=True)
            self._follow_hold()
            self.guard.keep(self.guard.state)
            self._event("fire", mono_ms, active=True)
        self._settle(mono_ms)

    def interlock(self, mono_ms: int, *, opened: bool) -> None:
        """Another door of the air lock."""
        if self.record.interlock and opened != self.guard.state.interlock_open:
            self.guard.state = replace(self.guard.state, interlock_open=opened)
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
        dues = [
            self.lock.until_ms,
            None if self.guard.state.fire else self.contact.due_ms(self._open_s),
            self.keypad.due_ms(),
            self._flood.due_ms(),
            self._challenge_ms + MINUTE_MS,
            self._floor_ms + MINUTE_MS,
            self.uplink.resend_ms,
            self.guard.next_ms,
        ]
        return min(due for due in dues if due is not None)

    def _present(self, shown: Shown, mono_ms: int) -> Decision:
        state = replace(self.guard.state, locked_out=self.keypad.locked_out(mono_ms))
        decision = decide(self.lists.held, self.guard.mode, state, shown, self._at(mono_ms), mono_ms)
        # 9.8: what was used up stays used up, so it is in lasting memory before the lock is released
        self.guard.keep(replace(decision.after, locked_out=False))
        facts: dict[str, Any] = {
            "medium": shown.medium,
            "cred": shown.cred,
            "reason": decision.reason,
            "right": decision.right,
        }
        facts |= {"list": self.lists.name, "reader": shown.reader}
        if decision.granted:
            self._granted(shown, decision, facts, mono_ms)
        elif decision.outcome == "pending":
            self._event("pending", mono_ms, **facts)
        else:
            self._denied(shown, decision, facts, mono_ms)
        self._settle(mono_ms)
        return decision

    def _granted(self, shown: Shown, decision: Decision, facts: dict[str, Any], mono_ms: int) -> None:
        self._long_open = decision.long_open
        if self.lists.held is not None:
            self._release(self.lists.held.unlock_s, mono_ms)
        self._event("granted", mono_ms, **facts, notes=list(decision.notes))
        self._news |= "first_in" in decision.notes
        if shown.medium == "pin" and decision.right is not None and self.keypad.wrong_ms:
            self.keypad.right()
            self._emit(memory.save_keypad(self.keypad))

    def _denied(self, shown: Shown, decision: Decision, facts: dict[str, Any], mono_ms: int) -> None:
        self._flooding("denied", mono_ms, facts)
        if shown.medium == "pin" and decision.reason == "unknown_credential":
            lockout = self.keypad.wrong(mono_ms)
            self._emit(memory.save_keypad(self.keypad))
            if lockout:
                self._event("lockout", mono_ms, seconds=self.keypad.left_s(mono_ms))
                self._news = True

    def _release(self, unlock_s: int, mono_ms: int) -> None:
        self._emit(Release(self.lock.release(mono_ms, unlock_s)))
        self._news = True

    @property
    def _open_s(self) -> int:
        held = self.lists.held
        if held is None:
            return 86_400
        return held.rules.long_open_s if self._long_open else held.held_open_s

    def _held_open(self, mono_ms: int) -> None:
        while not self.guard.state.fire and self.contact.opened_ms is not None:
            kind = self.contact.says(self._open_s, mono_ms)
            if kind is None:
                return
            self._event(kind, mono_ms, open_s=(mono_ms - self.contact.opened_ms) // 1000)

    def _settle(self, mono_ms: int) -> None:
        """First what free windows, mode and fire make of the lock, then telling."""
        at, held = self._at(mono_ms), self.lists.held
        self._news |= self.guard.disarm(held, at)
        for kind, first_in in self.guard.changes(held, at):
            self._event(kind, mono_ms, first_in=first_in)
            self._news = True
        self._follow_hold()
        change_ms = next_change_ms(held, at, self.clock.at_ms(mono_ms))
        self.guard.next_ms = None if change_ms is None else self.clock.mono_of(change_ms)
        super()._settle(mono_ms)

    def _follow_hold(self) -> None:
        if self.lock.held != self.guard.holds_open:
            self.lock.held = self.guard.holds_open
            self._emit(Hold(self.lock.held))
            self._news = True

    # --- the line ---

    def will(self, mono_ms: int) -> Publish:
        """To be registered with the broker before connecting (13.2)."""
        return self.uplink.will(self._now(mono_ms))

    def connected(self, mono_ms: int) -> None:
        """After CONNACK and SUBSCRIBE (3.2)."""
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
        what, _, page = ending.partition("/")
        try:
            if topic != topic_of(self.record.door, ending):
                raise Refused("wrong_topic")
            if what == "desired" and 0 < self.record.page < len(payload):
                raise Refused("too_big")
            envelope = open_from_service(payload, topic, retained=retained, keys=by_kid(self.keys))
        except Refused as refused:
            self._refuse(ending, refused, mono_ms)
        else:
            takers = {"mode": self._ordered, "desired": self._paged if page else self._offered, "cmd": self._commanded}
            takers.get(what, self._acknowledged)(envelope, mono_ms)
        self._settle(mono_ms)

    def _refuse(self, ending: str, refused: Refused, mono_ms: int) -> None:
        signed = refused.envelope
        if ending.partition("/")[0] == "desired":
            self._refuse_list(None, refused.code, mono_ms, signed=signed is not None)
        elif ending == "mode":
            self._flooding("mode_refused", mono_ms, {"reason": refused.code})
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
        self._judged(envelope, self.lists.offer(envelope, self._at(mono_ms)), mono_ms)

    def _paged(self, envelope: Envelope, mono_ms: int) -> None:
        self._judged(envelope, self.lists.page(envelope.body, self._at(mono_ms)), mono_ms)

    def _judged(self, envelope: Envelope, verdict: str, mono_ms: int) -> None:
        if verdict in (AWAITED, UNASKED):
            return
        self._news = True
        if verdict == rules.APPLIED and self.lists.applied is not None and self.lists.held is not None:
            self.guard.forget_strangers(self.lists.held)
            self._event("list_applied", mono_ms, list=self.lists.name, hash=self.lists.applied["hash"])
        elif verdict != rules.REPEATED:
            name = {"epoch": envelope.body["epoch"], "version": envelope.body["version"]}
            self._refuse_list(name, verdict, mono_ms, signed=True)

    def _ordered(self, envelope: Envelope, mono_ms: int) -> None:
        body, applied = envelope.body, self.guard.applied
        identity = (
            None if applied is None else rules.ModeIdentity(applied["epoch"], applied["version"], applied["mode"])
        )
        offered = rules.ModeIdentity(body["epoch"], body["version"], body["mode"])
        verdict = rules.judge_mode(identity, offered, issued_at=envelope.iat, at=self._at(mono_ms))
        self._news = True
        if verdict == rules.APPLIED:
            self.guard.order(body, self._now(mono_ms))
            if self.guard.mode == "lockdown":
                self.lock.until_ms = None
                self._emit(Relock())
            self._follow_hold()
            self._event("mode_applied", mono_ms, mode=body["mode"], epoch=body["epoch"], version=body["version"])
        elif verdict != rules.REPEATED:
            self._flooding("mode_refused", mono_ms, {"reason": verdict})

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
            at=self._at(mono_ms),
        )
        code = code or self._hindrance(envelope)
        if code is not None:
            self._refuse_command(envelope, code, mono_ms)
            return
        self.command_counter = envelope.counter
        self._save_core()
        acts = {
            "open": self._open,
            "set_time": self._set_time,
            "forgive": self._forgive,
            "fire_reset": self._fire_reset,
        }
        act = acts.get(sent.cmd)
        done = act(envelope.body, mono_ms) if act else self._change_keys(envelope, mono_ms)
        self._answer(envelope, "done", done, mono_ms)
        self._new_challenge(mono_ms)

    def _hindrance(self, envelope: Envelope) -> str | None:
        """10.3, rows 5 to 7: what stands against it at this door now."""
        body = envelope.body
        if body["cmd"] == "open" and self.guard.mode == "lockdown" and not body["override"]:
            return "lockdown"
        if body["cmd"] == "fire_reset" and self.guard.fire_input:
            return "fire_still_active"
        code, _ = self._keys_after(envelope)
        return code if code in REFUSALS else None

    def _open(self, body: dict[str, Any], mono_ms: int) -> str:
        self._long_open = False
        self._release(body["unlock_s"], mono_ms)
        self._event("opened_remote", mono_ms, command=body["id"], reason=body["reason"], unlock_s=body["unlock_s"])
        return "opened"

    def _set_time(self, body: dict[str, Any], mono_ms: int) -> str:
        self._set_clock(body["at_ms"], mono_ms, source="service")
        return "time_set"

    def _forgive(self, body: dict[str, Any], mono_ms: int) -> str:
        self.guard.forgive(body["holder"])
        self._event("forgiven", mono_ms, command=body["id"], holder=body["holder"])
        return "forgiven"

    def _fire_reset(self, _body: dict[str, Any], mono_ms: int) -> str:
        if self.guard.state.fire:
            self.guard.keep(replace(self.guard.state, fire=False))
            self.contact.opened_ms = mono_ms if self.contact.opened_ms is not None else None
            self._event("fire", mono_ms, active=False)
        return "fire_reset"

    def _keys_after(self, envelope: Envelope) -> tuple[str, tuple[Key, ...]]:
        body = envelope.body
        if body["cmd"] == "trust":
            return trust(self.keys, Key(body["kid"], body["key"]), signer=envelope.kid)
        return drop(self.keys, body["kid"], signer=envelope.kid) if body["cmd"] == "drop_key" else ("", self.keys)

    def _change_keys(self, envelope: Envelope, mono_ms: int) -> str:
        code, keys = self._keys_after(envelope)
        if keys != self.keys:
            self.keys = keys
            self._emit(memory.save_keys(keys))
            kids = sorted(key.kid for key in keys)
            self._event("trust_changed", mono_ms, command=envelope.body["id"], kids=kids)
        return code

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
