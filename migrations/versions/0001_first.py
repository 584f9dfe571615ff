"""The first tables, with the triggers and exclusions that keep the promises (booking/ddl.py, access/audit_ddl.py)."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from access import audit_ddl
from booking import ddl


revision = "0001"
down_revision = None


def upgrade() -> None:
    op.create_table(
        "audit",
        sa.Column("seq", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=False, nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("commitment", sa.String(), nullable=False),
        sa.Column("leaf_hash", sa.String(), nullable=False),
        sa.Column("chain_hash", sa.String(), nullable=False),
        sa.CheckConstraint("seq > 0", name="audit_seq"),
        sa.PrimaryKeyConstraint("seq", name=op.f("audit_pk")),
    )
    op.create_index("audit_at_idx", "audit", ["at", "seq"], unique=False)
    op.create_index("audit_kind_idx", "audit", ["kind", "seq"], unique=False)
    op.create_table(
        "audit_checkpoint",
        sa.Column("size", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=False, nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("note", sa.String(), nullable=False),
        sa.Column("public_key", sa.String(), nullable=False),
        sa.Column("peaks", sa.JSON(), nullable=False),
        sa.CheckConstraint("size > 0", name="audit_checkpoint_size"),
        sa.PrimaryKeyConstraint("size", name=op.f("audit_checkpoint_pk")),
    )
    op.create_table(
        "audit_head",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("log_id", sa.String(), nullable=False),
        sa.Column("seq", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("chain_hash", sa.String(), nullable=False),
        sa.CheckConstraint("id = 1", name="audit_head_single"),
        sa.PrimaryKeyConstraint("id", name=op.f("audit_head_pk")),
    )
    op.create_table(
        "person",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("ref", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("email", sa.String(), nullable=True),
        sa.Column("phone", sa.String(), nullable=False),
        sa.Column("language", sa.String(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("erased_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("language IN ('fi', 'sv', 'en')", name="person_language"),
        sa.PrimaryKeyConstraint("id", name=op.f("person_pk")),
        sa.UniqueConstraint("email", name=op.f("person_email_key")),
        sa.UniqueConstraint("ref", name=op.f("person_ref_key")),
    )
    op.create_table(
        "audit_person",
        sa.Column("seq", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=False, nullable=False),
        sa.Column("person_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("audit_person_person_id_fk")),
        sa.ForeignKeyConstraint(["seq"], ["audit.seq"], name=op.f("audit_person_seq_fk")),
        sa.PrimaryKeyConstraint("seq", "person_id", name=op.f("audit_person_pk")),
    )
    op.create_index("audit_person_person_idx", "audit_person", ["person_id", "seq"], unique=False)
    op.create_table(
        "letter",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("ref", sa.String(), nullable=False),
        sa.Column("person_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("address", sa.String(), nullable=False),
        sa.Column("language", sa.String(), nullable=False),
        sa.Column("subject", sa.String(), nullable=False),
        sa.Column("body", sa.String(), nullable=False),
        sa.Column("attachment", sa.String(), nullable=True),
        sa.Column("written_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("failure", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("letter_person_id_fk")),
        sa.PrimaryKeyConstraint("id", name=op.f("letter_pk")),
        sa.UniqueConstraint("ref", name=op.f("letter_ref_key")),
    )
    op.create_index(op.f("letter_person_id_idx"), "letter", ["person_id"], unique=False)
    op.create_table(
        "organisation",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("ref", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("registration_number", sa.String(), nullable=True),
        sa.Column("business_id", sa.String(), nullable=True),
        sa.Column("domicile", sa.String(), nullable=False),
        sa.Column("purpose", sa.String(), nullable=False),
        sa.Column("purposes", sa.JSON(), nullable=False),
        sa.Column("facts", sa.JSON(), nullable=False),
        sa.Column("members_total", sa.Integer(), nullable=True),
        sa.Column("members_under_18", sa.Integer(), nullable=True),
        sa.Column("members_resident", sa.Integer(), nullable=True),
        sa.Column("person_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("members_resident <= members_total", name="organisation_members_resident"),
        sa.CheckConstraint("members_under_18 <= members_total", name="organisation_members_under_18"),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("organisation_person_id_fk")),
        sa.PrimaryKeyConstraint("id", name=op.f("organisation_pk")),
        sa.UniqueConstraint("business_id", name=op.f("organisation_business_id_key")),
        sa.UniqueConstraint("person_id", name=op.f("organisation_person_id_key")),
        sa.UniqueConstraint("ref", name=op.f("organisation_ref_key")),
        sa.UniqueConstraint("registration_number", name=op.f("organisation_registration_number_key")),
    )
    op.create_table(
        "sign_in",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("person_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("token_hash", sa.String(), nullable=False),
        sa.Column("code_hash", sa.String(), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("wrong_codes", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("sign_in_person_id_fk")),
        sa.PrimaryKeyConstraint("id", name=op.f("sign_in_pk")),
        sa.UniqueConstraint("token_hash", name=op.f("sign_in_token_hash_key")),
    )
    op.create_index(op.f("sign_in_person_id_idx"), "sign_in", ["person_id"], unique=False)
    op.create_table(
        "booking",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("ref", sa.String(), nullable=False),
        sa.Column("organisation_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("holder_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("made_by", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("title", sa.String(), nullable=False),
        sa.Column("purpose", sa.String(), nullable=False),
        sa.Column("people", sa.Integer(), nullable=False),
        sa.Column("audience", sa.JSON(), nullable=False),
        sa.Column("pattern", sa.JSON(), nullable=True),
        sa.Column("sequence", sa.Integer(), nullable=False),
        sa.CheckConstraint("people > 0", name="booking_people"),
        sa.ForeignKeyConstraint(["holder_id"], ["person.id"], name=op.f("booking_holder_id_fk")),
        sa.ForeignKeyConstraint(["made_by"], ["person.id"], name=op.f("booking_made_by_fk")),
        sa.ForeignKeyConstraint(["organisation_id"], ["organisation.id"], name=op.f("booking_organisation_id_fk")),
        sa.PrimaryKeyConstraint("id", name=op.f("booking_pk")),
        sa.UniqueConstraint("ref", name=op.f("booking_ref_key")),
    )
    op.create_index(op.f("booking_holder_id_idx"), "booking", ["holder_id"], unique=False)
    op.create_index(op.f("booking_organisation_id_idx"), "booking", ["organisation_id"], unique=False)
    op.create_table(
        "premises",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("ref", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("owner_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("operator_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("manager_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("contact_name", sa.String(), nullable=False),
        sa.Column("contact_phone", sa.String(), nullable=False),
        sa.Column("contact_email", sa.String(), nullable=False),
        sa.Column("address", sa.String(), nullable=False),
        sa.Column("district", sa.String(), nullable=False),
        sa.Column("municipality", sa.String(), nullable=False),
        sa.Column("zone", sa.String(), nullable=False),
        sa.Column("rulebook", sa.String(), nullable=False),
        sa.Column("closed_on_holidays", sa.Boolean(), nullable=False),
        sa.Column("step_free", sa.Boolean(), nullable=False),
        sa.Column("accessible_toilet", sa.Boolean(), nullable=False),
        sa.Column("induction_loop", sa.Boolean(), nullable=False),
        sa.Column("accessibility_note", sa.String(), nullable=False),
        sa.Column("name_fi", sa.String(), nullable=False),
        sa.Column("name_sv", sa.String(), nullable=False),
        sa.Column("name_en", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["manager_id"], ["organisation.id"], name=op.f("premises_manager_id_fk")),
        sa.ForeignKeyConstraint(["operator_id"], ["organisation.id"], name=op.f("premises_operator_id_fk")),
        sa.ForeignKeyConstraint(["owner_id"], ["organisation.id"], name=op.f("premises_owner_id_fk")),
        sa.PrimaryKeyConstraint("id", name=op.f("premises_pk")),
        sa.UniqueConstraint("ref", name=op.f("premises_ref_key")),
    )
    op.create_table(
        "audit_payload",
        sa.Column("seq", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=False, nullable=False),
        sa.Column("salt", sa.String(), nullable=True),
        sa.Column("body", sa.String(), nullable=True),
        sa.Column("premises_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.CheckConstraint("(salt IS NULL) = (body IS NULL)", name="audit_payload_whole"),
        sa.ForeignKeyConstraint(["premises_id"], ["premises.id"], name=op.f("audit_payload_premises_id_fk")),
        sa.ForeignKeyConstraint(["seq"], ["audit.seq"], name=op.f("audit_payload_seq_fk")),
        sa.PrimaryKeyConstraint("seq", name=op.f("audit_payload_pk")),
    )
    op.create_index("audit_payload_premises_idx", "audit_payload", ["premises_id", "seq"], unique=False)
    op.create_table(
        "credential",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("ref", sa.String(), nullable=False),
        sa.Column("person_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("label", sa.String(), nullable=False),
        sa.Column("booking_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("pin_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("enrolled_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("revoked_why", sa.String(), nullable=False),
        sa.CheckConstraint("(kind = 'pin') = (booking_id IS NOT NULL)", name="credential_pin_of_booking"),
        sa.CheckConstraint("kind = 'pin' OR pin_sealed IS NULL", name="credential_only_pins_sealed"),
        sa.ForeignKeyConstraint(["booking_id"], ["booking.id"], name=op.f("credential_booking_id_fk")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("credential_person_id_fk")),
        sa.PrimaryKeyConstraint("id", name=op.f("credential_pk")),
        sa.UniqueConstraint("ref", name=op.f("credential_ref_key")),
    )
    op.create_index(op.f("credential_booking_id_idx"), "credential", ["booking_id"], unique=False)
    op.create_index(
        "credential_one_pin",
        "credential",
        ["person_id", "booking_id"],
        unique=True,
        sqlite_where=sa.text("kind = 'pin' AND revoked_at IS NULL"),
        postgresql_where=sa.text("kind = 'pin' AND revoked_at IS NULL"),
    )
    op.create_index(op.f("credential_person_id_idx"), "credential", ["person_id"], unique=False)
    op.create_table(
        "door",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("ref", sa.String(), nullable=False),
        sa.Column("premises_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("driver", sa.String(), nullable=False),
        sa.Column("controller_id", sa.String(), nullable=False),
        sa.Column("link_kid", sa.String(), nullable=False),
        sa.Column("link_key", sa.LargeBinary(), nullable=False),
        sa.Column("credential_key", sa.LargeBinary(), nullable=False),
        sa.Column("reader_format", sa.String(), nullable=False),
        sa.Column("reader_path", sa.String(), nullable=False),
        sa.Column("relay_path", sa.String(), nullable=False),
        sa.Column("relay_channel", sa.Integer(), nullable=False),
        sa.Column("unlock_s", sa.Integer(), nullable=False),
        sa.Column("held_open_s", sa.Integer(), nullable=False),
        sa.Column("enabled", sa.Boolean(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("epoch", sa.Integer(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("issued_version", sa.Integer(), nullable=False),
        sa.Column("command_counter", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("name_fi", sa.String(), nullable=False),
        sa.Column("name_sv", sa.String(), nullable=False),
        sa.Column("name_en", sa.String(), nullable=False),
        sa.CheckConstraint("driver = 'vuoro_mqtt' OR reader_path <> ''", name="door_serial_path"),
        sa.CheckConstraint("driver IN ('vuoro_mqtt', 'rdm6300_relay')", name="door_driver"),
        sa.CheckConstraint("kind IN ('outer', 'inner')", name="door_kind"),
        sa.CheckConstraint("epoch >= 1 AND version >= 1 AND issued_version <= version", name="door_versions"),
        sa.CheckConstraint("held_open_s BETWEEN 1 AND 86400", name="door_held_open"),
        sa.CheckConstraint("unlock_s BETWEEN 1 AND 600", name="door_unlock"),
        sa.ForeignKeyConstraint(["premises_id"], ["premises.id"], name=op.f("door_premises_id_fk")),
        sa.PrimaryKeyConstraint("id", name=op.f("door_pk")),
        sa.UniqueConstraint("controller_id", name=op.f("door_controller_id_key")),
        sa.UniqueConstraint("ref", name=op.f("door_ref_key")),
    )
    op.create_index(op.f("door_premises_id_idx"), "door", ["premises_id"], unique=False)
    op.create_table(
        "role_grant",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("ref", sa.String(), nullable=False),
        sa.Column("person_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("role", sa.String(), nullable=False),
        sa.Column("organisation_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("premises_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("first_on", sa.Date(), nullable=False),
        sa.Column("last_on", sa.Date(), nullable=True),
        sa.CheckConstraint("last_on IS NULL OR first_on <= last_on", name="role_grant_days"),
        sa.ForeignKeyConstraint(["organisation_id"], ["organisation.id"], name=op.f("role_grant_organisation_id_fk")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("role_grant_person_id_fk")),
        sa.ForeignKeyConstraint(["premises_id"], ["premises.id"], name=op.f("role_grant_premises_id_fk")),
        sa.PrimaryKeyConstraint("id", name=op.f("role_grant_pk")),
        sa.UniqueConstraint("ref", name=op.f("role_grant_ref_key")),
    )
    op.create_index(op.f("role_grant_organisation_id_idx"), "role_grant", ["organisation_id"], unique=False)
    op.create_index(op.f("role_grant_person_id_idx"), "role_grant", ["person_id"], unique=False)
    op.create_index(op.f("role_grant_premises_id_idx"), "role_grant", ["premises_id"], unique=False)
    op.create_table(
        "space",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("ref", sa.String(), nullable=False),
        sa.Column("premises_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("parent_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("premises_kind", sa.String(), nullable=True),
        sa.Column("area_m2", sa.Integer(), nullable=True),
        sa.Column("capacity", sa.Integer(), nullable=False),
        sa.Column("equipment", sa.JSON(), nullable=False),
        sa.Column("supervised", sa.Boolean(), nullable=False),
        sa.Column("step_free", sa.Boolean(), nullable=False),
        sa.Column("setup_min", sa.Integer(), nullable=False),
        sa.Column("turnaround_min", sa.Integer(), nullable=False),
        sa.Column("grid_min", sa.Integer(), nullable=False),
        sa.Column("shortest_min", sa.Integer(), nullable=False),
        sa.Column("longest_min", sa.Integer(), nullable=False),
        sa.Column("door_lead_min", sa.Integer(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("bookable", sa.Boolean(), nullable=False),
        sa.Column("name_fi", sa.String(), nullable=False),
        sa.Column("name_sv", sa.String(), nullable=False),
        sa.Column("name_en", sa.String(), nullable=False),
        sa.CheckConstraint("0 < shortest_min AND shortest_min <= longest_min", name="space_lengths"),
        sa.CheckConstraint("capacity >= 0 AND setup_min >= 0 AND turnaround_min >= 0", name="space_not_negative"),
        sa.CheckConstraint("door_lead_min BETWEEN 0 AND 240", name="space_door_lead"),
        sa.CheckConstraint("grid_min BETWEEN 1 AND 1440", name="space_grid"),
        sa.CheckConstraint("parent_id <> id", name="space_not_own_parent"),
        sa.ForeignKeyConstraint(["parent_id"], ["space.id"], name=op.f("space_parent_id_fk")),
        sa.ForeignKeyConstraint(["premises_id"], ["premises.id"], name=op.f("space_premises_id_fk")),
        sa.PrimaryKeyConstraint("id", name=op.f("space_pk")),
        sa.UniqueConstraint("ref", name=op.f("space_ref_key")),
    )
    op.create_index(op.f("space_parent_id_idx"), "space", ["parent_id"], unique=False)
    op.create_index(op.f("space_premises_id_idx"), "space", ["premises_id"], unique=False)
    op.create_table(
        "term",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("premises_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("supervision", sa.String(), nullable=False),
        sa.Column("first_on", sa.Date(), nullable=False),
        sa.Column("last_on", sa.Date(), nullable=False),
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("name_fi", sa.String(), nullable=False),
        sa.Column("name_sv", sa.String(), nullable=False),
        sa.Column("name_en", sa.String(), nullable=False),
        sa.CheckConstraint("first_on <= last_on", name="term_days"),
        sa.ForeignKeyConstraint(["premises_id"], ["premises.id"], name=op.f("term_premises_id_fk")),
        sa.PrimaryKeyConstraint("id", name=op.f("term_pk")),
    )
    op.create_index(op.f("term_premises_id_idx"), "term", ["premises_id"], unique=False)
    op.create_table(
        "access_list",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("door_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("epoch", sa.Integer(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("payload", sa.LargeBinary(), nullable=False),
        sa.Column("hash", sa.String(), nullable=False),
        sa.Column("rights", sa.Integer(), nullable=False),
        sa.Column("left_out", sa.JSON(), nullable=False),
        sa.Column("issued_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("not_after", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["door_id"], ["door.id"], name=op.f("access_list_door_id_fk")),
        sa.PrimaryKeyConstraint("id", name=op.f("access_list_pk")),
        sa.UniqueConstraint("door_id", "epoch", "version", name="access_list_version"),
    )
    op.create_table(
        "closed_days",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("ref", sa.String(), nullable=False),
        sa.Column("premises_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("space_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("supervision", sa.String(), nullable=False),
        sa.Column("first_on", sa.Date(), nullable=False),
        sa.Column("last_on", sa.Date(), nullable=False),
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("name_fi", sa.String(), nullable=False),
        sa.Column("name_sv", sa.String(), nullable=False),
        sa.Column("name_en", sa.String(), nullable=False),
        sa.CheckConstraint("first_on <= last_on", name="closed_days_days"),
        sa.ForeignKeyConstraint(["premises_id"], ["premises.id"], name=op.f("closed_days_premises_id_fk")),
        sa.ForeignKeyConstraint(["space_id"], ["space.id"], name=op.f("closed_days_space_id_fk")),
        sa.PrimaryKeyConstraint("id", name=op.f("closed_days_pk")),
        sa.UniqueConstraint("ref", name=op.f("closed_days_ref_key")),
    )
    op.create_index(op.f("closed_days_premises_id_idx"), "closed_days", ["premises_id"], unique=False)
    op.create_table(
        "credential_key",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("credential_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("door_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("key_hash", sa.String(), nullable=False),
        sa.Column("retired_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["credential_id"], ["credential.id"], name=op.f("credential_key_credential_id_fk")),
        sa.ForeignKeyConstraint(["door_id"], ["door.id"], name=op.f("credential_key_door_id_fk")),
        sa.PrimaryKeyConstraint("id", name=op.f("credential_key_pk")),
        sa.UniqueConstraint("credential_id", "door_id", name="credential_key_once"),
    )
    op.create_index(op.f("credential_key_credential_id_idx"), "credential_key", ["credential_id"], unique=False)
    op.create_index("credential_key_hash_idx", "credential_key", ["door_id", "key_hash"], unique=False)
    op.create_index(
        "credential_key_unique_at_door",
        "credential_key",
        ["door_id", "key_hash"],
        unique=True,
        sqlite_where=sa.text("retired_at IS NULL"),
        postgresql_where=sa.text("retired_at IS NULL"),
    )
    op.create_table(
        "door_alarm",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("ref", sa.String(), nullable=False),
        sa.Column("door_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("facts", sa.JSON(), nullable=False),
        sa.Column("raised_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_by", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.ForeignKeyConstraint(["door_id"], ["door.id"], name=op.f("door_alarm_door_id_fk")),
        sa.ForeignKeyConstraint(["ended_by"], ["person.id"], name=op.f("door_alarm_ended_by_fk")),
        sa.PrimaryKeyConstraint("id", name=op.f("door_alarm_pk")),
        sa.UniqueConstraint("ref", name=op.f("door_alarm_ref_key")),
    )
    op.create_index(op.f("door_alarm_door_id_idx"), "door_alarm", ["door_id"], unique=False)
    op.create_index(
        "door_alarm_open",
        "door_alarm",
        ["door_id", "kind"],
        unique=False,
        sqlite_where=sa.text("ended_at IS NULL"),
        postgresql_where=sa.text("ended_at IS NULL"),
    )
    op.create_table(
        "door_command",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("ref", sa.String(), nullable=False),
        sa.Column("door_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("asked_by", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("counter", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("result", sa.String(), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "(ended_at IS NOT NULL) = (state IN ('done', 'failed', 'expired'))", name="door_command_ended"
        ),
        sa.CheckConstraint("kind <> 'open' OR (reason <> '' AND asked_by IS NOT NULL)", name="door_command_why"),
        sa.CheckConstraint("kind IN ('open', 'set_time')", name="door_command_kind"),
        sa.CheckConstraint("state IN ('queued','sent','done','failed','expired')", name="door_command_state"),
        sa.ForeignKeyConstraint(["asked_by"], ["person.id"], name=op.f("door_command_asked_by_fk")),
        sa.ForeignKeyConstraint(["door_id"], ["door.id"], name=op.f("door_command_door_id_fk")),
        sa.PrimaryKeyConstraint("id", name=op.f("door_command_pk")),
        sa.UniqueConstraint("ref", name=op.f("door_command_ref_key")),
    )
    op.create_index(op.f("door_command_door_id_idx"), "door_command", ["door_id"], unique=False)
    op.create_index("door_command_state_idx", "door_command", ["state", "id"], unique=False)
    op.create_table(
        "door_space",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("door_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("space_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.ForeignKeyConstraint(["door_id"], ["door.id"], name=op.f("door_space_door_id_fk")),
        sa.ForeignKeyConstraint(["space_id"], ["space.id"], name=op.f("door_space_space_id_fk")),
        sa.PrimaryKeyConstraint("id", name=op.f("door_space_pk")),
        sa.UniqueConstraint("door_id", "space_id", name="door_space_once"),
    )
    op.create_index(op.f("door_space_space_id_idx"), "door_space", ["space_id"], unique=False)
    op.create_table(
        "door_state",
        sa.Column("door_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("online", sa.Boolean(), nullable=False),
        sa.Column("online_session", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("online_changed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("last_heard_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("reported_counter", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("confirmed_epoch", sa.Integer(), nullable=False),
        sa.Column("confirmed_version", sa.Integer(), nullable=False),
        sa.Column("confirmed_hash", sa.String(), nullable=False),
        sa.Column("confirmed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("applied_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("refused", sa.String(), nullable=False),
        sa.Column("clock_state", sa.String(), nullable=False),
        sa.Column("clock_offset_ms", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("queue_length", sa.Integer(), nullable=False),
        sa.Column("challenge", sa.String(), nullable=False),
        sa.Column("contact", sa.String(), nullable=False),
        sa.Column("lock", sa.String(), nullable=False),
        sa.Column("lockout_s", sa.Integer(), nullable=False),
        sa.Column("firmware", sa.String(), nullable=False),
        sa.Column("rights_limit", sa.Integer(), nullable=True),
        sa.Column("boot_epoch", sa.Integer(), nullable=False),
        sa.Column("acked_boot_epoch", sa.Integer(), nullable=False),
        sa.Column("acked_seq", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.ForeignKeyConstraint(["door_id"], ["door.id"], name=op.f("door_state_door_id_fk")),
        sa.PrimaryKeyConstraint("door_id", name=op.f("door_state_pk")),
    )
    op.create_table(
        "feed",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("ref", sa.String(), nullable=False),
        sa.Column("token_hash", sa.String(), nullable=False),
        sa.Column("owner_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("person_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("organisation_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("space_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_used_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "(CASE WHEN person_id IS NULL THEN 0 ELSE 1 END) + (CASE WHEN organisation_id IS NULL THEN 0 ELSE 1 END) + (CASE WHEN space_id IS NULL THEN 0 ELSE 1 END) = 1",
            name="feed_one_subject",
        ),
        sa.ForeignKeyConstraint(["organisation_id"], ["organisation.id"], name=op.f("feed_organisation_id_fk")),
        sa.ForeignKeyConstraint(["owner_id"], ["person.id"], name=op.f("feed_owner_id_fk")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("feed_person_id_fk")),
        sa.ForeignKeyConstraint(["space_id"], ["space.id"], name=op.f("feed_space_id_fk")),
        sa.PrimaryKeyConstraint("id", name=op.f("feed_pk")),
        sa.UniqueConstraint("ref", name=op.f("feed_ref_key")),
        sa.UniqueConstraint("token_hash", name=op.f("feed_token_hash_key")),
    )
    op.create_table(
        "occurrence",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("ref", sa.String(), nullable=False),
        sa.Column("booking_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("space_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("starts_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("setup_min", sa.Integer(), nullable=False),
        sa.Column("turnaround_min", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("hold_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("price_cents", sa.Integer(), nullable=True),
        sa.Column("normal_cents", sa.Integer(), nullable=True),
        sa.Column("subsidy_cents", sa.Integer(), nullable=True),
        sa.Column("priority_class", sa.String(), nullable=True),
        sa.Column("price_class", sa.String(), nullable=True),
        sa.Column("trace", sa.JSON(), nullable=False),
        sa.Column("cancelled_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("sequence", sa.Integer(), nullable=False),
        sa.CheckConstraint("(state = 'held') = (hold_until IS NOT NULL)", name="occurrence_hold"),
        sa.CheckConstraint(
            "state IN ('held','pending','confirmed','cancelled','refused','displaced')", name="occurrence_state"
        ),
        sa.CheckConstraint(
            "price_cents IS NULL OR normal_cents IS NULL OR normal_cents = price_cents + subsidy_cents",
            name="occurrence_money",
        ),
        sa.CheckConstraint("starts_at < ends_at", name="occurrence_not_empty"),
        sa.ForeignKeyConstraint(["booking_id"], ["booking.id"], name=op.f("occurrence_booking_id_fk")),
        sa.ForeignKeyConstraint(["space_id"], ["space.id"], name=op.f("occurrence_space_id_fk")),
        sa.PrimaryKeyConstraint("id", name=op.f("occurrence_pk")),
        sa.UniqueConstraint("booking_id", "key", name="occurrence_key"),
        sa.UniqueConstraint("ref", name=op.f("occurrence_ref_key")),
    )
    op.create_index(op.f("occurrence_booking_id_idx"), "occurrence", ["booking_id"], unique=False)
    op.create_index(op.f("occurrence_space_id_idx"), "occurrence", ["space_id"], unique=False)
    op.create_index("occurrence_time_idx", "occurrence", ["starts_at", "ends_at"], unique=False)
    op.create_table(
        "opening_hours",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("premises_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("space_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("weekday", sa.Integer(), nullable=False),
        sa.Column("opens_min", sa.Integer(), nullable=False),
        sa.Column("closes_min", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "0 <= opens_min AND opens_min < 1440 AND opens_min < closes_min AND closes_min <= opens_min + 1440",
            name="opening_hours_minutes",
        ),
        sa.CheckConstraint("weekday BETWEEN 0 AND 6", name="opening_hours_weekday"),
        sa.ForeignKeyConstraint(["premises_id"], ["premises.id"], name=op.f("opening_hours_premises_id_fk")),
        sa.ForeignKeyConstraint(["space_id"], ["space.id"], name=op.f("opening_hours_space_id_fk")),
        sa.PrimaryKeyConstraint("id", name=op.f("opening_hours_pk")),
    )
    op.create_index(op.f("opening_hours_premises_id_idx"), "opening_hours", ["premises_id"], unique=False)
    op.create_table(
        "access_right",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("ref", sa.String(), nullable=False),
        sa.Column("door_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("credential_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("occurrence_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("valid_from", sa.DateTime(timezone=True), nullable=False),
        sa.Column("valid_until", sa.DateTime(timezone=True), nullable=False),
        sa.Column("given_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("withdrawn_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("in_version", sa.Integer(), nullable=False),
        sa.Column("out_version", sa.Integer(), nullable=True),
        sa.Column("in_door_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("in_door_version", sa.Integer(), nullable=True),
        sa.Column("out_door_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("(withdrawn_at IS NULL) = (out_version IS NULL)", name="access_right_withdrawn"),
        sa.CheckConstraint("valid_from < valid_until", name="access_right_not_empty"),
        sa.ForeignKeyConstraint(["credential_id"], ["credential.id"], name=op.f("access_right_credential_id_fk")),
        sa.ForeignKeyConstraint(["door_id"], ["door.id"], name=op.f("access_right_door_id_fk")),
        sa.ForeignKeyConstraint(["occurrence_id"], ["occurrence.id"], name=op.f("access_right_occurrence_id_fk")),
        sa.PrimaryKeyConstraint("id", name=op.f("access_right_pk")),
        sa.UniqueConstraint("ref", name=op.f("access_right_ref_key")),
    )
    op.create_index(op.f("access_right_credential_id_idx"), "access_right", ["credential_id"], unique=False)
    op.create_index(op.f("access_right_occurrence_id_idx"), "access_right", ["occurrence_id"], unique=False)
    op.create_index(
        "access_right_once",
        "access_right",
        ["door_id", "credential_id", "occurrence_id"],
        unique=True,
        sqlite_where=sa.text("out_version IS NULL"),
        postgresql_where=sa.text("out_version IS NULL"),
    )
    op.create_table(
        "occupancy",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("atom_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("occurrence_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("starts_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("starts_at < ends_at", name="occupancy_not_empty"),
        sa.ForeignKeyConstraint(["atom_id"], ["space.id"], name=op.f("occupancy_atom_id_fk")),
        sa.ForeignKeyConstraint(["occurrence_id"], ["occurrence.id"], name=op.f("occupancy_occurrence_id_fk")),
        sa.PrimaryKeyConstraint("id", name=op.f("occupancy_pk")),
    )
    op.create_index("occupancy_atom_idx", "occupancy", ["atom_id", "starts_at", "ends_at"], unique=False)
    op.create_index(op.f("occupancy_occurrence_id_idx"), "occupancy", ["occurrence_id"], unique=False)
    op.create_table(
        "door_event",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("ref", sa.String(), nullable=False),
        sa.Column("door_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("boot_epoch", sa.Integer(), nullable=False),
        sa.Column("seq", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("device_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("clock", sa.String(), nullable=False),
        sa.Column("credential_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("right_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("occurrence_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("person_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("command_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("body", sa.JSON(), nullable=False),
        sa.Column("body_hash", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["command_id"], ["door_command.id"], name=op.f("door_event_command_id_fk")),
        sa.ForeignKeyConstraint(["credential_id"], ["credential.id"], name=op.f("door_event_credential_id_fk")),
        sa.ForeignKeyConstraint(["door_id"], ["door.id"], name=op.f("door_event_door_id_fk")),
        sa.ForeignKeyConstraint(["occurrence_id"], ["occurrence.id"], name=op.f("door_event_occurrence_id_fk")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("door_event_person_id_fk")),
        sa.ForeignKeyConstraint(["right_id"], ["access_right.id"], name=op.f("door_event_right_id_fk")),
        sa.PrimaryKeyConstraint("id", name=op.f("door_event_pk")),
        sa.UniqueConstraint("door_id", "boot_epoch", "seq", name="door_event_once"),
        sa.UniqueConstraint("ref", name=op.f("door_event_ref_key")),
    )
    op.create_index(op.f("door_event_credential_id_idx"), "door_event", ["credential_id"], unique=False)
    op.create_index(op.f("door_event_occurrence_id_idx"), "door_event", ["occurrence_id"], unique=False)
    op.create_index(op.f("door_event_person_id_idx"), "door_event", ["person_id"], unique=False)
    op.create_index("door_event_time_idx", "door_event", ["device_at"], unique=False)
    for statement in ddl.BY_DIALECT[op.get_bind().dialect.name] + audit_ddl.BY_DIALECT[op.get_bind().dialect.name]:
        op.get_bind().exec_driver_sql(statement)


def downgrade() -> None:
    raise RuntimeError("the first tables are not taken away: make a new database instead")
