"""Locks on the broker that keep codes with their windows: what is sent to each, and what it says of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session, sessionmaker

from access import window_codes
from access.keys import Vault
from access.models import Door
from access.own_numbering import Numbering
from access.window_code_models import WindowState
from access.window_codes import Order
from devices.drivers.nuki_hub import KEYPAD, NukiHub
from devices.drivers.told import Acknowledged, CodesListed, Means, Passed, Told
from devices.link import Outgoing


@dataclass(slots=True)
class WindowLocks:
    """All of this process. `publish` gives False when there is no connection."""

    sessions: sessionmaker[Session]
    vault: Vault
    publish: Callable[[Outgoing], bool]

    def bring(self, door: Door, codec: NukiHub, now: datetime) -> None:
        """The next order, if any; once a second for each lock that is online."""
        with self.sessions.begin() as session:
            order = window_codes.settle(session, self.vault, session.get_one(Door, door.id), now)
        if order is not None:
            self.publish(message(codec, order))

    def took(self, door: Door, numbering: Numbering, told: Told, now: datetime) -> bool:
        """What a lock said of its codes; False for what all locks say alike."""
        with self.sessions.begin() as session:
            row = session.get_one(Door, door.id)
            match told:
                case Acknowledged(ref=ref, ok=ok, code=code) if ref == KEYPAD:
                    window_codes.answered(session, row, code, now, ok=ok)
                case CodesListed():
                    window_codes.listed(session, row, told, now)
                case Passed(granted=True, means=Means.PIN, who=who) if who.isdigit():
                    window_codes.passed(session, numbering, row, int(who), now)
                case _:
                    return False
        return True


def message(codec: NukiHub, order: Order) -> Outgoing:
    """The order as the bridge takes it; where the lock's number of a code is not known, its list is asked for."""
    window = order.window
    if order.state is WindowState.ADDING:
        return codec.add_code(order.name, order.pin, window.starts_at, window.ends_at)
    number = order.code_id
    if number is None or order.state is WindowState.FINDING:
        return codec.ask_list()
    made: Mapping[WindowState, Callable[[], Outgoing]] = {
        WindowState.CHECKING: lambda: codec.check_code(number, order.pin),
        WindowState.MOVING: lambda: codec.move_code(number, order.name, window.starts_at, window.ends_at),
        WindowState.DELETING: lambda: codec.delete_code(number),
    }
    return made[order.state]()
