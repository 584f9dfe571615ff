"""A simulated door: a controller with its memory, line, oscillator and power, and the faults one can do to them."""

import random
from collections import deque
from typing import Any

from firmware_sim import canonical, presence
from firmware_sim.controller import Controller
from firmware_sim.credentials import card_text, credential_hash, pin_text
from firmware_sim.decide import Decision
from firmware_sim.effects import Append, Effect, Hold, Publish, Release, Relock, Save, SetRtc
from firmware_sim.flash import PowerCut
from firmware_sim.loop import Timers
from firmware_sim.provisioning import Record
from firmware_sim.store import Store
from firmware_sim.transport import Dial
from firmware_sim.weather import Faults

RTC = "rtc"
REMEMBERED = 20
RESTART_S = 1.0  # after a power cut inside a write


class NoPower(Exception):
    """The controller is off."""


class Door:
    """All methods run in the loop's thread. `true` times are the machine's; the door has a clock of its own."""

    def __init__(self, record: Record, store: Store, loop: Timers, dial: Dial, seed: int | None) -> None:
        self.record = record
        self._store = store
        self._loop = loop
        self._dice = random.Random(seed)
        self._line = dial(self, self._dice)
        self._controller: Controller | None = None
        self._wired = True
        self._boot_ns = 0
        self._alarm_ms: int | None = None
        self._unlocked_ns = 0
        self._contacts = {"fire": False, "interlock": False}
        self._decisions: deque[dict[str, Any]] = deque(maxlen=REMEMBERED)

    # --- power, plug, clock: what can be done to it ---

    def power_on(self) -> None:
        """Starts from lasting memory, and dials if plugged in."""
        if self._controller is None:
            self._boot_ns = self._loop.mono_ns()
            self._alarm_ms = None
            files = self._store.load()
            rtc_ms = self._rtc_ms(files.get(RTC))
            self._controller = Controller(self.record, files, self._perform, dice=self._dice, rtc_ms=rtc_ms)
            self._sense(self._controller)
            self._schedule()
            if self._wired:
                self._line.plug()

    def power_cut(self, *, off_s: float, rtc_lost: bool) -> None:
        """Everything not in lasting memory is gone; power comes back after `off_s`."""
        self._controller = None
        self._line.unplug()
        if rtc_lost:
            self._store.forget(RTC)
        if off_s <= 0:
            self.power_on()
        else:
            self._loop.after(off_s, self.power_on)

    def plug(self, *, plugged: bool) -> None:
        """The network plug; also while there is no power: it dials when that is back."""
        self._wired = plugged
        if not plugged:
            self._line.unplug()
        elif self._controller is not None:
            self._line.plug()

    def weather(self, faults: Faults) -> None:
        """What the network does to its messages from now on."""
        self._line.weather(faults)

    def flash_room(self, room: int | None) -> None:
        """Bytes of lasting memory from now on; None: no end."""
        self._store.limit(room)

    def clock_off_by(self, offset_ms: int) -> None:
        """As if it had drifted so far from the true time."""
        controller, mono_ms = self._on(), self._mono_ms()
        controller.clock.drift_to(self._loop.true_ms() + offset_ms - controller.clock.at_ms(mono_ms))
        self._disturbed(controller)

    def clock_jump(self, jump_ms: int) -> None:
        """In one instant; backwards below its floor makes the door's clock unknown."""
        controller = self._on()
        controller.clock.jump(jump_ms, self._mono_ms())
        self._disturbed(controller)

    def clock_state(self, state: str, age_s: int) -> None:
        """`unknown`: forgets the time. `synced`: NTP sets it. `holdover`: as if last set `age_s` ago."""
        controller, mono_ms = self._on(), self._mono_ms()
        if state == "unknown":
            controller.clock.raise_floor(mono_ms)
            controller.clock.forget(mono_ms)
        elif state == "synced":
            controller.clock.raise_floor(mono_ms)  # first, or a clock a millisecond ahead refuses to be set
            controller.hear_ntp(max(self._loop.true_ms(), controller.clock.floor_ms), mono_ms)
        else:
            controller.clock.synced_ms = controller.clock.at_ms(mono_ms) - age_s * 1000
            controller.clock.source = "rtc"
        self._disturbed(controller)

    def move(self, *, opened: bool) -> None:
        """The door leaf."""
        self._on().move(self._mono_ms(), opened=opened)
        self._after()

    def inputs(self, *, fire: bool | None = None, interlock: bool | None = None, rex: bool = False) -> None:
        """Fire alarm active, other door of the air lock open, exit button pressed. Contacts outlive a power cut."""
        controller = self._on()
        if fire is not None:
            self._contacts["fire"] = fire
        if interlock is not None:
            self._contacts["interlock"] = interlock
        self._sense(controller)
        if rex:
            controller.rex(self._mono_ms())
        self._after()

    def _sense(self, controller: Controller) -> None:
        controller.fire(self._mono_ms(), active=self._contacts["fire"])
        controller.interlock(self._mono_ms(), opened=self._contacts["interlock"])

    def leave(self) -> None:
        """Good order at the end of the process."""
        if self._controller is not None:
            self._controller.goodbye(self._mono_ms())
        self._line.leave()

    # --- what happens at it ---

    def card(self, value_hex: str, *, form: str, bits: int, reader: str = "in") -> dict[str, Any]:
        """Raises BadCredential. The answer says what was decided and how long tap to unlock took."""
        text = card_text(value_hex, form=form, bits=bits)
        return self._tap("card", text, reader)

    def pin(self, digits: str, *, reader: str = "in") -> dict[str, Any]:
        """Raises BadCredential."""
        return self._tap("pin", pin_text(digits), reader)

    def _tap(self, medium: str, text: str, reader: str) -> dict[str, Any]:
        controller = self._on()
        self._unlocked_ns = 0
        start_ns = self._loop.mono_ns()
        present = controller.card if medium == "card" else controller.pin
        decision = present(credential_hash(self.record.credential_key, text), self._mono_ms(), reader)
        end_ns = self._unlocked_ns if decision.granted else self._loop.mono_ns()
        self._after()
        answer = {
            **_plain(decision),
            "medium": medium,
            "reader": reader,
            "at_ms": controller.clock.at_ms(self._mono_ms()),
        }
        self._decisions.appendleft(answer)
        return {"door": self.record.door, **answer, "unlocked": decision.granted, "ms": (end_ns - start_ns) / 1e6}

    # --- what it looks like ---

    def events(self) -> list[dict[str, Any]]:
        """Not yet acknowledged, oldest first."""
        return self._on().log.held()

    def view(self) -> dict[str, Any]:
        """For the control API's GET /doors."""
        seen: dict[str, Any] = {
            "door": self.record.door,
            "kind": "mqtt",
            "power": self._controller is not None,
            "plugged": self._wired,
            "network": self._line.state,
            "decisions": list(self._decisions),
        }
        return seen if self._controller is None else {**seen, **self._inside(self._controller)}

    def brief(self) -> dict[str, Any]:
        """What is counted of many doors."""
        controller, base = self._controller, {"power": self._controller is not None, "network": self._line.state}
        if controller is None:
            return base
        mono_ms, last = self._mono_ms(), controller.log.last
        return {
            **base,
            "clock": controller.clock.state(mono_ms),
            "lock": "unlocked" if controller.lock.released(mono_ms) else "locked",
            "mode": (controller.guard.applied or {}).get("mode", "normal"),
            "version": (controller.lists.name or {}).get("version"),
            "queue": len(controller.log),
            "written": last.seq if last else 0,
        }

    def _inside(self, controller: Controller) -> dict[str, Any]:
        mono_ms = self._mono_ms()
        said = controller.reported(mono_ms)
        held, until_ms = controller.lists.held, controller.lock.until_ms or 0
        more = {} if held is None else {"not_after": held.not_after, "rights": held.count, "unlock_s": held.unlock_s}
        return {
            "lock": said["lock"],
            "unlocked_left_ms": max(0, until_ms - mono_ms),
            "contact": said["contact"],
            "clock": {**said["clock"], "offset_ms": said["clock"]["at_ms"] - self._loop.true_ms()},
            "list": None if said["list"] is None else {**said["list"], **more},
            "refused": said["refused"],
            "queue": said["queue"],
            "lockout_s": said["lockout_s"],
            "presence": presence.shown(self.record.link_key, self.record.door, said["clock"]["at_ms"] // 1000),
            "boot_epoch": said["boot_epoch"],
            "command_counter": said["command_counter"],
            "limits": said["limits"],
            "mode": said["mode"],
            "inputs": said["inputs"],
            "armed": said["armed"],
            "kids": said["kids"],
            "inside": sorted(controller.guard.state.inside),
        }

    # --- the line's ends ---

    def will(self) -> Publish:
        """Asked by the line before each connection."""
        return self._on().will(self._mono_ms())

    def line_up(self) -> None:
        """Connected and subscribed."""
        self._on().connected(self._mono_ms())
        self._schedule()

    def line_down(self) -> None:
        """Also when the power went first."""
        if self._controller is not None:
            self._controller.disconnected()

    def message(self, topic: str, payload: bytes, *, retained: bool) -> None:
        """From the broker."""
        if self._controller is not None:
            self._controller.receive(topic, payload, self._mono_ms(), retained=retained)
            self._schedule()

    # --- how it runs ---

    def _perform(self, effect: Effect) -> None:
        try:
            self._do(effect)
        except PowerCut:
            self.power_cut(off_s=RESTART_S, rtc_lost=False)
            raise

    def _do(self, effect: Effect) -> None:
        match effect:
            case Release() | Hold() | Relock():
                self._unlocked_ns = self._loop.mono_ns()
            case Save(name, content):
                self._store.save(name, content)
            case Append(name, line):
                self._store.append(name, line)
            case Publish():
                self._line.publish(effect)
            case SetRtc(at_ms):
                self._store.save(RTC, canonical.encode({"true_ms": self._loop.true_ms(), "at_ms": max(0, at_ms)}))

    def _disturbed(self, controller: Controller) -> None:
        controller.clock_disturbed(self._mono_ms())
        self._after()

    def _after(self) -> None:
        self._line.flush()
        self._schedule()

    def _schedule(self) -> None:
        if self._controller is None:
            return
        due_ms = self._controller.due_ms()
        if self._alarm_ms is None or due_ms < self._alarm_ms:
            self._alarm_ms = due_ms
            boot_ns = self._boot_ns
            self._loop.after((due_ms - self._mono_ms()) / 1000, lambda: self._ring(boot_ns, due_ms))

    def _ring(self, boot_ns: int, due_ms: int) -> None:
        if self._controller is None or boot_ns != self._boot_ns or due_ms != self._alarm_ms:
            return
        self._alarm_ms = None
        self._controller.tick(self._mono_ms())
        self._after()

    def _on(self) -> Controller:
        if self._controller is None:
            raise NoPower(self.record.door)
        return self._controller

    def _mono_ms(self) -> int:
        return self._drifted(self._loop.mono_ns() - self._boot_ns) // 1_000_000

    def _rtc_ms(self, saved: bytes | None) -> int | None:
        if saved is None or not self.record.rtc:
            return None
        rtc = canonical.parse(saved)
        return int(rtc["at_ms"] + self._drifted(self._loop.true_ms() - rtc["true_ms"]))

    def _drifted(self, span: int) -> int:
        return span + span * self.record.drift_ppm // 1_000_000


def _plain(decision: Decision) -> dict[str, Any]:
    notes = list(decision.notes)
    return {"decision": decision.outcome, "reason": decision.reason, "right": decision.right, "notes": notes}
