"""Alarms that are cared for step by step, witnesses of checkpoints, legal holds."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op


revision = "0025"
down_revision = "0022"


def upgrade() -> None:
    op.create_table(
        "audit_witnessing",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("size", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("address", sa.String(), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("done_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("failure", sa.String(), nullable=False),
        sa.Column("answer", sa.String(), nullable=False),
        sa.Column("token", sa.LargeBinary(), nullable=True),
        sa.CheckConstraint("kind IN ('mail', 'cosigned', 'time_stamp')", name="audit_witnessing_kind"),
        sa.ForeignKeyConstraint(["size"], ["audit_checkpoint.size"], name=op.f("audit_witnessing_size_fk")),
        sa.PrimaryKeyConstraint("id", name=op.f("audit_witnessing_pk")),
        sa.UniqueConstraint("size", "kind", "address", name="audit_witnessing_once"),
    )
    op.create_index(
        "audit_witnessing_due",
        "audit_witnessing",
        ["due_at"],
        unique=False,
        sqlite_where=sa.text("done_at IS NULL"),
        postgresql_where=sa.text("done_at IS NULL"),
    )
    op.create_table(
        "alarm_house",
        sa.Column("premises_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("caretaker_min", sa.Integer(), nullable=True),
        sa.Column("guard_min", sa.Integer(), nullable=True),
        sa.Column("guard_name", sa.String(), nullable=False),
        sa.Column("guard_address", sa.String(), nullable=False),
        sa.Column("guard_phone", sa.String(), nullable=False),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("decided_by", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("source", sa.String(), nullable=False),
        sa.CheckConstraint("caretaker_min BETWEEN 0 AND 1440", name="alarm_house_caretaker"),
        sa.CheckConstraint("guard_min BETWEEN 0 AND 1440", name="alarm_house_guard"),
        sa.ForeignKeyConstraint(["decided_by"], ["person.id"], name=op.f("alarm_house_decided_by_fk")),
        sa.ForeignKeyConstraint(["premises_id"], ["premises.id"], name=op.f("alarm_house_premises_id_fk")),
        sa.PrimaryKeyConstraint("premises_id", name=op.f("alarm_house_pk")),
    )
    op.create_table(
        "audit_hold",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("ref", sa.String(), nullable=False),
        sa.Column("ground", sa.String(), nullable=False),
        sa.Column("premises_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("person_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("from_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("until_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("made_by", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("lifted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("lifted_by", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.CheckConstraint("ground <> ''", name="audit_hold_ground"),
        sa.CheckConstraint("(lifted_at IS NULL) = (lifted_by IS NULL)", name="audit_hold_lifted"),
        sa.CheckConstraint("from_at < until_at", name="audit_hold_span"),
        sa.ForeignKeyConstraint(["lifted_by"], ["person.id"], name=op.f("audit_hold_lifted_by_fk")),
        sa.ForeignKeyConstraint(["made_by"], ["person.id"], name=op.f("audit_hold_made_by_fk")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("audit_hold_person_id_fk")),
        sa.ForeignKeyConstraint(["premises_id"], ["premises.id"], name=op.f("audit_hold_premises_id_fk")),
        sa.PrimaryKeyConstraint("id", name=op.f("audit_hold_pk")),
        sa.UniqueConstraint("ref", name=op.f("audit_hold_ref_key")),
    )
    op.create_table(
        "alarm_care",
        sa.Column("alarm_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("occurrence_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("acknowledged_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("acknowledged_by", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("assigned_to", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("end_reason", sa.String(), nullable=False),
        sa.CheckConstraint("(acknowledged_at IS NULL) = (acknowledged_by IS NULL)", name="alarm_care_acknowledged"),
        sa.ForeignKeyConstraint(["acknowledged_by"], ["person.id"], name=op.f("alarm_care_acknowledged_by_fk")),
        sa.ForeignKeyConstraint(["alarm_id"], ["door_alarm.id"], name=op.f("alarm_care_alarm_id_fk")),
        sa.ForeignKeyConstraint(["assigned_to"], ["person.id"], name=op.f("alarm_care_assigned_to_fk")),
        sa.ForeignKeyConstraint(["occurrence_id"], ["occurrence.id"], name=op.f("alarm_care_occurrence_id_fk")),
        sa.PrimaryKeyConstraint("alarm_id", name=op.f("alarm_care_pk")),
    )
    op.create_index(op.f("alarm_care_assigned_to_idx"), "alarm_care", ["assigned_to"], unique=False)
    op.create_index(op.f("alarm_care_occurrence_id_idx"), "alarm_care", ["occurrence_id"], unique=False)
    op.create_table(
        "alarm_note",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("alarm_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("by", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("said", sa.String(), nullable=False),
        sa.Column("whom", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.CheckConstraint("kind IN ('acknowledged', 'assigned', 'noted', 'closed')", name="alarm_note_kind"),
        sa.ForeignKeyConstraint(["alarm_id"], ["door_alarm.id"], name=op.f("alarm_note_alarm_id_fk")),
        sa.ForeignKeyConstraint(["by"], ["person.id"], name=op.f("alarm_note_by_fk")),
        sa.ForeignKeyConstraint(["whom"], ["person.id"], name=op.f("alarm_note_whom_fk")),
        sa.PrimaryKeyConstraint("id", name=op.f("alarm_note_pk")),
    )
    op.create_index(op.f("alarm_note_alarm_id_idx"), "alarm_note", ["alarm_id"], unique=False)
    op.create_table(
        "alarm_step",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("alarm_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("rung", sa.String(), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("done_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("outcome", sa.String(), nullable=False),
        sa.Column("letters", sa.Integer(), nullable=False),
        sa.CheckConstraint("(done_at IS NULL) = (outcome = '')", name="alarm_step_outcome"),
        sa.CheckConstraint("rung IN ('holder', 'caretaker', 'manager', 'guard')", name="alarm_step_rung"),
        sa.ForeignKeyConstraint(["alarm_id"], ["door_alarm.id"], name=op.f("alarm_step_alarm_id_fk")),
        sa.PrimaryKeyConstraint("id", name=op.f("alarm_step_pk")),
        sa.UniqueConstraint("alarm_id", "rung", name="alarm_step_once"),
    )
    op.create_index(
        "alarm_step_due",
        "alarm_step",
        ["due_at"],
        unique=False,
        sqlite_where=sa.text("done_at IS NULL"),
        postgresql_where=sa.text("done_at IS NULL"),
    )


def downgrade() -> None:
    op.drop_index(
        "alarm_step_due",
        table_name="alarm_step",
        sqlite_where=sa.text("done_at IS NULL"),
        postgresql_where=sa.text("done_at IS NULL"),
    )
    op.drop_table("alarm_step")
    op.drop_index(op.f("alarm_note_alarm_id_idx"), table_name="alarm_note")
    op.drop_table("alarm_note")
    op.drop_index(op.f("alarm_care_occurrence_id_idx"), table_name="alarm_care")
    op.drop_index(op.f("alarm_care_assigned_to_idx"), table_name="alarm_care")
    op.drop_table("alarm_care")
    op.drop_table("audit_hold")
    op.drop_table("alarm_house")
    op.drop_index(
        "audit_witnessing_due",
        table_name="audit_witnessing",
        sqlite_where=sa.text("done_at IS NULL"),
        postgresql_where=sa.text("done_at IS NULL"),
    )
    op.drop_table("audit_witnessing")
