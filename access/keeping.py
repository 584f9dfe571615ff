"""What every commit does with the acts told in it; given to `booking.db.make_sessions` by each program."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from sqlalchemy.orm import Session

from access import audit, erasure, free_schedules, rights, staff_access
from access.keys import Vault
from booking.acts import Act, ActKind, KeepActs


def keep_acts(session: Session, acts: Sequence[Act], *, vault: Vault | None = None) -> None:
    """Let doors follow the acts, and chain them into the audit log, in the transaction that did them.

    Rights at doors are refreshed before, never after: the refresh locks doors, and whoever locks a row while holding
    the head of the log may wait for somebody who waits for the head. Without a vault no PIN is made here.
    """
    now = max(act.at for act in acts)
    staff_access.keep_up(session, acts, now)
    free_schedules.keep_up(session, acts, now)
    rights.keep_up(session, acts, vault=vault)
    erasures = [act for act in acts if act.kind is ActKind.PERSON_ERASED]
    audit.chain(session, [act for act in acts if act.kind is not ActKind.PERSON_ERASED])
    audit.chain(session, erasure.settled(session, erasures))  # last: what was told before it goes too


def keeper(vault: Vault) -> KeepActs:
    """`keep_acts` for a program that has the master key: a booking has its PIN when its transaction commits."""
    return partial(keep_acts, vault=vault)
