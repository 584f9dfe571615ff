"""Our doors offered to Home Assistant as locks, where an administrator said so, with who said it answering for it."""

from __future__ import annotations

import logging
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session, sessionmaker

from access import commands
from access.ids import DoorId
from access.models import Door, DoorState, Driver
from access.offer_models import HomeAssistantOffer, OfferMode
from booking.acts import Act, ActKind, tell
from booking.db import reading
from booking.ids import PersonId
from devices.drivers import ha_lock
from devices.link import Outgoing
from devices.mqtt import Arrived

log = logging.getLogger(__name__)

BASE = "vuoro/ha"
REASON = "Home Assistant"
_SET = re.compile(rf"{BASE}/([a-z0-9-]{{3,40}})/set\Z")
_STATES: Mapping[str, str] = {"locked": "LOCKED", "unlocked": "UNLOCKED", "jammed": "JAMMED"}
_NOT_KNOWN = "None"  # Home Assistant's word for it
_PAUSE = timedelta(seconds=2)  # a second order within it is a double


def current(session: Session) -> HomeAssistantOffer | None:
    """What was decided last; None where nobody ever decided."""
    return session.scalar(select(HomeAssistantOffer).order_by(HomeAssistantOffer.id.desc()).limit(1))


def decide(session: Session, mode: OfferMode, *, by: PersonId, now: datetime) -> None:
    """Offer, offer with opening, or stop. Whoever allows opening counts as who asked for each."""
    session.add(HomeAssistantOffer(mode=mode.value, set_by=by, set_at=now))
    session.flush()
    tell(session, Act(ActKind.HOME_ASSISTANT_SET, now, by, "home-assistant", {"mode": mode.value}))


@dataclass(slots=True)
class HaOffer:
    """The doors process's part. What is out there is known from this life; in the first turn of a life without an
    offer, what an earlier one may have left is taken back."""

    sessions: sessionmaker[Session]
    publish: Callable[[Outgoing], bool]
    serves: Callable[[DoorId], bool] = lambda _door: True
    _out: dict[str, bytes] = field(default_factory=dict)
    _mode: OfferMode = OfferMode.OFF
    _cleared: bool = False
    _asked: dict[str, datetime] = field(default_factory=dict)

    @property
    def topics(self) -> tuple[str, ...]:
        return (f"{BASE}/+/set",)

    def anew(self) -> None:
        """The broker may have lost what it kept: everything is said again."""
        self._out.clear()
        self._cleared = False

    def turn(self, now: datetime) -> None:
        """Says what is news; once a second."""
        self._asked = {door: at for door, at in self._asked.items() if now - at < _PAUSE}
        with reading(self.sessions) as session:
            decided = current(session)
            self._mode = OfferMode(decided.mode) if decided else OfferMode.OFF
            if decided is None or (self._mode is OfferMode.OFF and self._cleared):
                return
            rows = session.execute(select(Door, DoorState).join(DoorState).where(Door.driver != Driver.HA_LOCK.value))
            found = [(door, state) for door, state in rows if self.serves(door.id)]
            wanted = self._wanted(found)
        for topic in self._out.keys() - wanted.keys():
            wanted[topic] = b""
        said = [self._say(topic, payload) for topic, payload in wanted.items()]
        self._cleared = self._mode is OfferMode.OFF and all(said)

    def take(self, arrived: Arrived, now: datetime) -> None:
        """An order on one of our topics. One the broker had kept, and any while opening is not allowed, is refused."""
        found = _SET.match(arrived.topic)
        if found is None:
            return
        wish = ha_lock.wish(arrived.payload, retained=arrived.retained)
        if wish != "unlock" or self._mode is not OfferMode.OPEN or found[1] in self._asked:
            log.info("order of Home Assistant not followed wish=%s mode=%s", wish, self._mode.value)
            return
        with self.sessions.begin() as session:
            decided = current(session)
            door = session.scalar(select(Door).where(Door.controller_id == found[1], Door.enabled))
            if decided is None or decided.mode != OfferMode.OPEN.value or door is None or not self.serves(door.id):
                return
            commands.ask_open(session, door.ref, by=decided.set_by, reason=REASON, now=now)
        self._asked[found[1]] = now

    def _wanted(self, found: list[tuple[Door, DoorState]]) -> dict[str, bytes]:
        wanted: dict[str, bytes] = {}
        for door, state in found:
            offer = ha_lock.offer(door.controller_id, door.name_fi, BASE)
            shown = self._mode is not OfferMode.OFF and door.enabled
            wanted[offer.topic] = offer.payload if shown else b""
            own = f"{BASE}/{door.controller_id}"
            wanted[f"{own}/state"] = _STATES.get(state.lock, _NOT_KNOWN).encode() if shown else b""
            wanted[f"{own}/availability"] = (b"online" if state.online else b"offline") if shown else b""
        return wanted

    def _say(self, topic: str, payload: bytes) -> bool:
        if self._out.get(topic) == payload:
            return True
        if not self.publish(Outgoing(topic, payload, retain=True)):
            return False
        if payload:
            self._out[topic] = payload
        else:
            self._out.pop(topic, None)
        return True
