"""Who decides in which role of the rulebooks, and who let a booking exceed a limit, and why."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
DECIDES_AS = """ALTER TABLE role_grant ADD COLUMN decides_as VARCHAR
    CONSTRAINT role_grant_decides_as CHECK ((role = 'decider') = (decides_as IS NOT NULL))"""


def upgrade() -> None:
    op.execute(DECIDES_AS)
    op.add_column("role_grant", sa.Column("stand_in", sa.Boolean(), server_default=sa.false(), nullable=False))
    op.create_table(
        "limit_override",
        sa.Column("id", BIG, nullable=False),
        sa.Column("booking_id", BIG, nullable=False),
        sa.Column("by_id", BIG, nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.CheckConstraint("length(reason) > 0", name="limit_override_reason"),
        sa.ForeignKeyConstraint(["booking_id"], ["booking.id"], name=op.f("limit_override_booking_id_fk")),
        sa.ForeignKeyConstraint(["by_id"], ["person.id"], name=op.f("limit_override_by_id_fk")),
        sa.PrimaryKeyConstraint("id", name=op.f("limit_override_pk")),
    )
    op.create_index(op.f("limit_override_booking_id_idx"), "limit_override", ["booking_id"], unique=False)


def downgrade() -> None:
    op.drop_index(op.f("limit_override_booking_id_idx"), table_name="limit_override")
    op.drop_table("limit_override")
    op.drop_column("role_grant", "stand_in")
    op.drop_column("role_grant", "decides_as")
