"""What is gone through once a minute for all premises: rights healed, days that enter the horizon, ended PINs.

It takes seconds in a large town, so it goes on aside, and nobody at a door waits for it.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.exc import InterfaceError, OperationalError
from sqlalchemy.orm import Session, sessionmaker

from access import access_list, card_secrets, pin_codes, rights, staff_access
from access.keys import CannotUnwrap, Vault
from booking.db import reading
from booking.ids import PremisesId
from booking.models import Premises

log = logging.getLogger(__name__)


@dataclass(slots=True)
class Upkeep:
    """`aside`: in a thread of its own, one at a time; else at once."""

    sessions: sessionmaker[Session]
    vault: Vault
    clock: Callable[[], datetime]
    aside: bool = False
    _running: threading.Thread | None = None

    def start(self) -> None:
        """Go through everything, unless that is under way."""
        if not self.aside:
            self._all()
        elif self._running is None or not self._running.is_alive():
            self._running = threading.Thread(target=self._guarded, name="upkeep", daemon=True)
            self._running.start()

    def wait(self) -> None:
        """Until what is under way is done."""
        if self._running is not None:
            self._running.join()

    def _guarded(self) -> None:
        try:
            self._all()
        except (OperationalError, InterfaceError) as error:
            log.warning("upkeep put off error=%s", type(error.orig).__name__)
        except Exception:
            log.exception("upkeep failed")

    def _all(self) -> None:
        with reading(self.sessions) as session:
            premises = list(session.scalars(select(Premises.id).order_by(Premises.id)))
        for each in premises:
            try:
                self._one(each)
            except (pin_codes.NoFreePin, CannotUnwrap) as error:  # the other premises are served all the same
                log.warning("rights not reconciled premises=%s error=%s", each, type(error).__name__)
        with self.sessions.begin() as session:
            pin_codes.end_past(session, self.clock())
            card_secrets.forget(session)
            access_list.forget_old(session, self.clock())

    def _one(self, premises: PremisesId) -> None:
        """Mostly nothing has to be changed: then, on SQLite, no writer waits for us."""
        try:
            with self.sessions() as session:
                session.connection(execution_options={"reads_only": True})
                self._heal(session, premises)
                session.commit()
        except OperationalError:  # something has, and somebody else wrote since we began to read
            with self.sessions.begin() as session:
                self._heal(session, premises)

    def _heal(self, session: Session, premises: PremisesId) -> None:
        now = self.clock()
        staff_access.settle(session, premises, now)
        rights.reconcile(session, premises, now, vault=self.vault)
