"""The keys of OSDP readers."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op


revision = "0029"
down_revision = "0028"

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "reader_key",
        sa.Column("door_id", BIG, nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("proved_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["door_id"], ["door.id"], name="reader_key_door_id_fk"),
        sa.PrimaryKeyConstraint("door_id", name="reader_key_pk"),
    )


def downgrade() -> None:
    op.drop_table("reader_key")
