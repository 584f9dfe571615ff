"""Plays a scenario on a site: faults, taps and lists at their times. What happens is noted, one object each."""

import random
from collections.abc import Callable, Iterator
from contextlib import suppress
from functools import partial
from typing import Any

from firmware_sim.air import Air
from firmware_sim.credentials import card_text, credential_hash, pin_text
from firmware_sim.door import Door, NoPower
from firmware_sim.flash import PowerCut, RamFlash
from firmware_sim.scenario import BadScenario, Fault, ListGiven, Scenario, Taps
from firmware_sim.scripted import Scripted
from firmware_sim.site import Site
from firmware_sim.weather import CALM

Note = Callable[[dict[str, Any]], None]
FOREVER_S = 10 * 366 * 86400
MOST_BITS = 40


def records(played: Scenario, service_keys: dict[str, str]) -> list[dict[str, Any]]:
    """Provisioning records of its sites (README.md, doors.json); the same keys for the same seed."""
    dice = random.Random(played.seed)
    return [entry for wanted in played.sites for entry in _of_site(wanted, service_keys, dice)]


def _of_site(wanted: Any, service_keys: dict[str, str], dice: random.Random) -> Iterator[dict[str, Any]]:
    for n in range(1, wanted.doors + 1):
        drift = wanted.drift_ppm
        sim = {key: getattr(wanted, key) for key in ("contact", "rtc", "events", "rights")}
        sim["drift_ppm"] = round(dice.uniform(*drift)) if isinstance(drift, tuple) else round(drift)
        if wanted.flash is not None:
            sim["flash"] = wanted.flash
        yield {
            "v": 1,
            "door": f"{wanted.name}-{n:04d}",
            "link_kid": "link-1",
            "link_key": dice.randbytes(32).hex(),
            "credential_key": dice.randbytes(32).hex(),
            "service_keys": service_keys,
            "sim": sim,
        }


