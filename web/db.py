"""Sessions for views: `transaction()` to act, `reading()` to look."""

from __future__ import annotations

from contextlib import AbstractContextManager

from flask import current_app
from sqlalchemy.orm import Session, sessionmaker

import booking.db
from access.keys import Vault
from booking.settings import Settings

KEY = "vuoro_sessions"


def sessions() -> sessionmaker[Session]:
    """The factory this app was made with."""
    factory: sessionmaker[Session] = current_app.extensions[KEY]
    return factory


def transaction() -> AbstractContextManager[Session]:
    """A session that commits at the end of the block, or rolls back when the block raises."""
    return sessions().begin()


def reading() -> AbstractContextManager[Session]:
    """A session for looking; nothing is kept."""
    return booking.db.reading(sessions())


def vault() -> Vault:
    """What unseals PINs and door keys."""
    settings: Settings = current_app.config["SETTINGS"]
    return Vault(settings.master_key)
