"""Applications: who saved a section last, and indexes for finding rival wishes."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"


def upgrade() -> None:
    op.add_column("application", sa.Column("on_behalf", sa.Boolean(), server_default=sa.false(), nullable=False))
    op.add_column("application_section", sa.Column("revision", sa.Integer(), server_default="1", nullable=False))
    op.add_column("application_section", sa.Column("changed_at", sa.DateTime(timezone=True), nullable=True))
    # in words both databases know
    named = "CONSTRAINT application_section_changed_by_fk REFERENCES person (id)"
    op.execute(f"ALTER TABLE application_section ADD COLUMN changed_by BIGINT {named}")
    op.create_index("section_option_premises_idx", "section_option", ["premises_id"])
    op.create_index("section_window_time_idx", "section_window", ["weekday", "start_min", "end_min"])


def downgrade() -> None:
    op.drop_index("section_window_time_idx", table_name="section_window")
    op.drop_index("section_option_premises_idx", table_name="section_option")
    with op.batch_alter_table("application_section") as table:
        for column in ("changed_by", "changed_at", "revision"):
            table.drop_column(column)
    with op.batch_alter_table("application") as table:
        table.drop_column("on_behalf")