class Play:
    """`air` and `service`: in virtual time only; what needs them is refused without."""

    def __init__(
        self, played: Scenario, site: Site, note: Note, *, air: Air | None = None, service: Scripted | None = None
    ) -> None:
        self._played = played
        self._site = site
        self._note = note
        self._air = air
        self._service = service
        self._dice = random.Random(played.seed)
        self._doors: dict[str, Door] = site.doors
        if air is None and (played.lists or any(fault.kind == "broker" for fault in played.faults)):
            raise BadScenario(
                '"lists" and faults of kind "broker" are for virtual time: there the real ones are absent'
            )
        if any(fault.kind == "torn" for fault in played.faults) and played.memory != "ram":
            raise BadScenario('faults of kind "torn" need memory = "ram"')

    def schedule(self) -> None:
        """In the doors' thread, once, when the site starts."""
        for given in self._played.lists:
            self._at(given.at_s, partial(self._give, given))
        for fault in self._played.faults:
            self._at(fault.at_s, partial(self._begin, fault, self._drawn(fault)))
        for taps in self._played.taps:
            for door in self._drawn(taps):
                first_s = taps.at_s + self._dice.uniform(0, taps.spread_s)
                for n in range(taps.times):
                    self._at(first_s + n * taps.every_s, partial(self._tap, door, taps))

    def _drawn(self, entry: Fault | Taps | ListGiven) -> list[str]:
        return entry.which.of(list(self._doors), self._dice)

    def _at(self, at_s: float, job: Callable[[], None]) -> None:
        self._site.loop.after(at_s, job)

    # --- taps ---

    def _tap(self, name: str, taps: Taps) -> None:
        door, told = self._doors[name], dict(taps.credential)
        try:
            if "pin" in told:
                answer = door.pin(told["pin"])
            else:
                answer = door.card(told["card"], form=told.get("format", "em4100"), bits=told.get("bits", MOST_BITS))
        except (NoPower, PowerCut) as error:
            self._say("tap", door=name, decision="no_answer", reason=type(error).__name__)
            return
        wanted = ("decision", "reason", "right", "medium", "at_ms")
        self._say("tap", door=name, **{key: answer[key] for key in wanted})

    # --- faults ---

    def _begin(self, fault: Fault, doors: list[str]) -> None:
        self._say(fault.kind, doors=len(doors), begins=True, **fault.how)
        if fault.kind == "broker":
            self._broker(fault)
            return
        for name in doors:
            with suppress(NoPower, PowerCut):
                getattr(self, f"_{fault.kind}")(self._doors[name], fault)
        if fault.for_s is not None and fault.kind in ("network", "cut", "flash"):
            self._at(fault.for_s, partial(self._end, fault, doors))

    def _end(self, fault: Fault, doors: list[str]) -> None:
        self._say(fault.kind, doors=len(doors), begins=False)
        for name in doors:
            door = self._doors[name]
            with suppress(NoPower, PowerCut):
                if fault.kind == "network":
                    door.weather(CALM)
                elif fault.kind == "cut":
                    door.plug(plugged=True)
                else:
                    door.flash_room(door.record.flash)

    def _network(self, door: Door, fault: Fault) -> None:
        door.weather(fault.network)

    def _cut(self, door: Door, _fault: Fault) -> None:
        door.plug(plugged=False)

    def _power(self, door: Door, fault: Fault) -> None:
        off_s = FOREVER_S if fault.for_s is None else fault.for_s
        door.power_cut(off_s=off_s, rtc_lost=fault.how.get("rtc_lost", False))

    def _torn(self, door: Door, fault: Fault) -> None:
        flash, after = self._site.flashes[door.record.door], fault.how["after"]
        assert isinstance(flash, RamFlash)
        flash.cut_in(self._dice.randint(*after) if isinstance(after, list) else after)

    def _clock(self, door: Door, fault: Fault) -> None:
        if "offset_s" in fault.how:
            door.clock_off_by(round(fault.how["offset_s"] * 1000))
        if "jump_s" in fault.how:
            door.clock_jump(round(fault.how["jump_s"] * 1000))
        if "state" in fault.how:
            door.clock_state(fault.how["state"], 0)

    def _flash(self, door: Door, fault: Fault) -> None:
        door.flash_room(fault.how["bytes"])

    def _contact(self, door: Door, fault: Fault) -> None:
        door.move(opened=fault.how.get("open", True))

    def _input(self, door: Door, fault: Fault) -> None:
        name, active = fault.how["name"], fault.how.get("active", True)
        door.inputs(**{name: active})

    def _broker(self, fault: Fault) -> None:
        assert self._air is not None
        self._air.stop(forgets=fault.how.get("forgets", False))
        if fault.for_s is not None:
            self._at(fault.for_s, self._air.start)

    # --- lists ---

    def _give(self, given: ListGiven) -> None:
        assert self._service is not None
        doors = self._drawn(given)
        self._say("list", doors=len(doors), rights=len(given.rights))
        for name in doors:
            key = self._doors[name].record.credential_key
            rights = [self._right(n, right, key) for n, right in enumerate(given.rights, 1)]
            version = {} if given.version is None else {"version": given.version}
            self._service.give(name, {"rights": sorted(rights, key=lambda right: str(right["id"])), **version})

    def _right(self, n: int, right: Any, key: bytes) -> dict[str, Any]:
        starts_s = int(self._played.starts_at.timestamp())
        card = "card" in right
        bits = right.get("bits", MOST_BITS)
        text = (
            card_text(right["card"], form=right.get("format", "em4100"), bits=bits) if card else pin_text(right["pin"])
        )
        return {
            "id": f"r-{n:04d}",
            "cred": credential_hash(key, text),
            "kind": "card" if card else "pin",
            "from": starts_s + int(right.get("from_s", 0)),
            "until": starts_s + int(right.get("until_s", FOREVER_S)),
            "flags": [],
            "holder": f"h-{n}",
            "uses": None,
        }

    def _say(self, what: str, **facts: Any) -> None:
        started_ms = round(self._played.starts_at.timestamp() * 1000) if self._air else 0
        self._note({"t_ms": self._site.loop.true_ms() - started_ms, "what": what, **facts})
