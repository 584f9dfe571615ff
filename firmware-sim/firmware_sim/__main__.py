"""`python -m firmware_sim`: simulated doors on a broker, and the control API. README.md describes both."""

import argparse
import json
import logging
import re
import signal
import sys
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from firmware_sim import provisioning, scenario, virtual
from firmware_sim.api import ControlServer
from firmware_sim.lines import TcpLines
from firmware_sim.play import Play, records
from firmware_sim.provisioning import Broker, Record
from firmware_sim.scenario import Scenario
from firmware_sim.serial_site import RDM6300, SerialBench
from firmware_sim.site import Site, in_folders, in_ram


def _arguments() -> argparse.Namespace:
    ask = argparse.ArgumentParser(prog="python -m firmware_sim", description=__doc__)
    which = ask.add_mutually_exclusive_group()
    which.add_argument("--doors", type=int, metavar="N", help="make N doors; their records go to STATE/doors.json")
    which.add_argument("--config", type=Path, metavar="FILE", help="provisioning records, JSON Lines")
    ask.add_argument("--scenario", type=Path, metavar="FILE", help="faults and taps by time, and doors if it has sites")
    ask.add_argument("--virtual", action="store_true", help="with --scenario: in virtual time, without a broker")
    ask.add_argument("--serial", action="store_true", help="also a reader and a relay board on pseudo-terminals")
    ask.add_argument("--broker", default="127.0.0.1:1883", metavar="HOST:PORT", help="for records that name none")
    ask.add_argument("--tls", action="store_true", help="with --broker: TLS")
    ask.add_argument("--ca", metavar="FILE", help="certificate authority of the broker")
    ask.add_argument("--user", help="one account for all doors (default: each door's id)")
    ask.add_argument("--password", help="for records that name none")
    ask.add_argument("--state", type=Path, default=Path("var/firmware-sim"), metavar="DIR", help="lasting memory")
    ask.add_argument("--control", type=int, metavar="PORT", help="control API on loopback; 0 takes a free port")
    ask.add_argument("--seed", type=int, help="for the same dice each time (tests)")
    ask.add_argument("--service-key", action="append", default=[], metavar="KID=HEX", help="with --doors: public key")
    ask.add_argument("--no-fsync", action="store_true", help="for load tests on a slow disk")
    ask.add_argument("--in-memory", action="store_true", help="lasting memory lasts as long as this process: no files")
    ask.add_argument(
        "--jitter", type=float, default=0, metavar="S", help="doors dial within S seconds, spread at random"
    )
    return ask.parse_args()


def _service_keys(given: list[str], state: Path) -> dict[str, bytes]:
    """What the doors trust; without --service-key a new pair, its private half left beside the records for tests."""
    if not given:
        private = Ed25519PrivateKey.generate()
        (state / "service-key.json").write_text(json.dumps({"kid": "svc-1", "seed": private.private_bytes_raw().hex()}))
        return {"svc-1": private.public_key().public_bytes_raw()}
    found = [re.fullmatch(r"([a-z0-9-]{1,32})=([0-9a-f]{64})", text) for text in given]
    if not all(found):
        raise provisioning.BadRecord("--service-key: KID=64 hexadecimal digits")
    return {match[1]: bytes.fromhex(match[2]) for match in found if match}


def _records(asked: argparse.Namespace, played: Scenario | None) -> list[Record]:
    if asked.config is not None:
        return provisioning.read(asked.config)
    made: Path = asked.state / "doors.json"
    if played is not None and played.sites:
        keys = {kid: key.hex() for kid, key in _service_keys(asked.service_key, asked.state).items()}
        made.write_text("".join(json.dumps(entry) + "\n" for entry in records(played, keys)))
        return provisioning.read(made)
    if asked.doors is None:
        return []
    if not made.exists() or len(provisioning.read(made)) != asked.doors:
        entries = provisioning.generated(asked.doors, _service_keys(asked.service_key, asked.state))
        made.write_text("".join(json.dumps(entry) + "\n" for entry in entries))
    return provisioning.read(made)


def _broker(asked: argparse.Namespace) -> Broker:
    host, _, port = asked.broker.rpartition(":")
    if not host or not port.isdecimal():
        raise provisioning.BadRecord("--broker: HOST:PORT")
    return Broker(host, int(port), asked.tls, asked.user, asked.password, asked.ca)


def _site(asked: argparse.Namespace, played: Scenario | None) -> tuple[Site, dict[str, SerialBench]]:
    asked.state.mkdir(parents=True, exist_ok=True)
    in_memory = asked.in_memory or (played is not None and played.memory == "ram")
    flash = in_ram if in_memory else in_folders(asked.state, sync=not asked.no_fsync)
    lines = TcpLines(_broker(asked), jitter_s=played.jitter_s if played else asked.jitter)
    site = Site(_records(asked, played), flash, lines, seed=played.seed if played else asked.seed)
    wanted = [*played.serial] if played else []
    if asked.serial:
        wanted.append({"name": "serial", "reader": RDM6300})
    benches = {each["name"]: SerialBench(each["name"], each["reader"]) for each in wanted}
    for name, bench in benches.items():
        site.add(name, bench)
    if not site.benches:
        raise provisioning.BadRecord("nothing to simulate: --doors N, --config FILE, --scenario FILE or --serial")
    return site, benches


def _virtual(played: Scenario) -> None:
    """Journal and summary on stdout, a line each."""
    world = virtual.run(played)
    for note in world.journal:
        print(json.dumps(note))
    print(json.dumps({"summary": world.summary()}))


def main() -> None:
    """Runs until SIGINT or SIGTERM. First line on stdout: JSON with control address, doors and serial devices."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s %(message)s")
    asked = _arguments()
    try:
        played = scenario.read(asked.scenario) if asked.scenario else None
        if asked.virtual:
            _virtual(played or Scenario())
            return
        site, benches = _site(asked, played)
        play = Play(played, site, _note) if played else None
    except (provisioning.BadRecord, scenario.BadScenario, OSError) as error:
        sys.exit(f"firmware_sim: {error}")
    _run(asked, site, benches, play)


def _note(what: dict[str, Any]) -> None:
    print(json.dumps(what), flush=True)


def _run(asked: argparse.Namespace, site: Site, benches: Mapping[str, SerialBench], play: Play | None) -> None:
    ended = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda _signal, _frame: ended.set())
    control = ControlServer(site, asked.control) if asked.control is not None else None
    site.start()
    if control is not None:
        threading.Thread(target=control.serve_forever, name="control", daemon=True).start()
    address = f"http://127.0.0.1:{control.server_address[1]}" if control is not None else None
    serial = {name: bench.devices for name, bench in benches.items()}
    ready = {"control": address, "doors": sorted(site.benches), "serial": serial.pop("serial", None), "benches": serial}
    print(json.dumps(ready), flush=True)
    if play is not None:
        site.loop.post(play.schedule)
    ended.wait()
    if control is not None:
        control.shutdown()
    site.stop()


if __name__ == "__main__":
    main()
