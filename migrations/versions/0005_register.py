"""The register: instants of roles, groups, proofs, yearly reports, commitments, umbrellas, files to be taken in."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"

ROW_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
INSTANT = sa.DateTime(timezone=True)


def row_id() -> sa.Column:
    return sa.Column("id", ROW_ID, nullable=False)


def ref() -> sa.Column:
    return sa.Column("ref", sa.String(), nullable=False)


def refers(name: str, *, nullable: bool = False) -> sa.Column:
    return sa.Column(name, ROW_ID, nullable=nullable)


def keys(table: str, **foreign: str) -> list[sa.Constraint]:
    made: list[sa.Constraint] = [
        sa.PrimaryKeyConstraint("id", name=op.f(f"{table}_pk")),
        sa.UniqueConstraint("ref", name=op.f(f"{table}_ref_key")),
    ]
    return made + [
        sa.ForeignKeyConstraint([column], [f"{other}.id"], name=op.f(f"{table}_{column}_fk"))
        for column, other in foreign.items()
    ]


def later(table: str, column: str, other: str) -> None:
    """A column that refers to another table, in words both databases know."""
    named = f"CONSTRAINT {table}_{column}_fk REFERENCES {other} (id)"
    op.execute(f"ALTER TABLE {table} ADD COLUMN {column} BIGINT {named}")
    op.create_index(f"{table}_{column}_idx", table, [column])


def upgrade() -> None:
    subgroup()
    for column in ("registered_on", "dissolved_on"):
        op.add_column("organisation", sa.Column(column, sa.Date(), nullable=True))
    later("organisation", "merged_into_id", "organisation")
    for column in ("begins_at", "ended_at"):
        op.add_column("role_grant", sa.Column(column, INSTANT, nullable=True))
    op.add_column("role_grant", sa.Column("ended_why", sa.String(), nullable=False, server_default=""))
    later("role_grant", "group_id", "subgroup")
    later("booking", "group_id", "subgroup")
    proof()
    activity_report()
    commitment()
    umbrella_member()
    register_import()


def subgroup() -> None:
    op.create_table(
        "subgroup",
        row_id(),
        ref(),
        refers("organisation_id"),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("age_group", sa.String(), nullable=False),
        refers("contact_id", nullable=True),
        sa.Column("ended_on", sa.Date(), nullable=True),
        sa.UniqueConstraint("organisation_id", "name", name="subgroup_name"),
        *keys("subgroup", organisation_id="organisation", contact_id="person"),
    )
    op.create_index("subgroup_organisation_id_idx", "subgroup", ["organisation_id"])


def proof() -> None:
    op.create_table(
        "proof",
        row_id(),
        ref(),
        refers("organisation_id"),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("reference", sa.String(), nullable=False),
        sa.Column("received_on", sa.Date(), nullable=False),
        sa.Column("valid_until", sa.Date(), nullable=True),
        refers("entered_by"),
        refers("checked_by", nullable=True),
        sa.Column("checked_at", INSTANT, nullable=True),
        sa.Column("refused_why", sa.String(), nullable=False),
        sa.Column("warned_on", sa.Date(), nullable=True),
        sa.Column("file_key", sa.String(), nullable=False),
        sa.Column("file_name", sa.String(), nullable=False),
        sa.Column("file_type", sa.String(), nullable=False),
        sa.CheckConstraint("valid_until IS NULL OR received_on <= valid_until", name="proof_days"),
        sa.CheckConstraint("(checked_by IS NULL) = (checked_at IS NULL)", name="proof_checked"),
        *keys("proof", organisation_id="organisation", entered_by="person", checked_by="person"),
    )
    op.create_index("proof_organisation_id_idx", "proof", ["organisation_id"])
    op.create_index("proof_valid_until_idx", "proof", ["valid_until"])


def activity_report() -> None:
    op.create_table(
        "activity_report",
        row_id(),
        ref(),
        refers("organisation_id"),
        sa.Column("year", sa.Integer(), nullable=False),
        sa.Column("members", sa.JSON(), nullable=False),
        sa.Column("homes", sa.JSON(), nullable=False),
        sa.Column("activity", sa.String(), nullable=False),
        sa.Column("grants", sa.JSON(), nullable=False),
        sa.Column("changed_at", INSTANT, nullable=False),
        sa.Column("sent_at", INSTANT, nullable=True),
        refers("sent_by", nullable=True),
        sa.Column("accepted_at", INSTANT, nullable=True),
        refers("accepted_by", nullable=True),
        sa.Column("reopened_why", sa.String(), nullable=False),
        sa.UniqueConstraint("organisation_id", "year", name="activity_report_year"),
        sa.CheckConstraint("(sent_by IS NULL) = (sent_at IS NULL)", name="activity_report_sent"),
        sa.CheckConstraint("accepted_at IS NULL OR sent_at IS NOT NULL", name="activity_report_accepted"),
        *keys("activity_report", organisation_id="organisation", sent_by="person", accepted_by="person"),
    )
    op.create_index("activity_report_organisation_id_idx", "activity_report", ["organisation_id"])


def commitment() -> None:
    op.create_table(
        "commitment",
        row_id(),
        ref(),
        refers("organisation_id"),
        refers("premises_id", nullable=True),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("season", sa.String(), nullable=False),
        sa.Column("first_on", sa.Date(), nullable=False),
        sa.Column("last_on", sa.Date(), nullable=False),
        sa.Column("text", sa.String(), nullable=False),
        sa.Column("language", sa.String(), nullable=False),
        refers("signed_by"),
        sa.Column("signed_at", INSTANT, nullable=False),
        sa.Column("ended_at", INSTANT, nullable=True),
        sa.Column("ended_why", sa.String(), nullable=False),
        sa.CheckConstraint("first_on <= last_on", name="commitment_days"),
        *keys("commitment", organisation_id="organisation", premises_id="premises", signed_by="person"),
    )
    op.create_index("commitment_organisation_id_idx", "commitment", ["organisation_id"])


def umbrella_member() -> None:
    op.create_table(
        "umbrella_member",
        row_id(),
        ref(),
        refers("umbrella_id"),
        refers("member_id"),
        sa.Column("first_on", sa.Date(), nullable=False),
        sa.Column("last_on", sa.Date(), nullable=True),
        sa.CheckConstraint("umbrella_id <> member_id", name="umbrella_member_not_itself"),
        sa.CheckConstraint("last_on IS NULL OR first_on <= last_on", name="umbrella_member_days"),
        *keys("umbrella_member", umbrella_id="organisation", member_id="organisation"),
    )
    for column in ("umbrella_id", "member_id"):
        op.create_index(f"umbrella_member_{column}_idx", "umbrella_member", [column])


def register_import() -> None:
    op.create_table(
        "register_import",
        row_id(),
        ref(),
        sa.Column("file_name", sa.String(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.Column("fingerprint", sa.String(), nullable=False),
        refers("made_by"),
        sa.Column("made_at", INSTANT, nullable=False),
        sa.Column("applied_at", INSTANT, nullable=True),
        *keys("register_import", made_by="person"),
    )
