"""What was done to a round in the sight of all: published, postponed, drawn, closed."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0013"


def upgrade() -> None:
    whole = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
    op.create_table(
        "round_notice",
        sa.Column("id", whole, nullable=False),
        sa.Column("round_id", whole, nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("by", whole, nullable=False),
        sa.Column("note", sa.String(), nullable=False),
        sa.Column("body", sa.JSON(), nullable=False),
        sa.CheckConstraint("kind IN ('published','postponed','drawn','closed')", name="round_notice_kind"),
        sa.CheckConstraint("kind = 'published' OR length(note) > 0", name="round_notice_note"),
        sa.ForeignKeyConstraint(["by"], ["person.id"], name=op.f("round_notice_by_fk")),
        sa.ForeignKeyConstraint(["round_id"], ["season_round.id"], name=op.f("round_notice_round_id_fk")),
        sa.PrimaryKeyConstraint("id", name=op.f("round_notice_pk")),
    )
    op.create_index(op.f("round_notice_round_id_idx"), "round_notice", ["round_id"], unique=False)


def downgrade() -> None:
    op.drop_table("round_notice")
