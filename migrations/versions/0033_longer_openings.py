"""Cards whose owners need a door to stand open for longer."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op


revision = "0033"
down_revision = "0030"


def upgrade() -> None:
    op.add_column("credential", sa.Column("long_open", sa.Boolean(), server_default=sa.false(), nullable=False))


def downgrade() -> None:
    op.drop_column("credential", "long_open")
