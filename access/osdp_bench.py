"""An OSDP reader on a bench gets a key of its own: what `vuoro doors osdp-provision` does (docs/drivers.md)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

import click
from sqlalchemy.orm import Session, sessionmaker

from access import reader_keys
from access.keys import Vault
from access.models import Door
from booking.refusals import BadInput, NotFound
from devices.drivers.osdp_bench import BenchFailed, BenchProblem, Provisioned, provision
from devices.failures import LinkLost

PROBLEMS = {
    BenchProblem.SILENT: "nothing answers: check address, speed (--baud), wires and power",
    BenchProblem.OTHER_KEY: "it answers, but takes no key: reset the reader to install mode, then try again",
}
CLEAR = "warning: the reader also talks without a key; switch that off in the reader (secure channel only)"


class NotProvisioned(click.ClickException):
    """Said to whoever sits at the bench."""

    exit_code = 3


@dataclass(frozen=True, slots=True)
class BenchWish:
    """A reader on a bench: its port and address, the speed if it is not the door's, the door's controller if several
    doors have this address. `anew`: the reader was exchanged or reset, so what key it had counts no more."""

    port: str
    address: int
    baud: int | None = None
    door: str | None = None
    anew: bool = False


def give(sessions: sessionmaker[Session], vault: Vault, wish: BenchWish, clock: Callable[[], datetime]) -> str:
    """The whole of it; gives the sentence to print. Raises NotProvisioned."""
    with sessions.begin() as session:
        found = _door(session, wish.address, wish.door)
        if wish.anew:
            reader_keys.forget(session, found, clock())
        key, speed = reader_keys.prepared(session, vault, found, clock()), wish.baud or int(found.settings["baud"])
        door_id, name = found.id, found.controller_id
    result = _tried(wish.port, speed, wish.address, key)
    with sessions.begin() as session:
        reader_keys.proved(session, session.get_one(Door, door_id), clock())
    said = f"{name}: the reader at address {wish.address} {'was given' if result.given else 'already has'} its key"
    return f"{said}\n{CLEAR}" if result.speaks_in_clear else said


def _door(session: Session, address: int, door: str | None) -> Door:
    try:
        return reader_keys.door_at(session, address, door)
    except NotFound as error:
        raise NotProvisioned(f"no OSDP door has address {address}; add the door first") from error
    except BadInput as error:
        raise NotProvisioned(f"several OSDP doors have address {address}; say which with --door") from error


def _tried(port: str, baud: int, address: int, key: bytes) -> Provisioned:
    try:
        return provision(port, baud, address, key)
    except BenchFailed as error:
        raise NotProvisioned(PROBLEMS[error.problem]) from error
    except LinkLost as error:
        raise NotProvisioned(f"the port cannot be used (does the doors process have it?): {error}") from error
