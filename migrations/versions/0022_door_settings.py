"""Doors of any make: what a make needs to know of a door is in its settings, and the register checks it."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op


revision = "0022"
down_revision = "0021"

NAMED = "driver IN ('vuoro_mqtt', 'rdm6300_relay', 'shelly', 'ha_lock', 'nuki', 'zigbee2mqtt')"
DROPPED = {
    "door_serial_path": "driver <> 'rdm6300_relay' OR reader_path <> ''",
    "door_device_topic": "(driver IN ('shelly', 'ha_lock', 'nuki', 'zigbee2mqtt')) = (device_topic <> '')",
}
ANY = "driver <> ''"


def upgrade() -> None:
    op.add_column("door", sa.Column("settings", sa.JSON(), nullable=False, server_default="{}"))
    if op.get_bind().dialect.name == "sqlite":
        gone = {f", \n\tCONSTRAINT {name} CHECK ({check})": "" for name, check in DROPPED.items()}
        rewrite({f"CHECK ({NAMED})": f"CHECK ({ANY})", **gone})
        return
    for name in ("door_driver", *DROPPED):
        op.drop_constraint(name, "door", type_="check")
    op.create_check_constraint("door_driver", "door", ANY)


def downgrade() -> None:
    if op.get_bind().dialect.name == "sqlite":
        back = "".join(f", \n\tCONSTRAINT {name} CHECK ({check})" for name, check in DROPPED.items())
        driver = "CONSTRAINT door_driver CHECK "
        rewrite({f"{driver}({ANY})": f"{driver}({NAMED}){back}"})
    else:
        op.drop_constraint("door_driver", "door", type_="check")
        for name, check in {"door_driver": NAMED, **DROPPED}.items():
            op.create_check_constraint(name, "door", check)
    op.drop_column("door", "settings")


def rewrite(changes: dict[str, str]) -> None:
    """On SQLite in the text of the schema, as 0020 explains."""
    connection = op.get_bind()
    text = connection.scalar(sa.text("SELECT sql FROM sqlite_master WHERE type = 'table' AND name = 'door'"))
    for before, after in changes.items():
        assert text.count(before) == 1, (before, text)
        text = text.replace(before, after)
    version = connection.scalar(sa.text("PRAGMA schema_version"))
    connection.execute(sa.text("PRAGMA writable_schema = ON"))
    connection.execute(
        sa.text("UPDATE sqlite_master SET sql = :text WHERE type = 'table' AND name = 'door'"), {"text": text}
    )
    connection.execute(sa.text(f"PRAGMA schema_version = {version + 1}"))
    connection.execute(sa.text("PRAGMA writable_schema = RESET"))
    assert connection.scalar(sa.text("PRAGMA integrity_check")) == "ok"
