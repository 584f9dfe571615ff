"""Grants in their season: sessions of groups, waiting list and offers, swaps of slots, further years."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op


revision = "0014"
down_revision = "0009"


def upgrade() -> None:
    op.create_table(
        "waiting_entry",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("ref", sa.String(), nullable=False),
        sa.Column("round_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("organisation_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("section_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("group_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("contact_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("title", sa.String(), nullable=False),
        sa.Column("purpose", sa.String(), nullable=False),
        sa.Column("people", sa.Integer(), nullable=False),
        sa.Column("audience", sa.JSON(), nullable=False),
        sa.Column("equipment", sa.JSON(), nullable=False),
        sa.Column("step_free", sa.Boolean(), nullable=False),
        sa.Column("min_minutes", sa.Integer(), nullable=False),
        sa.Column("windows", sa.JSON(), nullable=False),
        sa.Column("places", sa.JSON(), nullable=False),
        sa.Column("wanted", sa.Integer(), nullable=False),
        sa.Column("class_rank", sa.Integer(), nullable=True),
        sa.Column("priority_class", sa.String(), nullable=False),
        sa.Column("place_in_order", sa.Integer(), nullable=True),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("made_by", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("(state = 'waiting') = (ended_at IS NULL)", name="waiting_entry_ended"),
        sa.CheckConstraint("state IN ('waiting','served','withdrawn')", name="waiting_entry_state"),
        sa.CheckConstraint("people > 0 AND min_minutes > 0 AND wanted > 0", name="waiting_entry_positive"),
        sa.ForeignKeyConstraint(["contact_id"], ["person.id"], name=op.f("waiting_entry_contact_id_fk")),
        sa.ForeignKeyConstraint(["group_id"], ["subgroup.id"], name=op.f("waiting_entry_group_id_fk")),
        sa.ForeignKeyConstraint(["made_by"], ["person.id"], name=op.f("waiting_entry_made_by_fk")),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisation.id"], name=op.f("waiting_entry_organisation_id_fk")
        ),
        sa.ForeignKeyConstraint(["round_id"], ["season_round.id"], name=op.f("waiting_entry_round_id_fk")),
        sa.ForeignKeyConstraint(["section_id"], ["application_section.id"], name=op.f("waiting_entry_section_id_fk")),
        sa.PrimaryKeyConstraint("id", name=op.f("waiting_entry_pk")),
        sa.UniqueConstraint("ref", name=op.f("waiting_entry_ref_key")),
    )
    op.create_index(op.f("waiting_entry_organisation_id_idx"), "waiting_entry", ["organisation_id"], unique=False)
    op.create_index(op.f("waiting_entry_round_id_idx"), "waiting_entry", ["round_id"], unique=False)
    op.create_index(op.f("waiting_entry_section_id_idx"), "waiting_entry", ["section_id"], unique=False)
    op.create_index(
        "waiting_entry_section_once",
        "waiting_entry",
        ["section_id"],
        unique=True,
        sqlite_where=sa.text("state = 'waiting' AND section_id IS NOT NULL"),
        postgresql_where=sa.text("state = 'waiting' AND section_id IS NOT NULL"),
    )
    op.create_table(
        "freed_slot",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("ref", sa.String(), nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("round_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("grant_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("space_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("weekday", sa.Integer(), nullable=False),
        sa.Column("start_min", sa.Integer(), nullable=False),
        sa.Column("end_min", sa.Integer(), nullable=False),
        sa.Column("days", sa.JSON(), nullable=False),
        sa.Column("why", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("freed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("state IN ('open','offered','taken','left_over')", name="freed_slot_state"),
        sa.CheckConstraint("why IN ('hand_back','cancelled','declined','opened')", name="freed_slot_why"),
        sa.CheckConstraint("0 <= start_min AND start_min < end_min AND end_min <= 1440", name="freed_slot_minutes"),
        sa.CheckConstraint("weekday BETWEEN 0 AND 6", name="freed_slot_weekday"),
        sa.ForeignKeyConstraint(["grant_id"], ["slot_grant.id"], name=op.f("freed_slot_grant_id_fk")),
        sa.ForeignKeyConstraint(["round_id"], ["season_round.id"], name=op.f("freed_slot_round_id_fk")),
        sa.ForeignKeyConstraint(["space_id"], ["space.id"], name=op.f("freed_slot_space_id_fk")),
        sa.PrimaryKeyConstraint("id", name=op.f("freed_slot_pk")),
        sa.UniqueConstraint("key", name=op.f("freed_slot_key_key")),
        sa.UniqueConstraint("ref", name=op.f("freed_slot_ref_key")),
    )
    op.create_index(op.f("freed_slot_grant_id_idx"), "freed_slot", ["grant_id"], unique=False)
    op.create_index(op.f("freed_slot_round_id_idx"), "freed_slot", ["round_id"], unique=False)
    op.create_index("freed_slot_state_idx", "freed_slot", ["state"], unique=False)
    op.create_table(
        "grant_exception",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("ref", sa.String(), nullable=False),
        sa.Column("grant_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("first_on", sa.Date(), nullable=False),
        sa.Column("last_on", sa.Date(), nullable=True),
        sa.Column("start_min", sa.Integer(), nullable=True),
        sa.Column("end_min", sa.Integer(), nullable=True),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("made_by", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("(kind = 'ended') = (last_on IS NULL)", name="grant_exception_last"),
        sa.CheckConstraint("(kind = 'hours') = (start_min IS NOT NULL)", name="grant_exception_hours"),
        sa.CheckConstraint("kind IN ('without','hours','ended')", name="grant_exception_kind"),
        sa.CheckConstraint("last_on IS NULL OR first_on <= last_on", name="grant_exception_days"),
        sa.CheckConstraint(
            "start_min IS NULL OR (0 <= start_min AND start_min < end_min AND end_min <= 1440)",
            name="grant_exception_minutes",
        ),
        sa.ForeignKeyConstraint(["grant_id"], ["slot_grant.id"], name=op.f("grant_exception_grant_id_fk")),
        sa.ForeignKeyConstraint(["made_by"], ["person.id"], name=op.f("grant_exception_made_by_fk")),
        sa.PrimaryKeyConstraint("id", name=op.f("grant_exception_pk")),
        sa.UniqueConstraint("ref", name=op.f("grant_exception_ref_key")),
    )
    op.create_index(op.f("grant_exception_grant_id_idx"), "grant_exception", ["grant_id"], unique=False)
    op.create_table(
        "grant_swap",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("ref", sa.String(), nullable=False),
        sa.Column("one_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("other_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("from_on", sa.Date(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("asked_by", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_by", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.CheckConstraint("(state = 'asked') = (ended_at IS NULL)", name="grant_swap_ended"),
        sa.CheckConstraint("state IN ('asked','done','declined')", name="grant_swap_state"),
        sa.CheckConstraint("one_id <> other_id", name="grant_swap_two"),
        sa.ForeignKeyConstraint(["asked_by"], ["person.id"], name=op.f("grant_swap_asked_by_fk")),
        sa.ForeignKeyConstraint(["ended_by"], ["person.id"], name=op.f("grant_swap_ended_by_fk")),
        sa.ForeignKeyConstraint(["one_id"], ["slot_grant.id"], name=op.f("grant_swap_one_id_fk")),
        sa.ForeignKeyConstraint(["other_id"], ["slot_grant.id"], name=op.f("grant_swap_other_id_fk")),
        sa.PrimaryKeyConstraint("id", name=op.f("grant_swap_pk")),
        sa.UniqueConstraint("ref", name=op.f("grant_swap_ref_key")),
    )
    op.create_index(op.f("grant_swap_one_id_idx"), "grant_swap", ["one_id"], unique=False)
    op.create_index(op.f("grant_swap_other_id_idx"), "grant_swap", ["other_id"], unique=False)
    op.create_table(
        "grant_year",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("grant_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("year", sa.Integer(), nullable=False),
        sa.Column("first_on", sa.Date(), nullable=False),
        sa.Column("last_on", sa.Date(), nullable=False),
        sa.Column("booking_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("left_out", sa.JSON(), nullable=False),
        sa.Column("made_by", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("first_on <= last_on", name="grant_year_days"),
        sa.CheckConstraint("year >= 2", name="grant_year_later"),
        sa.ForeignKeyConstraint(["booking_id"], ["booking.id"], name=op.f("grant_year_booking_id_fk")),
        sa.ForeignKeyConstraint(["grant_id"], ["slot_grant.id"], name=op.f("grant_year_grant_id_fk")),
        sa.ForeignKeyConstraint(["made_by"], ["person.id"], name=op.f("grant_year_made_by_fk")),
        sa.PrimaryKeyConstraint("id", name=op.f("grant_year_pk")),
        sa.UniqueConstraint("booking_id", name=op.f("grant_year_booking_id_key")),
        sa.UniqueConstraint("grant_id", "year", name="grant_year_once"),
    )
    op.create_index(op.f("grant_year_grant_id_idx"), "grant_year", ["grant_id"], unique=False)
    op.create_table(
        "group_session",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("ref", sa.String(), nullable=False),
        sa.Column("grant_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("occurrence_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("group_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("coach_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("space_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("starts_min", sa.Integer(), nullable=False),
        sa.Column("ends_min", sa.Integer(), nullable=False),
        sa.Column("series", sa.String(), nullable=False),
        sa.Column("made_by", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("cancelled_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("cancelled_why", sa.String(), nullable=False),
        sa.CheckConstraint("cancelled_at IS NOT NULL OR cancelled_why = ''", name="group_session_cancelled"),
        sa.CheckConstraint("0 <= starts_min AND starts_min < ends_min", name="group_session_minutes"),
        sa.ForeignKeyConstraint(["coach_id"], ["person.id"], name=op.f("group_session_coach_id_fk")),
        sa.ForeignKeyConstraint(["grant_id"], ["slot_grant.id"], name=op.f("group_session_grant_id_fk")),
        sa.ForeignKeyConstraint(["group_id"], ["subgroup.id"], name=op.f("group_session_group_id_fk")),
        sa.ForeignKeyConstraint(["made_by"], ["person.id"], name=op.f("group_session_made_by_fk")),
        sa.ForeignKeyConstraint(["occurrence_id"], ["occurrence.id"], name=op.f("group_session_occurrence_id_fk")),
        sa.ForeignKeyConstraint(["space_id"], ["space.id"], name=op.f("group_session_space_id_fk")),
        sa.PrimaryKeyConstraint("id", name=op.f("group_session_pk")),
        sa.UniqueConstraint("ref", name=op.f("group_session_ref_key")),
    )
    op.create_index(op.f("group_session_coach_id_idx"), "group_session", ["coach_id"], unique=False)
    op.create_index(op.f("group_session_grant_id_idx"), "group_session", ["grant_id"], unique=False)
    op.create_index(op.f("group_session_group_id_idx"), "group_session", ["group_id"], unique=False)
    op.create_index(op.f("group_session_occurrence_id_idx"), "group_session", ["occurrence_id"], unique=False)
    op.create_table(
        "slot_offer",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("ref", sa.String(), nullable=False),
        sa.Column("slot_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("entry_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("rank", sa.Integer(), nullable=False),
        sa.Column("booking_ref", sa.String(), nullable=False),
        sa.Column("start_min", sa.Integer(), nullable=False),
        sa.Column("end_min", sa.Integer(), nullable=False),
        sa.Column("days", sa.JSON(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("offered_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("until_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("told_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("answered_by", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.CheckConstraint("state IN ('open','accepted','declined','lapsed','gone')", name="slot_offer_state"),
        sa.CheckConstraint("offered_at < until_at", name="slot_offer_times"),
        sa.ForeignKeyConstraint(["answered_by"], ["person.id"], name=op.f("slot_offer_answered_by_fk")),
        sa.ForeignKeyConstraint(["entry_id"], ["waiting_entry.id"], name=op.f("slot_offer_entry_id_fk")),
        sa.ForeignKeyConstraint(["slot_id"], ["freed_slot.id"], name=op.f("slot_offer_slot_id_fk")),
        sa.PrimaryKeyConstraint("id", name=op.f("slot_offer_pk")),
        sa.UniqueConstraint("ref", name=op.f("slot_offer_ref_key")),
        sa.UniqueConstraint("slot_id", "entry_id", name="slot_offer_once"),
    )
    op.create_index(op.f("slot_offer_entry_id_idx"), "slot_offer", ["entry_id"], unique=False)
    op.create_index(
        "slot_offer_one_open",
        "slot_offer",
        ["slot_id"],
        unique=True,
        sqlite_where=sa.text("state IN ('open','accepted')"),
        postgresql_where=sa.text("state IN ('open','accepted')"),
    )
    op.create_index(op.f("slot_offer_slot_id_idx"), "slot_offer", ["slot_id"], unique=False)
    op.drop_index(op.f("access_right_once"), table_name="access_right", sqlite_where=sa.text("out_version IS NULL"))
    op.create_index(
        "access_right_once",
        "access_right",
        ["door_id", "credential_id", "occurrence_id", "valid_from"],
        unique=True,
        sqlite_where=sa.text("out_version IS NULL"),
        postgresql_where=sa.text("out_version IS NULL"),
    )
    op.add_column("application", sa.Column("waits", sa.Boolean(), nullable=False, server_default=sa.false()))


def downgrade() -> None:
    op.drop_column("application", "waits")
    op.drop_index(
        "access_right_once",
        table_name="access_right",
        sqlite_where=sa.text("out_version IS NULL"),
        postgresql_where=sa.text("out_version IS NULL"),
    )
    op.create_index(
        "access_right_once",
        "access_right",
        ["door_id", "credential_id", "occurrence_id"],
        unique=True,
        sqlite_where=sa.text("out_version IS NULL"),
        postgresql_where=sa.text("out_version IS NULL"),
    )
    op.drop_index(op.f("slot_offer_slot_id_idx"), table_name="slot_offer")
    op.drop_index(
        "slot_offer_one_open",
        table_name="slot_offer",
        sqlite_where=sa.text("state IN ('open','accepted')"),
        postgresql_where=sa.text("state IN ('open','accepted')"),
    )
    op.drop_index(op.f("slot_offer_entry_id_idx"), table_name="slot_offer")
    op.drop_table("slot_offer")
    op.drop_index(op.f("group_session_occurrence_id_idx"), table_name="group_session")
    op.drop_index(op.f("group_session_group_id_idx"), table_name="group_session")
    op.drop_index(op.f("group_session_grant_id_idx"), table_name="group_session")
    op.drop_index(op.f("group_session_coach_id_idx"), table_name="group_session")
    op.drop_table("group_session")
    op.drop_index(op.f("grant_year_grant_id_idx"), table_name="grant_year")
    op.drop_table("grant_year")
    op.drop_index(op.f("grant_swap_other_id_idx"), table_name="grant_swap")
    op.drop_index(op.f("grant_swap_one_id_idx"), table_name="grant_swap")
    op.drop_table("grant_swap")
    op.drop_index(op.f("grant_exception_grant_id_idx"), table_name="grant_exception")
    op.drop_table("grant_exception")
    op.drop_index("freed_slot_state_idx", table_name="freed_slot")
    op.drop_index(op.f("freed_slot_round_id_idx"), table_name="freed_slot")
    op.drop_index(op.f("freed_slot_grant_id_idx"), table_name="freed_slot")
    op.drop_table("freed_slot")
    op.drop_index(
        "waiting_entry_section_once",
        table_name="waiting_entry",
        sqlite_where=sa.text("state = 'waiting' AND section_id IS NOT NULL"),
        postgresql_where=sa.text("state = 'waiting' AND section_id IS NOT NULL"),
    )
    op.drop_index(op.f("waiting_entry_section_id_idx"), table_name="waiting_entry")
    op.drop_index(op.f("waiting_entry_round_id_idx"), table_name="waiting_entry")
    op.drop_index(op.f("waiting_entry_organisation_id_idx"), table_name="waiting_entry")
    op.drop_table("waiting_entry")
