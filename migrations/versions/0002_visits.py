"""Visits: signing out ends the visit itself, not only the cookie of one browser."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    whole = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
    op.create_table(
        "visit",
        sa.Column("id", whole, nullable=False),
        sa.Column("ref", sa.String(), nullable=False),
        sa.Column("person_id", whole, nullable=False),
        sa.Column("began_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("visit_person_id_fk")),
        sa.PrimaryKeyConstraint("id", name=op.f("visit_pk")),
        sa.UniqueConstraint("ref", name=op.f("visit_ref_key")),
    )
    op.create_index(op.f("visit_person_id_idx"), "visit", ["person_id"], unique=False)


def downgrade() -> None:
    op.drop_table("visit")
