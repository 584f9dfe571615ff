"""What is decided of a round: four-eyes decisions, letters, reviews, undoing; a grant’s own deadline and decision."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op


revision = "0013"
down_revision = "0014"

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
INSTANT = sa.DateTime(timezone=True)
TABLES = ("round_review_step", "round_review", "decision_letter", "round_undo", "round_step", "round_decision")


def upgrade() -> None:
    round_decision()
    round_step()
    round_undo()
    decision_letter()
    round_review()
    round_review_step()
    op.add_column("slot_grant", sa.Column("answer_by_at", INSTANT, nullable=True))
    op.add_column("slot_grant", sa.Column("problem", sa.String(), nullable=False, server_default=""))
    op.add_column("slot_grant", sa.Column("problem_facts", sa.JSON(), nullable=False, server_default="{}"))
    op.add_column("slot_grant", sa.Column("shut_at", INSTANT, nullable=True))
    later("slot_grant", "decision_id", "round_decision")


def later(table: str, column: str, other: str) -> None:
    """A column that refers to another table, in words both databases know."""
    named = f"CONSTRAINT {table}_{column}_fk REFERENCES {other} (id)"
    op.execute(f"ALTER TABLE {table} ADD COLUMN {column} BIGINT {named}")
    op.create_index(f"{table}_{column}_idx", table, [column])


def round_decision() -> None:
    op.create_table(
        "round_decision",
        sa.Column("id", BIG, nullable=False),
        sa.Column("ref", sa.String(), nullable=False),
        sa.Column("round_id", BIG, nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("decision", sa.String(), nullable=False),
        sa.Column("conditions", sa.String(), nullable=False),
        sa.Column("rulebook", sa.String(), nullable=False),
        sa.Column("prepared_by", BIG, nullable=False),
        sa.Column("prepared_at", INSTANT, nullable=False),
        sa.Column("reviewed_by", BIG, nullable=True),
        sa.Column("reviewed_at", INSTANT, nullable=True),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("calendar_by", BIG, nullable=True),
        sa.Column("calendar_at", INSTANT, nullable=True),
        sa.CheckConstraint("state IN ('in_review','returned','approved','undone')", name="round_decision_state"),
        sa.CheckConstraint("length(decision) > 0", name="round_decision_words"),
        sa.CheckConstraint("reviewed_by IS NULL OR reviewed_by <> prepared_by", name="round_decision_four_eyes"),
        sa.ForeignKeyConstraint(["calendar_by"], ["person.id"], name=op.f("round_decision_calendar_by_fk")),
        sa.ForeignKeyConstraint(["prepared_by"], ["person.id"], name=op.f("round_decision_prepared_by_fk")),
        sa.ForeignKeyConstraint(["reviewed_by"], ["person.id"], name=op.f("round_decision_reviewed_by_fk")),
        sa.ForeignKeyConstraint(["round_id"], ["season_round.id"], name=op.f("round_decision_round_id_fk")),
        sa.PrimaryKeyConstraint("id", name=op.f("round_decision_pk")),
        sa.UniqueConstraint("ref", name=op.f("round_decision_ref_key")),
    )
    op.create_index(
        "round_decision_one_open",
        "round_decision",
        ["round_id"],
        unique=True,
        sqlite_where=sa.text("state = 'in_review'"),
        postgresql_where=sa.text("state = 'in_review'"),
    )
    op.create_index(op.f("round_decision_round_id_idx"), "round_decision", ["round_id"], unique=False)


def round_step() -> None:
    op.create_table(
        "round_step",
        sa.Column("id", BIG, nullable=False),
        sa.Column("round_id", BIG, nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("by", BIG, nullable=True),
        sa.Column("at", INSTANT, nullable=False),
        sa.Column("said", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["by"], ["person.id"], name=op.f("round_step_by_fk")),
        sa.ForeignKeyConstraint(["round_id"], ["season_round.id"], name=op.f("round_step_round_id_fk")),
        sa.PrimaryKeyConstraint("id", name=op.f("round_step_pk")),
    )
    op.create_index(op.f("round_step_round_id_idx"), "round_step", ["round_id"], unique=False)


def round_undo() -> None:
    op.create_table(
        "round_undo",
        sa.Column("id", BIG, nullable=False),
        sa.Column("ref", sa.String(), nullable=False),
        sa.Column("round_id", BIG, nullable=False),
        sa.Column("stage", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("by", BIG, nullable=False),
        sa.Column("from_at", INSTANT, nullable=False),
        sa.Column("counts", sa.JSON(), nullable=False),
        sa.Column("done_at", INSTANT, nullable=True),
        sa.CheckConstraint("(stage = 'done') = (done_at IS NOT NULL)", name="round_undo_done"),
        sa.CheckConstraint("stage IN ('doors','sessions','grants','round','done')", name="round_undo_stage"),
        sa.CheckConstraint("length(reason) > 0", name="round_undo_reason"),
        sa.ForeignKeyConstraint(["by"], ["person.id"], name=op.f("round_undo_by_fk")),
        sa.ForeignKeyConstraint(["round_id"], ["season_round.id"], name=op.f("round_undo_round_id_fk")),
        sa.PrimaryKeyConstraint("id", name=op.f("round_undo_pk")),
        sa.UniqueConstraint("ref", name=op.f("round_undo_ref_key")),
    )
    op.create_index(
        "round_undo_one_open",
        "round_undo",
        ["round_id"],
        unique=True,
        sqlite_where=sa.text("done_at IS NULL"),
        postgresql_where=sa.text("done_at IS NULL"),
    )
    op.create_index(op.f("round_undo_round_id_idx"), "round_undo", ["round_id"], unique=False)


def decision_letter() -> None:
    op.create_table(
        "decision_letter",
        sa.Column("id", BIG, nullable=False),
        sa.Column("ref", sa.String(), nullable=False),
        sa.Column("decision_id", BIG, nullable=False),
        sa.Column("application_id", BIG, nullable=False),
        sa.Column("language", sa.String(), nullable=False),
        sa.Column("facts", sa.JSON(), nullable=True),
        sa.Column("sent_at", INSTANT, nullable=True),
        sa.Column("review_by_on", sa.Date(), nullable=True),
        sa.CheckConstraint("language IN ('fi','sv','en')", name="decision_letter_language"),
        sa.ForeignKeyConstraint(["application_id"], ["application.id"], name=op.f("decision_letter_application_id_fk")),
        sa.ForeignKeyConstraint(["decision_id"], ["round_decision.id"], name=op.f("decision_letter_decision_id_fk")),
        sa.PrimaryKeyConstraint("id", name=op.f("decision_letter_pk")),
        sa.UniqueConstraint("decision_id", "application_id", name="decision_letter_one"),
        sa.UniqueConstraint("ref", name=op.f("decision_letter_ref_key")),
    )
    op.create_index(op.f("decision_letter_application_id_idx"), "decision_letter", ["application_id"], unique=False)
    op.create_index(op.f("decision_letter_decision_id_idx"), "decision_letter", ["decision_id"], unique=False)


def round_review() -> None:
    op.create_table(
        "round_review",
        sa.Column("id", BIG, nullable=False),
        sa.Column("ref", sa.String(), nullable=False),
        sa.Column("round_id", BIG, nullable=False),
        sa.Column("application_id", BIG, nullable=False),
        sa.Column("letter_id", BIG, nullable=False),
        sa.Column("scenario_id", BIG, nullable=True),
        sa.Column("hashes", sa.JSON(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("demand", sa.String(), nullable=False),
        sa.Column("grounds", sa.String(), nullable=False),
        sa.Column("from_whom", sa.String(), nullable=False),
        sa.Column("received_on", sa.Date(), nullable=False),
        sa.Column("review_by_on", sa.Date(), nullable=False),
        sa.Column("late", sa.Boolean(), nullable=False),
        sa.Column("entered_by", BIG, nullable=False),
        sa.Column("entered_at", INSTANT, nullable=False),
        sa.Column("board", sa.String(), nullable=False),
        sa.Column("board_on", sa.Date(), nullable=True),
        sa.Column("item", sa.String(), nullable=False),
        sa.Column("outcome", sa.String(), nullable=True),
        sa.Column("decision", sa.String(), nullable=False),
        sa.Column("decided_on", sa.Date(), nullable=True),
        sa.Column("follows", sa.String(), nullable=False),
        sa.CheckConstraint("(state = 'decided') = (outcome IS NOT NULL)", name="round_review_decided"),
        sa.CheckConstraint(
            "outcome IS NULL OR outcome IN ('upheld','dismissed','returned','not_examined')",
            name="round_review_outcome",
        ),
        sa.CheckConstraint(
            "state IN ('received','preparing','to_board','decided','withdrawn')", name="round_review_state"
        ),
        sa.CheckConstraint("length(demand) > 0", name="round_review_demand"),
        sa.ForeignKeyConstraint(["application_id"], ["application.id"], name=op.f("round_review_application_id_fk")),
        sa.ForeignKeyConstraint(["entered_by"], ["person.id"], name=op.f("round_review_entered_by_fk")),
        sa.ForeignKeyConstraint(["letter_id"], ["decision_letter.id"], name=op.f("round_review_letter_id_fk")),
        sa.ForeignKeyConstraint(["round_id"], ["season_round.id"], name=op.f("round_review_round_id_fk")),
        sa.ForeignKeyConstraint(["scenario_id"], ["round_scenario.id"], name=op.f("round_review_scenario_id_fk")),
        sa.PrimaryKeyConstraint("id", name=op.f("round_review_pk")),
        sa.UniqueConstraint("ref", name=op.f("round_review_ref_key")),
    )
    op.create_index(op.f("round_review_application_id_idx"), "round_review", ["application_id"], unique=False)
    op.create_index(op.f("round_review_round_id_idx"), "round_review", ["round_id"], unique=False)


def round_review_step() -> None:
    op.create_table(
        "round_review_step",
        sa.Column("id", BIG, nullable=False),
        sa.Column("review_id", BIG, nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("by", BIG, nullable=False),
        sa.Column("at", INSTANT, nullable=False),
        sa.Column("said", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["by"], ["person.id"], name=op.f("round_review_step_by_fk")),
        sa.ForeignKeyConstraint(["review_id"], ["round_review.id"], name=op.f("round_review_step_review_id_fk")),
        sa.PrimaryKeyConstraint("id", name=op.f("round_review_step_pk")),
    )
    op.create_index(op.f("round_review_step_review_id_idx"), "round_review_step", ["review_id"], unique=False)


def downgrade() -> None:
    op.drop_index(op.f("slot_grant_decision_id_idx"), table_name="slot_grant")
    for column in ("decision_id", "shut_at", "problem_facts", "problem", "answer_by_at"):
        op.drop_column("slot_grant", column)
    for table in TABLES:
        op.drop_table(table)
