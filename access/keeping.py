"""What every commit does with the acts told in it; given to `booking.db.make_sessions` by each program."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy.orm import Session

from access import audit
from booking.acts import Act


def keep_acts(session: Session, acts: Sequence[Act]) -> None:
    """Chain the acts into the audit log, in the transaction that did them.

    Rights at doors are refreshed before, never after: the refresh locks doors, and whoever locks a row while holding
    the head of the log may wait for somebody who waits for the head.
    """
    audit.chain(session, acts)
