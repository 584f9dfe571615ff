"""Doors with locks and relays of other makers: their topic, and which drivers there are."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op


revision = "0020"
down_revision = "0011"

CHECKS = {
    "door_serial_path": (
        "driver = 'vuoro_mqtt' OR reader_path <> ''",
        "driver <> 'rdm6300_relay' OR reader_path <> ''",
    ),
    "door_driver": (
        "driver IN ('vuoro_mqtt', 'rdm6300_relay')",
        "driver IN ('vuoro_mqtt', 'rdm6300_relay', 'shelly', 'ha_lock', 'nuki')",
    ),
}
TOPIC = "(driver IN ('shelly', 'ha_lock', 'nuki')) = (device_topic <> '')"


def upgrade() -> None:
    op.add_column("door", sa.Column("device_topic", sa.String(), nullable=False, server_default=""))
    if op.get_bind().dialect.name == "sqlite":
        changes = [(f"CHECK ({old})", f"CHECK ({new})") for old, new in CHECKS.values()]
        driver = f"CONSTRAINT door_driver {changes[1][1]}"
        rewrite([*changes, (driver, f"{driver}, \n\tCONSTRAINT door_device_topic CHECK ({TOPIC})")])
        return
    for name, (_old, new) in CHECKS.items():
        op.drop_constraint(name, "door", type_="check")
        op.create_check_constraint(name, "door", new)
    op.create_check_constraint("door_device_topic", "door", TOPIC)


def downgrade() -> None:
    if op.get_bind().dialect.name == "sqlite":
        changes = [(f"CHECK ({new})", f"CHECK ({old})") for old, new in CHECKS.values()]
        rewrite([(f", \n\tCONSTRAINT door_device_topic CHECK ({TOPIC})", ""), *changes])
    else:
        op.drop_constraint("door_device_topic", "door", type_="check")
        for name, (old, _new) in CHECKS.items():
            op.drop_constraint(name, "door", type_="check")
            op.create_check_constraint(name, "door", old)
    op.drop_column("door", "device_topic")


def rewrite(changes: list[tuple[str, str]]) -> None:
    """SQLite knows no ALTER for checks, and a table that others point to cannot be made anew within a transaction. Its
    own description of ALTER TABLE names this way for checks: the text of the table is changed in the schema."""
    connection = op.get_bind()
    text = connection.scalar(sa.text("SELECT sql FROM sqlite_master WHERE type = 'table' AND name = 'door'"))
    for before, after in changes:
        assert text.count(before) == 1, before
        text = text.replace(before, after)
    version = connection.scalar(sa.text("PRAGMA schema_version"))
    connection.execute(sa.text("PRAGMA writable_schema = ON"))
    connection.execute(
        sa.text("UPDATE sqlite_master SET sql = :text WHERE type = 'table' AND name = 'door'"), {"text": text}
    )
    connection.execute(sa.text(f"PRAGMA schema_version = {version + 1}"))
    connection.execute(sa.text("PRAGMA writable_schema = RESET"))
    assert connection.scalar(sa.text("PRAGMA integrity_check")) == "ok"
