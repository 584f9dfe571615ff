"""The reliability scenarios by their number: what each expects, and how it is played."""

from __future__ import annotations

from bench import reliability_door as door
from bench import reliability_flood as flood
from bench import reliability_modes as modes
from bench import reliability_site as at_site
from bench.reliability import AsTest, AtDoor, AtSite, Scenario

SCENARIOS: dict[str, Scenario] = {
    "R1": AtSite(
        "broker stopped, 20 cards at every door",
        "all decisions local and right, p99 < 50 ms; every event stored once and in order within 60 s of its return",
        at_site.without_broker,
    ),
    "R2": AtSite(
        "broker killed with all lists it retained",
        "every list is published again; no door forgets its list or takes an older one",
        at_site.broker_killed,
    ),
    "R3": AtDoor(
        "power cut at each byte of the write of a list",
        "on start exactly the old or the new list, never a mix, never none",
        door.cut_at_each_byte,
    ),
    "R4": AtDoor(
        "power cut inside the event log and around it",
        "no sequence number is used twice, the chain has no break, everything arrives",
        door.cut_in_the_log,
    ),
    "R5": AtSite(
        "every message five times, shuffled in windows of 50",
        "each event once in the database, the doors' chains and the audit log whole",
        at_site.doubled_and_shuffled,
    ),
    "R6": AtDoor(
        "list versions delivered 7, 5, 6, 7", "ends at 7; 5 and 6 refused and reported", door.versions_out_of_order
    ),
    "R7": AtSite(
        "forged cards and PINs, 200 a second at one reader",
        "other doors' p99 < 100 ms; one lockout; events joined, none uncounted; memory bounded",
        flood.forged_reads,
    ),
    "R8": AtSite(
        "forged messages: signature, other door, old version, old counter, future, late, retained",
        "none accepted, each refused with its own code",
        at_site.forged,
    ),
    "R9": AtDoor("clock -1 h, +1 h, back 2 h, unknown after a power cut", "no expired right opens", door.wrong_clocks),
    "R10": AsTest(
        "all doors reconnect at once",
        "all converged within 60 s without an error",
        "./run vuoro bench doors --only reconnect --doors 10000",
    ),
    "R11": AtSite(
        "doors process killed in the middle of a batch",
        "the next one goes on; no event lost; p95 from door to database < 30 s",
        at_site.service_killed,
    ),
    "R12": AtSite(
        "database down",
        "doors unaffected; nothing acknowledged meanwhile; drained afterwards, each event once",
        at_site.without_database,
    ),
    "R13": AsTest(
        "two operators change one door at once",
        "versions serialise, both in the audit",
        "tests/access/test_door_rules.py",
    ),
    "R14": AsTest(
        "OSDP cable out for 20 s", "alarm in 10 s, back in 1 s, no stale read", "tests/devices/drivers/test_osdp_bus.py"
    ),
    "R15": AsTest(
        "serial adapter unplugged and back", "opened again by its path in 2 s", "tests/access/test_serial_doors.py"
    ),
    "R16": AsTest(
        "2^31 ms, seq 2^32, clock change, year 2038",
        "no wrap, no shift",
        "firmware-sim/sim_tests/test_acceptance.py",
    ),
    "R17": AtSite(
        "doors process killed again and again while events come in",
        "integrity_check ok, audit chain verifies, every acknowledged event is there",
        at_site.killed_again_and_again,
        only="sqlite",
    ),
    "R18": AtSite(
        "lockdown while 30 % of the doors are off line",
        "doors on line confirm within 2 s; the rest lock at first contact, before any other command",
        modes.lockdown,
    ),
}
