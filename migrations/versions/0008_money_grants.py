"""Grants of money, shown beside the support that rooms are."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    whole = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
    op.create_table(
        "money_grant",
        sa.Column("id", whole, nullable=False),
        sa.Column("ref", sa.String(), nullable=False),
        sa.Column("organisation_id", whole, nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("year", sa.Integer(), nullable=False),
        sa.Column("cents", sa.Integer(), nullable=False),
        sa.Column("decision", sa.String(), nullable=False),
        sa.Column("decided_on", sa.Date(), nullable=False),
        sa.Column("entered_by", whole, nullable=False),
        sa.Column("entered_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("withdrawn_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("cents > 0", name="money_grant_positive"),
        sa.CheckConstraint("year BETWEEN 1990 AND 2200", name="money_grant_year"),
        sa.CheckConstraint("kind IN ('space','operating','project','targeted')", name="money_grant_kind"),
        sa.ForeignKeyConstraint(["entered_by"], ["person.id"], name=op.f("money_grant_entered_by_fk")),
        sa.ForeignKeyConstraint(["organisation_id"], ["organisation.id"], name=op.f("money_grant_organisation_id_fk")),
        sa.PrimaryKeyConstraint("id", name=op.f("money_grant_pk")),
        sa.UniqueConstraint("ref", name=op.f("money_grant_ref_key")),
    )
    op.create_index(op.f("money_grant_organisation_id_idx"), "money_grant", ["organisation_id"], unique=False)


def downgrade() -> None:
    op.drop_table("money_grant")
