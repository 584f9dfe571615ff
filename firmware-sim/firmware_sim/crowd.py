"""Many doors at once, for the control API: the same act at all that fit, and what they are like together."""

import random
import re
import time
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

from firmware_sim.door import Door, NoPower
from firmware_sim.flash import PowerCut
from firmware_sim.scenario import Which
from firmware_sim.site import Site

STATUS = Path("/proc/self/status")


def summary(site: Site) -> dict[str, Any]:
    """Of all doors: how many are in which state. Taken in the doors' thread, at one moment."""
    return site.loop.call(lambda: _summary(list(site.doors.values())))


def _summary(doors: list[Door]) -> dict[str, Any]:
    seen = [door.brief() for door in doors]
    on = [each for each in seen if each["power"]]
    return {
        "doors": len(seen),
        "power": len(on),
        "network": dict(Counter(each["network"] for each in seen)),
        "clocks": dict(Counter(each["clock"] for each in on)),
        "locks": dict(Counter(each["lock"] for each in on)),
        "modes": dict(Counter(each["mode"] for each in on)),
        "no_list": sum(each["version"] is None for each in on),
        "queue": sum(each["queue"] for each in on),
        "written": sum(each["written"] for each in on),
        "memory_mb": _memory_mb(),
        "processor_s": round(time.process_time(), 2),
    }


def _memory_mb() -> float | None:
    """The most this process has had. Not what getrusage says: that begins with what its parent had."""
    if not STATUS.exists():
        return None
    found = re.search(r"VmHWM:\s*(\d+) kB", STATUS.read_text())
    return round(int(found[1]) / 1024, 1) if found else None


def act(site: Site, which: Which, seed: int, job: Callable[[Door], dict[str, Any] | None]) -> dict[str, Any]:
    """At all that fit, one after the other in the doors' thread; those without power are passed over."""
    doors = which.of(list(site.doors), random.Random(seed))
    done = [_one(site, name, job) for name in doors]
    taps = [each for each in done if each and "decision" in each]
    told: dict[str, Any] = {"doors": len(doors), "no_power": sum(each is None for each in done)}
    if taps:
        told["decisions"] = dict(Counter(f"{each['decision']}:{each['reason']}" for each in taps))
        told["ms"] = [each["ms"] for each in taps]
    return told


def _one(site: Site, name: str, job: Callable[[Door], dict[str, Any] | None]) -> dict[str, Any] | None:
    def run() -> dict[str, Any] | None:
        with suppress(NoPower, PowerCut):
            return job(site.doors[name]) or {}
        return None

    return site.loop.call(run)
