"""Alembic's surroundings: the tables of booking and access, on the database of VUORO_DATABASE_URL or the given one."""

from __future__ import annotations

import os
from typing import Any

from alembic import context
from sqlalchemy import Connection

from access import (  # noqa: F401 - fills Base.metadata
    alarm_models,
    audit_models,
    code_models,
    door_card_models,
    evidence_models,
    leases,
    lock_code_models,
    metal_key_models,
    mode_models,
    newcomer_models,
    offer_models,
    reader_key_models,
    service_key_models,
    window_code_models,
)
from access import models as access_models  # noqa: F401 - fills Base.metadata
from booking import models, visits  # noqa: F401 - fills Base.metadata
from booking.db import Base, DecimalText, UtcDateTime, make_engine
from booking.happenings import models as happenings_models  # noqa: F401 - fills Base.metadata
from booking.limits import models as limit_models  # noqa: F401 - fills Base.metadata
from booking.money import models as money_models  # noqa: F401 - fills Base.metadata
from booking.register import models as register_models  # noqa: F401 - fills Base.metadata
from booking.reports import models as report_models  # noqa: F401 - fills Base.metadata
from booking.rounds import decision_models as round_decision_models  # noqa: F401 - fills Base.metadata
from booking.rounds import models as round_models  # noqa: F401 - fills Base.metadata
from booking.rounds import notice_models as round_notice_models  # noqa: F401 - fills Base.metadata
from booking.rounds import plan_models, season_models  # noqa: F401 - fills Base.metadata
from booking.rulemaking import models as rulemaking_models  # noqa: F401 - fills Base.metadata
from booking.versions import models as version_models  # noqa: F401 - fills Base.metadata

config = context.config


def render_item(kind: str, item: Any, _autogen: Any) -> str | bool:
    """Plain types in migrations: a migration must not break when our own types move."""
    if kind == "type" and isinstance(item, UtcDateTime):
        return "sa.DateTime(timezone=True)"
    if kind == "type" and isinstance(item, DecimalText):
        return "sa.String()"
    return False


def migrate(connection: Connection) -> None:
    context.configure(
        connection=connection,
        target_metadata=Base.metadata,
        render_item=render_item,
        compare_type=False,
        render_as_batch=False,
    )
    with context.begin_transaction():
        context.run_migrations()


url = config.get_main_option("sqlalchemy.url") or os.environ.get("VUORO_DATABASE_URL", "")
if not url:
    raise SystemExit("set VUORO_DATABASE_URL to the database to migrate")
engine = make_engine(url)
with engine.connect() as connection:
    migrate(connection)
    connection.commit()
engine.dispose()
