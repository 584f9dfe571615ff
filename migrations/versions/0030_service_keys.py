"""Signing keys of the service that change: which there are, which each door trusts, and how large a message it takes."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op


revision = "0030"
down_revision = "0026"

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "service_key",
        sa.Column("id", BIG, nullable=False),
        sa.Column("kid", sa.String(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("dropped_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("kid <> ''", name="service_key_named"),
        sa.PrimaryKeyConstraint("id", name="service_key_pk"),
        sa.UniqueConstraint("kid", name="service_key_kid_key"),
    )
    op.add_column("door", sa.Column("service_kid", sa.String(), nullable=False, server_default="svc-1"))
    op.add_column("door", sa.Column("service_kid_since", sa.Integer(), nullable=False, server_default="0"))
    op.add_column("door_state", sa.Column("page_limit", sa.Integer(), nullable=False, server_default="0"))
    op.add_column("door_state", sa.Column("kids", sa.JSON(), nullable=False, server_default="[]"))


def downgrade() -> None:
    for column in ("kids", "page_limit"):
        op.drop_column("door_state", column)
    for column in ("service_kid_since", "service_kid"):
        op.drop_column("door", column)
    op.drop_table("service_key")
