"""Rulebooks made in the program: versions, their steps, and trials on what was booked."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from booking.versions import ddl


revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    op.create_table(
        "rulebook_version",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("ref", sa.String(), nullable=False),
        sa.Column("family", sa.String(), nullable=False),
        sa.Column("version", sa.String(), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("text", sa.String(), nullable=False),
        sa.Column("digest", sa.String(), nullable=False),
        sa.Column("based_on", sa.String(), nullable=False),
        sa.Column("decision", sa.String(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("made_by", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("sent_by", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("reviewed_by", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("reviewed_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "state <> 'approved' OR (reviewed_by IS NOT NULL AND reviewed_by <> made_by AND reviewed_by <> sent_by)",
            name="rulebook_version_four_eyes",
        ),
        sa.CheckConstraint(
            "state IN ('draft', 'in_review', 'approved', 'rejected', 'withdrawn')", name="rulebook_version_state"
        ),
        sa.ForeignKeyConstraint(["made_by"], ["person.id"], name=op.f("rulebook_version_made_by_fk")),
        sa.ForeignKeyConstraint(["reviewed_by"], ["person.id"], name=op.f("rulebook_version_reviewed_by_fk")),
        sa.ForeignKeyConstraint(["sent_by"], ["person.id"], name=op.f("rulebook_version_sent_by_fk")),
        sa.PrimaryKeyConstraint("id", name=op.f("rulebook_version_pk")),
        sa.UniqueConstraint("ref", name=op.f("rulebook_version_ref_key")),
    )
    op.create_index(
        "rulebook_version_one",
        "rulebook_version",
        ["family", "version"],
        unique=True,
        sqlite_where=sa.text("state NOT IN ('rejected', 'withdrawn')"),
        postgresql_where=sa.text("state NOT IN ('rejected', 'withdrawn')"),
    )
    op.create_index("rulebook_version_state_idx", "rulebook_version", ["state"], unique=False)
    op.create_table(
        "rulebook_step",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("version_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("by", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("note", sa.String(), nullable=False),
        sa.Column("digest", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["by"], ["person.id"], name=op.f("rulebook_step_by_fk")),
        sa.ForeignKeyConstraint(["version_id"], ["rulebook_version.id"], name=op.f("rulebook_step_version_id_fk")),
        sa.PrimaryKeyConstraint("id", name=op.f("rulebook_step_pk")),
    )
    op.create_index(op.f("rulebook_step_version_id_idx"), "rulebook_step", ["version_id"], unique=False)
    op.create_table(
        "rulebook_trial",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("ref", sa.String(), nullable=False),
        sa.Column("version_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("text", sa.String(), nullable=False),
        sa.Column("digest", sa.String(), nullable=False),
        sa.Column("against", sa.String(), nullable=False),
        sa.Column("first_on", sa.Date(), nullable=False),
        sa.Column("last_on", sa.Date(), nullable=False),
        sa.Column("premises", sa.JSON(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("asked_by", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("total", sa.Integer(), nullable=True),
        sa.Column("done", sa.Integer(), nullable=False),
        sa.Column("reached", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("tallies", sa.JSON(), nullable=False),
        sa.Column("failure", sa.String(), nullable=False),
        sa.CheckConstraint(
            "state IN ('queued', 'running', 'done', 'cancelled', 'failed')", name="rulebook_trial_state"
        ),
        sa.CheckConstraint("first_on <= last_on", name="rulebook_trial_days"),
        sa.ForeignKeyConstraint(["asked_by"], ["person.id"], name=op.f("rulebook_trial_asked_by_fk")),
        sa.ForeignKeyConstraint(["version_id"], ["rulebook_version.id"], name=op.f("rulebook_trial_version_id_fk")),
        sa.PrimaryKeyConstraint("id", name=op.f("rulebook_trial_pk")),
        sa.UniqueConstraint("ref", name=op.f("rulebook_trial_ref_key")),
    )
    op.create_index("rulebook_trial_state_idx", "rulebook_trial", ["state"], unique=False)
    op.create_index(op.f("rulebook_trial_version_id_idx"), "rulebook_trial", ["version_id"], unique=False)
    for statement in ddl.BY_DIALECT[op.get_bind().dialect.name]:
        op.get_bind().exec_driver_sql(statement)


def downgrade() -> None:
    raise RuntimeError("who decided which rules is not taken away")
