"""Several doors processes: who they are, and which doors each serves."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op


revision = "0027"
down_revision = "0025"

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "doors_process",
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("token", sa.String(), nullable=False),
        sa.Column("beat", BIG, nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("name", name="doors_process_pk"),
    )
    op.create_table(
        "door_lease",
        sa.Column("door_id", BIG, autoincrement=False, nullable=False),
        sa.Column("holder", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["door_id"], ["door.id"], name="door_lease_door_id_fk"),
        sa.PrimaryKeyConstraint("door_id", name="door_lease_pk"),
    )
    op.create_index("door_lease_holder_idx", "door_lease", ["holder"])


def downgrade() -> None:
    op.drop_table("door_lease")
    op.drop_table("doors_process")
