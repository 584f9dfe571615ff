"""Season rounds: rounds, applications, scenarios and grants."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op


revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    op.create_table(
        "season_round",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("ref", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("family", sa.String(), nullable=False),
        sa.Column("rulebook", sa.String(), nullable=False),
        sa.Column("zone", sa.String(), nullable=False),
        sa.Column("first_on", sa.Date(), nullable=False),
        sa.Column("last_on", sa.Date(), nullable=False),
        sa.Column("periods", sa.JSON(), nullable=False),
        sa.Column("grid_min", sa.Integer(), nullable=False),
        sa.Column("apply_from_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("apply_to_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("late_until_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("decide_by_on", sa.Date(), nullable=True),
        sa.Column("answer_by_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("grant_years", sa.Integer(), nullable=False),
        sa.Column("policy", sa.JSON(), nullable=False),
        sa.Column("quotas", sa.JSON(), nullable=False),
        sa.Column("criteria", sa.JSON(), nullable=False),
        sa.Column("public_draw", sa.String(), nullable=False),
        sa.Column("previous_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("made_by", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("name_fi", sa.String(), nullable=False),
        sa.Column("name_sv", sa.String(), nullable=False),
        sa.Column("name_en", sa.String(), nullable=False),
        sa.CheckConstraint(
            "state IN ('draft','published','allocating','proposed','decided','closed')", name="season_round_state"
        ),
        sa.CheckConstraint("apply_from_at < apply_to_at", name="season_round_window"),
        sa.CheckConstraint("first_on <= last_on", name="season_round_days"),
        sa.CheckConstraint("grant_years BETWEEN 1 AND 5", name="season_round_years"),
        sa.CheckConstraint("grid_min IN (5, 10, 15, 30, 60)", name="season_round_grid"),
        sa.CheckConstraint("late_until_at IS NULL OR apply_to_at <= late_until_at", name="season_round_late"),
        sa.ForeignKeyConstraint(["made_by"], ["person.id"], name=op.f("season_round_made_by_fk")),
        sa.ForeignKeyConstraint(["previous_id"], ["season_round.id"], name=op.f("season_round_previous_id_fk")),
        sa.PrimaryKeyConstraint("id", name=op.f("season_round_pk")),
        sa.UniqueConstraint("ref", name=op.f("season_round_ref_key")),
    )
    op.create_table(
        "application",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("ref", sa.String(), nullable=False),
        sa.Column("round_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("organisation_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("late", sa.Boolean(), nullable=False),
        sa.Column("contact_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("note", sa.String(), nullable=False),
        sa.Column("copied_from_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("made_by", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.CheckConstraint("state = 'draft' OR sent_at IS NOT NULL", name="application_sent"),
        sa.CheckConstraint("state IN ('draft','sent','withdrawn')", name="application_state"),
        sa.ForeignKeyConstraint(["contact_id"], ["person.id"], name=op.f("application_contact_id_fk")),
        sa.ForeignKeyConstraint(["copied_from_id"], ["application.id"], name=op.f("application_copied_from_id_fk")),
        sa.ForeignKeyConstraint(["made_by"], ["person.id"], name=op.f("application_made_by_fk")),
        sa.ForeignKeyConstraint(["organisation_id"], ["organisation.id"], name=op.f("application_organisation_id_fk")),
        sa.ForeignKeyConstraint(["round_id"], ["season_round.id"], name=op.f("application_round_id_fk")),
        sa.PrimaryKeyConstraint("id", name=op.f("application_pk")),
        sa.UniqueConstraint("ref", name=op.f("application_ref_key")),
        sa.UniqueConstraint("round_id", "organisation_id", "late", name="application_one"),
    )
    op.create_index(op.f("application_organisation_id_idx"), "application", ["organisation_id"], unique=False)
    op.create_index(op.f("application_round_id_idx"), "application", ["round_id"], unique=False)
    op.create_table(
        "round_scenario",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("ref", sa.String(), nullable=False),
        sa.Column("round_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("note", sa.String(), nullable=False),
        sa.Column("phase", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("based_on_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("changes", sa.JSON(), nullable=False),
        sa.Column("seed", sa.String(), nullable=False),
        sa.Column("seconds", sa.Integer(), nullable=False),
        sa.Column("instance", sa.LargeBinary(), nullable=True),
        sa.Column("instance_hash", sa.String(), nullable=False),
        sa.Column("result", sa.LargeBinary(), nullable=True),
        sa.Column("plan_hash", sa.String(), nullable=False),
        sa.Column("engine", sa.String(), nullable=False),
        sa.Column("rulebook", sa.String(), nullable=False),
        sa.Column("figures", sa.JSON(), nullable=False),
        sa.Column("progress", sa.JSON(), nullable=False),
        sa.Column("cancel_asked", sa.Boolean(), nullable=False),
        sa.Column("cut_short", sa.Boolean(), nullable=False),
        sa.Column("worker", sa.String(), nullable=False),
        sa.Column("beat_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("failure", sa.String(), nullable=False),
        sa.Column("chosen", sa.Boolean(), nullable=False),
        sa.Column("made_by", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("phase IN ('main','second','left_over')", name="round_scenario_phase"),
        sa.CheckConstraint("state IN ('queued','running','done','failed')", name="round_scenario_state"),
        sa.CheckConstraint("seconds BETWEEN 1 AND 3600", name="round_scenario_seconds"),
        sa.ForeignKeyConstraint(["based_on_id"], ["round_scenario.id"], name=op.f("round_scenario_based_on_id_fk")),
        sa.ForeignKeyConstraint(["made_by"], ["person.id"], name=op.f("round_scenario_made_by_fk")),
        sa.ForeignKeyConstraint(["round_id"], ["season_round.id"], name=op.f("round_scenario_round_id_fk")),
        sa.PrimaryKeyConstraint("id", name=op.f("round_scenario_pk")),
        sa.UniqueConstraint("ref", name=op.f("round_scenario_ref_key")),
    )
    op.create_index(op.f("round_scenario_round_id_idx"), "round_scenario", ["round_id"], unique=False)
    op.create_table(
        "application_section",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("ref", sa.String(), nullable=False),
        sa.Column("application_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("group_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("purpose", sa.String(), nullable=False),
        sa.Column("people", sa.Integer(), nullable=False),
        sa.Column("audience", sa.JSON(), nullable=False),
        sa.Column("events", sa.Integer(), nullable=False),
        sa.Column("min_minutes", sa.Integer(), nullable=False),
        sa.Column("max_minutes", sa.Integer(), nullable=False),
        sa.Column("periods", sa.JSON(), nullable=False),
        sa.Column("weeks", sa.String(), nullable=False),
        sa.Column("equipment", sa.JSON(), nullable=False),
        sa.Column("step_free", sa.Boolean(), nullable=False),
        sa.Column("same_space", sa.Boolean(), nullable=False),
        sa.Column("shared", sa.JSON(), nullable=False),
        sa.Column("priority_class", sa.String(), nullable=True),
        sa.Column("class_row", sa.String(), nullable=True),
        sa.Column("place_in_order", sa.Integer(), nullable=True),
        sa.Column("judged", sa.JSON(), nullable=False),
        sa.Column("excluded_why", sa.String(), nullable=False),
        sa.CheckConstraint("weeks IN ('every','A','B')", name="application_section_weeks"),
        sa.CheckConstraint("0 < min_minutes AND min_minutes <= max_minutes", name="application_section_minutes"),
        sa.CheckConstraint("events BETWEEN 1 AND 7", name="application_section_events"),
        sa.CheckConstraint("people > 0", name="application_section_people"),
        sa.ForeignKeyConstraint(
            ["application_id"], ["application.id"], name=op.f("application_section_application_id_fk")
        ),
        sa.ForeignKeyConstraint(["group_id"], ["subgroup.id"], name=op.f("application_section_group_id_fk")),
        sa.PrimaryKeyConstraint("id", name=op.f("application_section_pk")),
        sa.UniqueConstraint("ref", name=op.f("application_section_ref_key")),
    )
    op.create_index(
        op.f("application_section_application_id_idx"), "application_section", ["application_id"], unique=False
    )
    op.create_table(
        "round_hours",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("round_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("space_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("weekday", sa.Integer(), nullable=False),
        sa.Column("opens_min", sa.Integer(), nullable=False),
        sa.Column("closes_min", sa.Integer(), nullable=False),
        sa.Column("first_on", sa.Date(), nullable=True),
        sa.Column("last_on", sa.Date(), nullable=True),
        sa.CheckConstraint(
            "0 <= opens_min AND opens_min < closes_min AND closes_min <= 1440", name="round_hours_minutes"
        ),
        sa.CheckConstraint("first_on IS NULL OR last_on IS NULL OR first_on <= last_on", name="round_hours_days"),
        sa.CheckConstraint("weekday BETWEEN 0 AND 6", name="round_hours_weekday"),
        sa.ForeignKeyConstraint(["round_id"], ["season_round.id"], name=op.f("round_hours_round_id_fk")),
        sa.ForeignKeyConstraint(["space_id"], ["space.id"], name=op.f("round_hours_space_id_fk")),
        sa.PrimaryKeyConstraint("id", name=op.f("round_hours_pk")),
    )
    op.create_index(op.f("round_hours_round_id_idx"), "round_hours", ["round_id"], unique=False)
    op.create_index(op.f("round_hours_space_id_idx"), "round_hours", ["space_id"], unique=False)
    op.create_table(
        "round_official_act",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("scenario_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("section_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("what", sa.JSON(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("by", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("length(reason) > 0", name="round_official_act_reason"),
        sa.ForeignKeyConstraint(["by"], ["person.id"], name=op.f("round_official_act_by_fk")),
        sa.ForeignKeyConstraint(["scenario_id"], ["round_scenario.id"], name=op.f("round_official_act_scenario_id_fk")),
        sa.ForeignKeyConstraint(
            ["section_id"], ["application_section.id"], name=op.f("round_official_act_section_id_fk")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("round_official_act_pk")),
    )
    op.create_index(op.f("round_official_act_scenario_id_idx"), "round_official_act", ["scenario_id"], unique=False)
    op.create_table(
        "scenario_placement",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("ref", sa.String(), nullable=False),
        sa.Column("scenario_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("section_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("space_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("weekday", sa.Integer(), nullable=False),
        sa.Column("start_min", sa.Integer(), nullable=False),
        sa.Column("end_min", sa.Integer(), nullable=False),
        sa.Column("origin", sa.String(), nullable=False),
        sa.Column("locked", sa.Boolean(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("dates", sa.Integer(), nullable=False),
        sa.Column("of_dates", sa.Integer(), nullable=False),
        sa.CheckConstraint("origin IN ('solver','history','pin','hand')", name="scenario_placement_origin"),
        sa.CheckConstraint(
            "0 <= start_min AND start_min < end_min AND end_min <= 1440", name="scenario_placement_minutes"
        ),
        sa.CheckConstraint("weekday BETWEEN 0 AND 6", name="scenario_placement_weekday"),
        sa.ForeignKeyConstraint(["scenario_id"], ["round_scenario.id"], name=op.f("scenario_placement_scenario_id_fk")),
        sa.ForeignKeyConstraint(
            ["section_id"], ["application_section.id"], name=op.f("scenario_placement_section_id_fk")
        ),
        sa.ForeignKeyConstraint(["space_id"], ["space.id"], name=op.f("scenario_placement_space_id_fk")),
        sa.PrimaryKeyConstraint("id", name=op.f("scenario_placement_pk")),
        sa.UniqueConstraint("ref", name=op.f("scenario_placement_ref_key")),
    )
    op.create_index(op.f("scenario_placement_scenario_id_idx"), "scenario_placement", ["scenario_id"], unique=False)
    op.create_index(op.f("scenario_placement_section_id_idx"), "scenario_placement", ["section_id"], unique=False)
    op.create_index(
        "scenario_placement_space_idx", "scenario_placement", ["scenario_id", "space_id", "weekday"], unique=False
    )
    op.create_table(
        "scenario_served",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("scenario_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("section_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("asked", sa.Integer(), nullable=False),
        sa.Column("granted", sa.Integer(), nullable=False),
        sa.Column("reasons", sa.JSON(), nullable=False),
        sa.Column("offers", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(["scenario_id"], ["round_scenario.id"], name=op.f("scenario_served_scenario_id_fk")),
        sa.ForeignKeyConstraint(["section_id"], ["application_section.id"], name=op.f("scenario_served_section_id_fk")),
        sa.PrimaryKeyConstraint("id", name=op.f("scenario_served_pk")),
        sa.UniqueConstraint("scenario_id", "section_id", name="scenario_served_one"),
    )
    op.create_index(op.f("scenario_served_scenario_id_idx"), "scenario_served", ["scenario_id"], unique=False)
    op.create_index(op.f("scenario_served_section_id_idx"), "scenario_served", ["section_id"], unique=False)
    op.create_index("scenario_served_unmet_idx", "scenario_served", ["scenario_id", "granted", "asked"], unique=False)
    op.create_table(
        "section_option",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("section_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("rank", sa.Integer(), nullable=False),
        sa.Column("space_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("space_kind", sa.String(), nullable=True),
        sa.Column("premises_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("district", sa.String(), nullable=True),
        sa.CheckConstraint("rank >= 1", name="section_option_rank"),
        sa.CheckConstraint(
            "space_id IS NOT NULL OR space_kind IS NOT NULL OR premises_id IS NOT NULL OR district IS NOT NULL",
            name="section_option_something",
        ),
        sa.ForeignKeyConstraint(["premises_id"], ["premises.id"], name=op.f("section_option_premises_id_fk")),
        sa.ForeignKeyConstraint(["section_id"], ["application_section.id"], name=op.f("section_option_section_id_fk")),
        sa.ForeignKeyConstraint(["space_id"], ["space.id"], name=op.f("section_option_space_id_fk")),
        sa.PrimaryKeyConstraint("id", name=op.f("section_option_pk")),
    )
    op.create_index(op.f("section_option_section_id_idx"), "section_option", ["section_id"], unique=False)
    op.create_index("section_option_space_idx", "section_option", ["space_id"], unique=False)
    op.create_table(
        "section_window",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("section_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("weekday", sa.Integer(), nullable=False),
        sa.Column("start_min", sa.Integer(), nullable=False),
        sa.Column("end_min", sa.Integer(), nullable=False),
        sa.Column("preference", sa.Integer(), nullable=False),
        sa.CheckConstraint("0 <= start_min AND start_min < end_min AND end_min <= 1440", name="section_window_minutes"),
        sa.CheckConstraint("preference IN (1, 2)", name="section_window_preference"),
        sa.CheckConstraint("weekday BETWEEN 0 AND 6", name="section_window_weekday"),
        sa.ForeignKeyConstraint(["section_id"], ["application_section.id"], name=op.f("section_window_section_id_fk")),
        sa.PrimaryKeyConstraint("id", name=op.f("section_window_pk")),
    )
    op.create_index(op.f("section_window_section_id_idx"), "section_window", ["section_id"], unique=False)
    op.create_table(
        "slot_grant",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("ref", sa.String(), nullable=False),
        sa.Column("round_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("scenario_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("section_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("space_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("weekday", sa.Integer(), nullable=False),
        sa.Column("start_min", sa.Integer(), nullable=False),
        sa.Column("end_min", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("answer", sa.String(), nullable=False),
        sa.Column("reply", sa.String(), nullable=False),
        sa.Column("proposed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("answered_by", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("booking_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("left_out", sa.JSON(), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "state IN ('proposed','accepted','declined','asked','lapsed','decided','booked','undone','handed_back')",
            name="slot_grant_state",
        ),
        sa.CheckConstraint("0 <= start_min AND start_min < end_min AND end_min <= 1440", name="slot_grant_minutes"),
        sa.ForeignKeyConstraint(["answered_by"], ["person.id"], name=op.f("slot_grant_answered_by_fk")),
        sa.ForeignKeyConstraint(["booking_id"], ["booking.id"], name=op.f("slot_grant_booking_id_fk")),
        sa.ForeignKeyConstraint(["round_id"], ["season_round.id"], name=op.f("slot_grant_round_id_fk")),
        sa.ForeignKeyConstraint(["scenario_id"], ["round_scenario.id"], name=op.f("slot_grant_scenario_id_fk")),
        sa.ForeignKeyConstraint(["section_id"], ["application_section.id"], name=op.f("slot_grant_section_id_fk")),
        sa.ForeignKeyConstraint(["space_id"], ["space.id"], name=op.f("slot_grant_space_id_fk")),
        sa.PrimaryKeyConstraint("id", name=op.f("slot_grant_pk")),
        sa.UniqueConstraint("booking_id", name=op.f("slot_grant_booking_id_key")),
        sa.UniqueConstraint("ref", name=op.f("slot_grant_ref_key")),
        sa.UniqueConstraint("scenario_id", "section_id", "space_id", "weekday", "start_min", name="slot_grant_one"),
    )
    op.create_index(op.f("slot_grant_round_id_idx"), "slot_grant", ["round_id"], unique=False)
    op.create_index(op.f("slot_grant_section_id_idx"), "slot_grant", ["section_id"], unique=False)
    op.create_index(op.f("slot_grant_space_id_idx"), "slot_grant", ["space_id"], unique=False)


def downgrade() -> None:
    op.drop_index(op.f("slot_grant_space_id_idx"), table_name="slot_grant")
    op.drop_index(op.f("slot_grant_section_id_idx"), table_name="slot_grant")
    op.drop_index(op.f("slot_grant_round_id_idx"), table_name="slot_grant")
    op.drop_table("slot_grant")
    op.drop_index(op.f("section_window_section_id_idx"), table_name="section_window")
    op.drop_table("section_window")
    op.drop_index("section_option_space_idx", table_name="section_option")
    op.drop_index(op.f("section_option_section_id_idx"), table_name="section_option")
    op.drop_table("section_option")
    op.drop_index("scenario_served_unmet_idx", table_name="scenario_served")
    op.drop_index(op.f("scenario_served_section_id_idx"), table_name="scenario_served")
    op.drop_index(op.f("scenario_served_scenario_id_idx"), table_name="scenario_served")
    op.drop_table("scenario_served")
    op.drop_index("scenario_placement_space_idx", table_name="scenario_placement")
    op.drop_index(op.f("scenario_placement_section_id_idx"), table_name="scenario_placement")
    op.drop_index(op.f("scenario_placement_scenario_id_idx"), table_name="scenario_placement")
    op.drop_table("scenario_placement")
    op.drop_index(op.f("round_official_act_scenario_id_idx"), table_name="round_official_act")
    op.drop_table("round_official_act")
    op.drop_index(op.f("round_hours_space_id_idx"), table_name="round_hours")
    op.drop_index(op.f("round_hours_round_id_idx"), table_name="round_hours")
    op.drop_table("round_hours")
    op.drop_index(op.f("application_section_application_id_idx"), table_name="application_section")
    op.drop_table("application_section")
    op.drop_index(op.f("round_scenario_round_id_idx"), table_name="round_scenario")
    op.drop_table("round_scenario")
    op.drop_index(op.f("application_round_id_idx"), table_name="application")
    op.drop_index(op.f("application_organisation_id_idx"), table_name="application")
    op.drop_table("application")
    op.drop_table("season_round")
