"""The doors process's ear for what is no door: rate-limited, bounded, and nothing is done for it."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session, sessionmaker

from access import newcomers
from access.keys import CannotUnwrap, Vault
from access.models import Driver
from access.newcomer_models import PreparedController
from booking.db import reading
from devices.drivers.candidates import candidates
from devices.envelope import LARGEST_OTHER
from devices.link import DoorLink, LinkEvent, Rejected, Reported, door_of
from devices.mqtt import Arrived

PAUSE_S = 10.0  # one stranger is written down so often at most
NEW_IN_PAUSE = 20  # and so many of them in that time
_LASTING = ("reported", "online")


@dataclass(slots=True)
class Strangers:
    """What one process heard of late. Once a controller is a door, the broker is asked what it keeps of it."""

    sessions: sessionmaker[Session]
    vault: Vault
    _heard: dict[tuple[str, str], float] = field(default_factory=dict)

    def take(self, arrived: Arrived, now: datetime) -> None:
        """A message of none of our doors."""
        if door_of(arrived.topic) is None:
            self._device(arrived, now)
        else:
            self._controller(arrived, now)

    def _controller(self, arrived: Arrived, now: datetime) -> None:
        name = door_of(arrived.topic)
        if name is None or not newcomers.is_controller(name) or len(arrived.payload) > LARGEST_OTHER:
            return
        if not arrived.topic.endswith(_LASTING) or not self._due(Driver.VUORO_MQTT.value, name):
            return
        with reading(self.sessions) as session:
            query = select(PreparedController).where(PreparedController.controller_id == name)
            prepared = session.scalar(query.where(PreparedController.claimed_at.is_(None)))
        told = self._proof(prepared, arrived, now) if prepared else ()
        said = _said(told) or {"says": arrived.topic.rsplit("/", 1)[-1]}
        with self.sessions.begin() as session:
            newcomers.heard(session, Driver.VUORO_MQTT.value, name, said, now, proved=bool(told))

    def _device(self, arrived: Arrived, now: datetime) -> None:
        """It may announce a lock or relay."""
        due = [each for each in candidates(arrived.topic, arrived.payload) if self._due(each.driver, each.topic)]
        if due:
            with self.sessions.begin() as session:
                for each in due:
                    newcomers.heard(session, each.driver, each.topic, each.said, now)

    def _proof(self, prepared: PreparedController, arrived: Arrived, now: datetime) -> Iterable[LinkEvent]:
        """What it says, if it holds the keys it was prepared with."""
        try:
            key = self.vault.unseal(prepared.link_key, of=f"{prepared.controller_id}:link")
        except CannotUnwrap:
            return ()
        link = DoorLink(prepared.controller_id, {prepared.link_kid: key}, self.vault.signing())
        told = link.feed(arrived.topic, arrived.payload, retained=arrived.retained, now=now)
        return () if any(isinstance(each, Rejected) for each in told) else told

    def _due(self, driver: str, name: str) -> bool:
        moment = time.monotonic()
        self._heard = {key: at for key, at in self._heard.items() if moment - at < PAUSE_S}
        if (driver, name) in self._heard or len(self._heard) >= NEW_IN_PAUSE:
            return False
        self._heard[driver, name] = moment
        return True


def _said(told: Iterable[LinkEvent]) -> Mapping[str, str]:
    reports = [each.report for each in told if isinstance(each, Reported)]
    return {"firmware": reports[-1].firmware[:60], "clock": reports[-1].clock.state.value} if reports else {}
