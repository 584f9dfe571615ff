"""Zigbee locks with keypads: which code lies in which slot."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op


revision = "0021"
down_revision = "0020"

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
OLD = "'shelly', 'ha_lock', 'nuki'"
NEW = "'shelly', 'ha_lock', 'nuki', 'zigbee2mqtt'"
CHECKS = {
    "door_driver": "driver IN ('vuoro_mqtt', 'rdm6300_relay', {})",
    "door_device_topic": "(driver IN ({})) = (device_topic <> '')",
}


def upgrade() -> None:
    recheck(OLD, NEW)
    op.create_table(
        "door_code",
        sa.Column("id", BIG, nullable=False),
        sa.Column("door_id", BIG, nullable=False),
        sa.Column("slot", sa.Integer(), nullable=False),
        sa.Column("credential_id", BIG, nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.CheckConstraint("slot >= 0", name="door_code_slot_from_zero"),
        sa.CheckConstraint("state IN ('putting', 'held', 'clearing')", name="door_code_state"),
        sa.ForeignKeyConstraint(["door_id"], ["door.id"], name="door_code_door_id_fk"),
        sa.ForeignKeyConstraint(["credential_id"], ["credential.id"], name="door_code_credential_id_fk"),
        sa.PrimaryKeyConstraint("id", name="door_code_pk"),
        sa.UniqueConstraint("door_id", "slot", name="door_code_slot"),
        sa.UniqueConstraint("door_id", "credential_id", name="door_code_once"),
    )
    op.create_index("door_code_credential_id_idx", "door_code", ["credential_id"])


def downgrade() -> None:
    op.drop_table("door_code")
    recheck(NEW, OLD)


def recheck(before: str, after: str) -> None:
    """The two checks that name drivers. On SQLite in the text of the schema, as 0020 explains."""
    if op.get_bind().dialect.name != "sqlite":
        for name, check in CHECKS.items():
            op.drop_constraint(name, "door", type_="check")
            op.create_check_constraint(name, "door", check.format(after))
        return
    connection = op.get_bind()
    text = connection.scalar(sa.text("SELECT sql FROM sqlite_master WHERE type = 'table' AND name = 'door'"))
    assert text.count(before) == len(CHECKS), text
    version = connection.scalar(sa.text("PRAGMA schema_version"))
    connection.execute(sa.text("PRAGMA writable_schema = ON"))
    update = sa.text("UPDATE sqlite_master SET sql = :text WHERE type = 'table' AND name = 'door'")
    connection.execute(update, {"text": text.replace(before, after)})
    connection.execute(sa.text(f"PRAGMA schema_version = {version + 1}"))
    connection.execute(sa.text("PRAGMA writable_schema = RESET"))
    assert connection.scalar(sa.text("PRAGMA integrity_check")) == "ok"
