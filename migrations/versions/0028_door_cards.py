"""Devices of other makers that hold cards: which card lies where, its sealed number, and how far events were read."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op


revision = "0028"
down_revision = "0023"

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.add_column("credential_key", sa.Column("number_sealed", sa.LargeBinary(), nullable=True))
    op.create_table(
        "door_card",
        sa.Column("id", BIG, nullable=False),
        sa.Column("door_id", BIG, nullable=False),
        sa.Column("credential_id", BIG, nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("valid_from", sa.DateTime(timezone=True), nullable=False),
        sa.Column("valid_until", sa.DateTime(timezone=True), nullable=False),
        sa.Column("inside", sa.Boolean(), nullable=False),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.CheckConstraint("state IN ('putting', 'held', 'clearing')", name="door_card_state"),
        sa.CheckConstraint("valid_from < valid_until", name="door_card_not_empty"),
        sa.ForeignKeyConstraint(["door_id"], ["door.id"], name="door_card_door_id_fk"),
        sa.ForeignKeyConstraint(["credential_id"], ["credential.id"], name="door_card_credential_id_fk"),
        sa.PrimaryKeyConstraint("id", name="door_card_pk"),
        sa.UniqueConstraint("door_id", "credential_id", name="door_card_once"),
    )
    op.create_index("door_card_credential_id_idx", "door_card", ["credential_id"])
    op.create_table(
        "door_memory",
        sa.Column("door_id", BIG, autoincrement=False, nullable=False),
        sa.Column("device", sa.String(), nullable=False),
        sa.Column("read_up_to", BIG, nullable=False),
        sa.CheckConstraint("read_up_to >= 0", name="door_memory_from_zero"),
        sa.ForeignKeyConstraint(["door_id"], ["door.id"], name="door_memory_door_id_fk"),
        sa.PrimaryKeyConstraint("door_id", name="door_memory_pk"),
    )


def downgrade() -> None:
    op.drop_table("door_memory")
    op.drop_table("door_card")
    op.drop_column("credential_key", "number_sealed")
