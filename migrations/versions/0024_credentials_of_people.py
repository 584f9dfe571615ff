"""Credentials of people: twins for duress, codes for visitors, stand-ins, cards shown at a door, the phone button, and
the register of metal keys; lead-in and lead-out of a space."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op


revision = "0024"
down_revision = "0027"


def upgrade() -> None:
    op.create_table(
        "metal_key",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("ref", sa.String(), nullable=False),
        sa.Column("premises_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("number", sa.String(), nullable=False),
        sa.Column("opens", sa.String(), nullable=False),
        sa.Column("kept_at", sa.String(), nullable=False),
        sa.Column("added_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("gone_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("gone_why", sa.String(), nullable=False),
        sa.CheckConstraint("(gone_at IS NULL) = (gone_why = '')", name="metal_key_gone"),
        sa.ForeignKeyConstraint(["premises_id"], ["premises.id"], name=op.f("metal_key_premises_id_fk")),
        sa.PrimaryKeyConstraint("id", name=op.f("metal_key_pk")),
        sa.UniqueConstraint("premises_id", "number", name="metal_key_number"),
        sa.UniqueConstraint("ref", name=op.f("metal_key_ref_key")),
    )
    op.create_table(
        "door_screen",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("ref", sa.String(), nullable=False),
        sa.Column("door_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("secret", sa.String(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("made_by", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["door_id"], ["door.id"], name=op.f("door_screen_door_id_fk")),
        sa.ForeignKeyConstraint(["made_by"], ["person.id"], name=op.f("door_screen_made_by_fk")),
        sa.PrimaryKeyConstraint("id", name=op.f("door_screen_pk")),
        sa.UniqueConstraint("ref", name=op.f("door_screen_ref_key")),
        sa.UniqueConstraint("secret", name=op.f("door_screen_secret_key")),
    )
    op.create_index(op.f("door_screen_door_id_idx"), "door_screen", ["door_id"], unique=False)
    op.create_table(
        "key_loan",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("ref", sa.String(), nullable=False),
        sa.Column("key_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("person_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("booking_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("deposit_cents", sa.Integer(), nullable=False),
        sa.Column("handed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("handed_by", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=False),
        sa.Column("reminders", sa.Integer(), nullable=False),
        sa.Column("reminded_on", sa.Date(), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_by", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("how", sa.String(), nullable=False),
        sa.CheckConstraint("(ended_at IS NULL) = (how = '')", name="key_loan_ended"),
        sa.CheckConstraint("how IN ('', 'returned', 'lost')", name="key_loan_how"),
        sa.CheckConstraint("deposit_cents >= 0", name="key_loan_deposit"),
        sa.ForeignKeyConstraint(["booking_id"], ["booking.id"], name=op.f("key_loan_booking_id_fk")),
        sa.ForeignKeyConstraint(["ended_by"], ["person.id"], name=op.f("key_loan_ended_by_fk")),
        sa.ForeignKeyConstraint(["handed_by"], ["person.id"], name=op.f("key_loan_handed_by_fk")),
        sa.ForeignKeyConstraint(["key_id"], ["metal_key.id"], name=op.f("key_loan_key_id_fk")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("key_loan_person_id_fk")),
        sa.PrimaryKeyConstraint("id", name=op.f("key_loan_pk")),
        sa.UniqueConstraint("ref", name=op.f("key_loan_ref_key")),
    )
    op.create_index(op.f("key_loan_booking_id_idx"), "key_loan", ["booking_id"], unique=False)
    op.create_index(op.f("key_loan_key_id_idx"), "key_loan", ["key_id"], unique=False)
    op.create_index(
        "key_loan_one_at_a_time",
        "key_loan",
        ["key_id"],
        unique=True,
        sqlite_where=sa.text("ended_at IS NULL"),
        postgresql_where=sa.text("ended_at IS NULL"),
    )
    op.create_index(op.f("key_loan_person_id_idx"), "key_loan", ["person_id"], unique=False)
    op.create_table(
        "card_showing",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("ref", sa.String(), nullable=False),
        sa.Column("door_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("person_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("credential_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("label", sa.String(), nullable=False),
        sa.Column("asked_by", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("until_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.CheckConstraint("state IN ('waiting', 'found', 'anothers', 'given_up')", name="card_showing_state"),
        sa.ForeignKeyConstraint(["asked_by"], ["person.id"], name=op.f("card_showing_asked_by_fk")),
        sa.ForeignKeyConstraint(["credential_id"], ["credential.id"], name=op.f("card_showing_credential_id_fk")),
        sa.ForeignKeyConstraint(["door_id"], ["door.id"], name=op.f("card_showing_door_id_fk")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("card_showing_person_id_fk")),
        sa.PrimaryKeyConstraint("id", name=op.f("card_showing_pk")),
        sa.UniqueConstraint("ref", name=op.f("card_showing_ref_key")),
    )
    op.create_index(
        "card_showing_one_at_door",
        "card_showing",
        ["door_id"],
        unique=True,
        sqlite_where=sa.text("state = 'waiting'"),
        postgresql_where=sa.text("state = 'waiting'"),
    )
    op.create_index(op.f("card_showing_person_id_idx"), "card_showing", ["person_id"], unique=False)
    op.create_table(
        "phone_opening",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("ref", sa.String(), nullable=False),
        sa.Column("door_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("person_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("user_seq", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("outcome", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("step", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("occurrence_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("command_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.CheckConstraint("(outcome = 'asked') = (command_id IS NOT NULL)", name="phone_opening_command"),
        sa.CheckConstraint("outcome IN ('asked', 'wrong_code', 'no_right')", name="phone_opening_outcome"),
        sa.ForeignKeyConstraint(["command_id"], ["door_command.id"], name=op.f("phone_opening_command_id_fk")),
        sa.ForeignKeyConstraint(["door_id"], ["door.id"], name=op.f("phone_opening_door_id_fk")),
        sa.ForeignKeyConstraint(["occurrence_id"], ["occurrence.id"], name=op.f("phone_opening_occurrence_id_fk")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("phone_opening_person_id_fk")),
        sa.PrimaryKeyConstraint("id", name=op.f("phone_opening_pk")),
        sa.UniqueConstraint("command_id", name=op.f("phone_opening_command_id_key")),
        sa.UniqueConstraint("ref", name=op.f("phone_opening_ref_key")),
    )
    op.create_index("phone_opening_seq", "phone_opening", ["person_id", "user_seq"], unique=True)
    op.create_table(
        "stand_in",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("ref", sa.String(), nullable=False),
        sa.Column("occurrence_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("person_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("instead", sa.Boolean(), nullable=False),
        sa.Column("given_by", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("given_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("withdrawn_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("withdrawn_by", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.CheckConstraint("(withdrawn_at IS NULL) = (withdrawn_by IS NULL)", name="stand_in_withdrawn"),
        sa.ForeignKeyConstraint(["given_by"], ["person.id"], name=op.f("stand_in_given_by_fk")),
        sa.ForeignKeyConstraint(["occurrence_id"], ["occurrence.id"], name=op.f("stand_in_occurrence_id_fk")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("stand_in_person_id_fk")),
        sa.ForeignKeyConstraint(["withdrawn_by"], ["person.id"], name=op.f("stand_in_withdrawn_by_fk")),
        sa.PrimaryKeyConstraint("id", name=op.f("stand_in_pk")),
        sa.UniqueConstraint("ref", name=op.f("stand_in_ref_key")),
    )
    op.create_index(
        "stand_in_once",
        "stand_in",
        ["occurrence_id", "person_id"],
        unique=True,
        sqlite_where=sa.text("withdrawn_at IS NULL"),
        postgresql_where=sa.text("withdrawn_at IS NULL"),
    )
    op.create_index(op.f("stand_in_person_id_idx"), "stand_in", ["person_id"], unique=False)
    op.create_table(
        "visitor_code",
        sa.Column("credential_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("occurrence_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("label", sa.String(), nullable=False),
        sa.Column("starts_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("uses", sa.Integer(), nullable=True),
        sa.Column("first_use_min", sa.Integer(), nullable=True),
        sa.Column("first_used_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("first_use_min BETWEEN 1 AND 1440", name="visitor_code_first_use"),
        sa.CheckConstraint("starts_at < ends_at", name="visitor_code_not_empty"),
        sa.CheckConstraint("uses BETWEEN 1 AND 1000", name="visitor_code_uses"),
        sa.ForeignKeyConstraint(["credential_id"], ["credential.id"], name=op.f("visitor_code_credential_id_fk")),
        sa.ForeignKeyConstraint(["occurrence_id"], ["occurrence.id"], name=op.f("visitor_code_occurrence_id_fk")),
        sa.PrimaryKeyConstraint("credential_id", name=op.f("visitor_code_pk")),
    )
    op.create_index(op.f("visitor_code_occurrence_id_idx"), "visitor_code", ["occurrence_id"], unique=False)
    op.add_column("credential", sa.Column("purpose", sa.String(), server_default="own", nullable=False))
    op.drop_index("credential_one_pin", table_name="credential")
    op.create_index(
        "credential_one_pin",
        "credential",
        ["person_id", "booking_id", "purpose"],
        unique=True,
        sqlite_where=sa.text("kind = 'pin' AND purpose <> 'visitor' AND revoked_at IS NULL"),
        postgresql_where=sa.text("kind = 'pin' AND purpose <> 'visitor' AND revoked_at IS NULL"),
    )
    op.add_column("premises", sa.Column("duress_codes", sa.Boolean(), server_default=sa.false(), nullable=False))
    op.add_column("space", sa.Column("lead_in_min", sa.Integer(), nullable=True))
    op.add_column("space", sa.Column("lead_out_min", sa.Integer(), nullable=True))
    op.add_column("space", sa.Column("enter_early", sa.Boolean(), server_default=sa.true(), nullable=False))


def downgrade() -> None:
    op.drop_column("space", "enter_early")
    op.drop_column("space", "lead_out_min")
    op.drop_column("space", "lead_in_min")
    op.drop_column("premises", "duress_codes")
    op.drop_index(
        "credential_one_pin",
        table_name="credential",
        sqlite_where=sa.text("kind = 'pin' AND purpose <> 'visitor' AND revoked_at IS NULL"),
        postgresql_where=sa.text("kind = 'pin' AND purpose <> 'visitor' AND revoked_at IS NULL"),
    )
    op.execute(
        "UPDATE credential SET revoked_at = CURRENT_TIMESTAMP, revoked_why = 'ended', pin_sealed = NULL WHERE purpose <> 'own'"
    )
    where = sa.text("kind = 'pin' AND revoked_at IS NULL")
    op.create_index(
        "credential_one_pin",
        "credential",
        ["person_id", "booking_id"],
        unique=True,
        sqlite_where=where,
        postgresql_where=where,
    )
    op.drop_column("credential", "purpose")
    op.drop_index(op.f("visitor_code_occurrence_id_idx"), table_name="visitor_code")
    op.drop_table("visitor_code")
    op.drop_index(op.f("stand_in_person_id_idx"), table_name="stand_in")
    op.drop_index(
        "stand_in_once",
        table_name="stand_in",
        sqlite_where=sa.text("withdrawn_at IS NULL"),
        postgresql_where=sa.text("withdrawn_at IS NULL"),
    )
    op.drop_table("stand_in")
    op.drop_index("phone_opening_seq", table_name="phone_opening")
    op.drop_table("phone_opening")
    op.drop_index(op.f("card_showing_person_id_idx"), table_name="card_showing")
    op.drop_index(
        "card_showing_one_at_door",
        table_name="card_showing",
        sqlite_where=sa.text("state = 'waiting'"),
        postgresql_where=sa.text("state = 'waiting'"),
    )
    op.drop_table("card_showing")
    op.drop_index(op.f("key_loan_person_id_idx"), table_name="key_loan")
    op.drop_index(
        "key_loan_one_at_a_time",
        table_name="key_loan",
        sqlite_where=sa.text("ended_at IS NULL"),
        postgresql_where=sa.text("ended_at IS NULL"),
    )
    op.drop_index(op.f("key_loan_key_id_idx"), table_name="key_loan")
    op.drop_index(op.f("key_loan_booking_id_idx"), table_name="key_loan")
    op.drop_table("key_loan")
    op.drop_index(op.f("door_screen_door_id_idx"), table_name="door_screen")
    op.drop_table("door_screen")
    op.drop_table("metal_key")
