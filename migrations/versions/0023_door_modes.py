"""Modes, rules and free times of doors, staff who pass at any time, and further kinds of orders."""

from __future__ import annotations

import re

import sqlalchemy as sa
from alembic import op


revision = "0023"
down_revision = "0024"

BEFORE, AFTER = "kind IN ('open', 'set_time')", "kind <> ''"


def upgrade() -> None:
    recheck(AFTER)
    op.create_table(
        "staff_access",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("ref", sa.String(), nullable=False),
        sa.Column("premises_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("person_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("flags", sa.JSON(), nullable=False),
        sa.Column("since_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("until_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("given_by", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("given_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_by", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.CheckConstraint("reason <> ''", name="staff_access_why"),
        sa.CheckConstraint("until_at IS NULL OR since_at < until_at", name="staff_access_not_empty"),
        sa.ForeignKeyConstraint(["ended_by"], ["person.id"], name=op.f("staff_access_ended_by_fk")),
        sa.ForeignKeyConstraint(["given_by"], ["person.id"], name=op.f("staff_access_given_by_fk")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("staff_access_person_id_fk")),
        sa.ForeignKeyConstraint(["premises_id"], ["premises.id"], name=op.f("staff_access_premises_id_fk")),
        sa.PrimaryKeyConstraint("id", name=op.f("staff_access_pk")),
        sa.UniqueConstraint("ref", name=op.f("staff_access_ref_key")),
    )
    op.create_index(op.f("staff_access_person_id_idx"), "staff_access", ["person_id"], unique=False)
    op.create_index(op.f("staff_access_premises_id_idx"), "staff_access", ["premises_id"], unique=False)
    op.create_table(
        "door_mode",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("ref", sa.String(), nullable=False),
        sa.Column("door_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("epoch", sa.Integer(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("mode", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("ordered_by", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("ordered_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("payload", sa.LargeBinary(), nullable=False),
        sa.Column("confirmed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("applied_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("mode IN ('normal', 'free', 'locked', 'lockdown')", name="door_mode_mode"),
        sa.CheckConstraint("ordered_by IS NULL OR reason <> ''", name="door_mode_why"),
        sa.CheckConstraint("epoch >= 1 AND version >= 1", name="door_mode_versions"),
        sa.ForeignKeyConstraint(["door_id"], ["door.id"], name=op.f("door_mode_door_id_fk")),
        sa.ForeignKeyConstraint(["ordered_by"], ["person.id"], name=op.f("door_mode_ordered_by_fk")),
        sa.PrimaryKeyConstraint("id", name=op.f("door_mode_pk")),
        sa.UniqueConstraint("door_id", "epoch", "version", name="door_mode_version"),
        sa.UniqueConstraint("ref", name=op.f("door_mode_ref_key")),
    )
    op.create_table(
        "door_rule",
        sa.Column("door_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("apb", sa.String(), nullable=False),
        sa.Column("apb_minutes", sa.Integer(), nullable=False),
        sa.Column("apb_area", sa.String(), nullable=False),
        sa.Column("factors", sa.Integer(), nullable=False),
        sa.Column("interlock", sa.Boolean(), nullable=False),
        sa.Column("two_person_s", sa.Integer(), nullable=False),
        sa.Column("long_open_s", sa.Integer(), nullable=False),
        sa.Column("assurance", sa.Integer(), nullable=False),
        sa.Column("changed_by", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("apb <> 'timed' OR apb_minutes >= 1", name="door_rule_timed"),
        sa.CheckConstraint("apb IN ('', 'hard', 'soft', 'timed')", name="door_rule_apb"),
        sa.CheckConstraint("apb_minutes BETWEEN 0 AND 1440", name="door_rule_minutes"),
        sa.CheckConstraint("assurance BETWEEN 0 AND 2", name="door_rule_assurance"),
        sa.CheckConstraint("factors IN (1, 2)", name="door_rule_factors"),
        sa.CheckConstraint("long_open_s BETWEEN 1 AND 86400", name="door_rule_long_open"),
        sa.CheckConstraint("two_person_s = 0 OR two_person_s BETWEEN 5 AND 60", name="door_rule_two_person"),
        sa.ForeignKeyConstraint(["changed_by"], ["person.id"], name=op.f("door_rule_changed_by_fk")),
        sa.ForeignKeyConstraint(["door_id"], ["door.id"], name=op.f("door_rule_door_id_fk")),
        sa.PrimaryKeyConstraint("door_id", name=op.f("door_rule_pk")),
    )
    op.create_table(
        "free_schedule",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("ref", sa.String(), nullable=False),
        sa.Column("door_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("weekdays", sa.JSON(), nullable=False),
        sa.Column("starts_min", sa.Integer(), nullable=False),
        sa.Column("ends_min", sa.Integer(), nullable=False),
        sa.Column("first_on", sa.Date(), nullable=False),
        sa.Column("last_on", sa.Date(), nullable=True),
        sa.Column("except_on", sa.JSON(), nullable=False),
        sa.Column("on_holidays", sa.Boolean(), nullable=False),
        sa.Column("first_in", sa.Boolean(), nullable=False),
        sa.Column("made_by", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "0 <= starts_min AND starts_min < 1440 AND starts_min < ends_min AND ends_min <= starts_min + 1440",
            name="free_schedule_minutes",
        ),
        sa.CheckConstraint("last_on IS NULL OR first_on <= last_on", name="free_schedule_days"),
        sa.ForeignKeyConstraint(["door_id"], ["door.id"], name=op.f("free_schedule_door_id_fk")),
        sa.ForeignKeyConstraint(["made_by"], ["person.id"], name=op.f("free_schedule_made_by_fk")),
        sa.PrimaryKeyConstraint("id", name=op.f("free_schedule_pk")),
        sa.UniqueConstraint("ref", name=op.f("free_schedule_ref_key")),
    )
    op.create_index(op.f("free_schedule_door_id_idx"), "free_schedule", ["door_id"], unique=False)
    op.create_table(
        "staff_right",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("ref", sa.String(), nullable=False),
        sa.Column("staff_access_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("door_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("credential_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("given_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("withdrawn_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("in_version", sa.Integer(), nullable=False),
        sa.Column("out_version", sa.Integer(), nullable=True),
        sa.Column("in_door_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("out_door_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("(withdrawn_at IS NULL) = (out_version IS NULL)", name="staff_right_withdrawn"),
        sa.ForeignKeyConstraint(["credential_id"], ["credential.id"], name=op.f("staff_right_credential_id_fk")),
        sa.ForeignKeyConstraint(["door_id"], ["door.id"], name=op.f("staff_right_door_id_fk")),
        sa.ForeignKeyConstraint(["staff_access_id"], ["staff_access.id"], name=op.f("staff_right_staff_access_id_fk")),
        sa.PrimaryKeyConstraint("id", name=op.f("staff_right_pk")),
        sa.UniqueConstraint("ref", name=op.f("staff_right_ref_key")),
    )
    op.create_index(op.f("staff_right_credential_id_idx"), "staff_right", ["credential_id"], unique=False)
    op.create_index(
        "staff_right_once",
        "staff_right",
        ["door_id", "credential_id", "staff_access_id"],
        unique=True,
        sqlite_where=sa.text("out_version IS NULL"),
        postgresql_where=sa.text("out_version IS NULL"),
    )
    op.create_index(op.f("staff_right_staff_access_id_idx"), "staff_right", ["staff_access_id"], unique=False)
    op.add_column("door_command", sa.Column("facts", sa.JSON(), server_default="{}", nullable=False))
    op.add_column("door_state", sa.Column("fire", sa.String(), server_default="none", nullable=False))
    op.add_column("door_state", sa.Column("interlock", sa.String(), server_default="none", nullable=False))
    op.add_column("door_state", sa.Column("rex", sa.String(), server_default="none", nullable=False))
    op.add_column("door_state", sa.Column("armed", sa.Boolean(), server_default=sa.false(), nullable=False))


def downgrade() -> None:
    op.drop_column("door_state", "armed")
    op.drop_column("door_state", "rex")
    op.drop_column("door_state", "interlock")
    op.drop_column("door_state", "fire")
    op.drop_column("door_command", "facts")
    op.drop_index(op.f("staff_right_staff_access_id_idx"), table_name="staff_right")
    op.drop_index(
        "staff_right_once",
        table_name="staff_right",
        sqlite_where=sa.text("out_version IS NULL"),
        postgresql_where=sa.text("out_version IS NULL"),
    )
    op.drop_index(op.f("staff_right_credential_id_idx"), table_name="staff_right")
    op.drop_table("staff_right")
    op.drop_index(op.f("free_schedule_door_id_idx"), table_name="free_schedule")
    op.drop_table("free_schedule")
    op.drop_table("door_rule")
    op.drop_table("door_mode")
    op.drop_index(op.f("staff_access_premises_id_idx"), table_name="staff_access")
    op.drop_index(op.f("staff_access_person_id_idx"), table_name="staff_access")
    op.drop_table("staff_access")
    recheck(BEFORE)


def recheck(rule: str) -> None:
    """Which kinds of orders there are. On SQLite in the text of the schema, as 0020 explains."""
    if op.get_bind().dialect.name != "sqlite":
        op.drop_constraint("door_command_kind", "door_command", type_="check")
        op.create_check_constraint("door_command_kind", "door_command", rule)
        return
    connection = op.get_bind()
    text = connection.scalar(sa.text("SELECT sql FROM sqlite_master WHERE type = 'table' AND name = 'door_command'"))
    named = "CONSTRAINT door_command_kind CHECK "
    text, found = re.subn(re.escape(named) + r"\((?:[^()]|\([^()]*\))*\)", f"{named}({rule})", text)
    assert found == 1, text
    version = connection.scalar(sa.text("PRAGMA schema_version"))
    connection.execute(sa.text("PRAGMA writable_schema = ON"))
    update = sa.text("UPDATE sqlite_master SET sql = :text WHERE type = 'table' AND name = 'door_command'")
    connection.execute(update, {"text": text})
    connection.execute(sa.text(f"PRAGMA schema_version = {version + 1}"))
    connection.execute(sa.text("PRAGMA writable_schema = RESET"))
    assert connection.scalar(sa.text("PRAGMA integrity_check")) == "ok"
