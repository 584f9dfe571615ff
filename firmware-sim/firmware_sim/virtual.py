"""A scenario in virtual time: days in seconds, without a network, the same result each time for the same seed."""

import random
from collections import Counter
from collections.abc import Iterable
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from firmware_sim import play, provisioning
from firmware_sim.air import Air
from firmware_sim.loop import VirtualTime
from firmware_sim.scenario import BadScenario, Scenario
from firmware_sim.scripted import KID, Kept, Scripted
from firmware_sim.site import Site, in_ram

LONGEST_S = 60.0


class World:
    """Site, broker and service of one scenario. `run` may be called again for later moments."""

    def __init__(self, played: Scenario) -> None:
        if played.memory != "ram" or played.serial:
            raise BadScenario('virtual time has memory = "ram" and no serial lines')
        key = Ed25519PrivateKey.from_private_bytes(random.Random(played.seed).randbytes(32))
        entries = play.records(played, {KID: key.public_key().public_bytes_raw().hex()})
        found = [provisioning.record(entry) for entry in entries]
        time = VirtualTime(round(played.starts_at.timestamp() * 1000))
        self.journal: list[dict[str, Any]] = []
        self.time = time
        self.air = Air(time, jitter_s=played.jitter_s)
        self.site = Site(found, in_ram, self.air, seed=played.seed)
        self.service = Scripted(self.air, {record.door: record for record in found}, key)
        self.site.start()
        play.Play(played, self.site, self.journal.append, air=self.air, service=self.service).schedule()

    def run(self, until_s: float) -> None:
        """Until so many seconds after the start."""
        self.time.run(until_s)

    def summary(self) -> dict[str, Any]:
        """What the service holds of all doors, and what the doors still hold."""
        kept = list(self.service.kept.values())
        held = [door.view() for door in self.site.doors.values()]
        return {
            "doors": len(held),
            "online": sum(each.online for each in kept),
            "taps": _counted(f"{note['decision']}:{note['reason']}" for note in self.journal if note["what"] == "tap"),
            "events": _counted(event["kind"] for each in kept for event in each.events.values()),
            "events_sent": sum(each.told for each in kept),
            "conflicts": sum(each.conflicts for each in kept),
            "chain_breaks": sum(len(each.chain_breaks()) for each in kept),
            "not_yet_sent": sum(view["queue"]["length"] for view in held if view["power"]),
            "lists": _counted(_version(each) for each in kept),
            "clocks": _counted(view["clock"]["state"] for view in held if view["power"]),
            "codes": dict(sorted(self.service.answers.items())),
        }


def run(played: Scenario) -> World:
    """To its end. Raises BadScenario."""
    if played.ends_s is None:
        raise BadScenario('"ends_s" is missing: virtual time would never end')
    world = World(played)
    world.run(played.ends_s)
    return world


def _counted(words: Iterable[str]) -> dict[str, int]:
    return dict(sorted(Counter(words).items()))


def _version(kept: Kept) -> str:
    applied = kept.reported.get("list")
    return "none" if applied is None else str(applied["version"])
