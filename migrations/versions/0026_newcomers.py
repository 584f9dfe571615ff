"""Controllers that are no doors yet, codes with windows, when codes were asked for, and the offer to Home Assistant."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op


revision = "0026"
down_revision = "0029"

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
INSTANT = sa.DateTime(timezone=True)


def upgrade() -> None:
    newcomers()
    window_codes()
    op.create_table(
        "home_assistant_offer",
        sa.Column("id", BIG, nullable=False),
        sa.Column("mode", sa.String(), nullable=False),
        sa.Column("set_by", BIG, nullable=False),
        sa.Column("set_at", INSTANT, nullable=False),
        sa.CheckConstraint("mode IN ('off', 'show', 'open')", name="home_assistant_offer_mode"),
        sa.ForeignKeyConstraint(["set_by"], ["person.id"], name="home_assistant_offer_set_by_fk"),
        sa.PrimaryKeyConstraint("id", name="home_assistant_offer_pk"),
    )
    op.add_column("door_code", sa.Column("asked_at", INSTANT, nullable=True))


def newcomers() -> None:
    op.create_table(
        "prepared_controller",
        sa.Column("id", BIG, nullable=False),
        sa.Column("controller_id", sa.String(), nullable=False),
        sa.Column("link_kid", sa.String(), nullable=False),
        sa.Column("link_key", sa.LargeBinary(), nullable=False),
        sa.Column("credential_key", sa.LargeBinary(), nullable=False),
        sa.Column("code_hash", sa.String(), nullable=False),
        sa.Column("prepared_at", INSTANT, nullable=False),
        sa.Column("claimed_at", INSTANT, nullable=True),
        sa.Column("door_id", BIG, nullable=True),
        sa.ForeignKeyConstraint(["door_id"], ["door.id"], name="prepared_controller_door_id_fk"),
        sa.PrimaryKeyConstraint("id", name="prepared_controller_pk"),
        sa.UniqueConstraint("code_hash", name="prepared_controller_code_hash_key"),
        sa.UniqueConstraint("controller_id", name="prepared_controller_controller_id_key"),
    )
    op.create_table(
        "newcomer",
        sa.Column("id", BIG, nullable=False),
        sa.Column("ref", sa.String(), nullable=False),
        sa.Column("driver", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("said", sa.JSON(), nullable=False),
        sa.Column("proved", sa.Boolean(), nullable=False),
        sa.Column("first_seen_at", INSTANT, nullable=False),
        sa.Column("last_seen_at", INSTANT, nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="newcomer_pk"),
        sa.UniqueConstraint("driver", "name", name="newcomer_once"),
        sa.UniqueConstraint("ref", name="newcomer_ref_key"),
    )


def window_codes() -> None:
    states = "state IN ('adding', 'finding', 'checking', 'held', 'moving', 'deleting')"
    op.create_table(
        "window_code",
        sa.Column("id", BIG, nullable=False),
        sa.Column("door_id", BIG, nullable=False),
        sa.Column("credential_id", BIG, nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("code_id", sa.Integer(), nullable=True),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("opens_at", INSTANT, nullable=False),
        sa.Column("closes_at", INSTANT, nullable=False),
        sa.Column("held_from", INSTANT, nullable=True),
        sa.Column("held_until", INSTANT, nullable=True),
        sa.Column("asked_at", INSTANT, nullable=True),
        sa.Column("sent_at", INSTANT, nullable=True),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.CheckConstraint("opens_at < closes_at", name="window_code_not_empty"),
        sa.CheckConstraint(states, name="window_code_state"),
        sa.ForeignKeyConstraint(["credential_id"], ["credential.id"], name="window_code_credential_id_fk"),
        sa.ForeignKeyConstraint(["door_id"], ["door.id"], name="window_code_door_id_fk"),
        sa.PrimaryKeyConstraint("id", name="window_code_pk"),
        sa.UniqueConstraint("door_id", "credential_id", name="window_code_once"),
        sa.UniqueConstraint("door_id", "name", name="window_code_name"),
    )
    op.create_index("window_code_credential_id_idx", "window_code", ["credential_id"])


def downgrade() -> None:
    op.drop_column("door_code", "asked_at")
    for table in ("home_assistant_offer", "window_code", "newcomer", "prepared_controller"):
        op.drop_table(table)
