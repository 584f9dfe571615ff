"""Money: charges, invoices, runs, exports, payments; net, VAT and add-ons of an occurrence (booking/money/ddl.py)."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from booking.money import ddl


revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    op.create_table(
        "invoicer",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("ref", sa.String(), nullable=False),
        sa.Column("organisation_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("iban", sa.String(), nullable=False),
        sa.Column("bic", sa.String(), nullable=False),
        sa.Column("street", sa.String(), nullable=False),
        sa.Column("postcode", sa.String(), nullable=False),
        sa.Column("town", sa.String(), nullable=False),
        sa.Column("email", sa.String(), nullable=False),
        sa.Column("phone", sa.String(), nullable=False),
        sa.Column("einvoice_address", sa.String(), nullable=False),
        sa.Column("einvoice_operator", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["organisation_id"], ["organisation.id"], name=op.f("invoicer_organisation_id_fk")),
        sa.PrimaryKeyConstraint("id", name=op.f("invoicer_pk")),
        sa.UniqueConstraint("organisation_id", name=op.f("invoicer_organisation_id_key")),
        sa.UniqueConstraint("ref", name=op.f("invoicer_ref_key")),
    )
    op.create_table(
        "payer",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("organisation_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("street", sa.String(), nullable=False),
        sa.Column("postcode", sa.String(), nullable=False),
        sa.Column("town", sa.String(), nullable=False),
        sa.Column("email", sa.String(), nullable=False),
        sa.Column("einvoice_address", sa.String(), nullable=False),
        sa.Column("einvoice_operator", sa.String(), nullable=False),
        sa.Column("buyer_reference", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["organisation_id"], ["organisation.id"], name=op.f("payer_organisation_id_fk")),
        sa.PrimaryKeyConstraint("id", name=op.f("payer_pk")),
        sa.UniqueConstraint("organisation_id", name=op.f("payer_organisation_id_key")),
    )
    op.create_table(
        "invoice_export",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("ref", sa.String(), nullable=False),
        sa.Column("invoicer_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("prepared_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("made_by", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("done_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("files", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(["invoicer_id"], ["invoicer.id"], name=op.f("invoice_export_invoicer_id_fk")),
        sa.ForeignKeyConstraint(["made_by"], ["person.id"], name=op.f("invoice_export_made_by_fk")),
        sa.PrimaryKeyConstraint("id", name=op.f("invoice_export_pk")),
        sa.UniqueConstraint("ref", name=op.f("invoice_export_ref_key")),
    )
    op.create_index(op.f("invoice_export_invoicer_id_idx"), "invoice_export", ["invoicer_id"], unique=False)
    op.create_table(
        "invoice_run",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("ref", sa.String(), nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("invoicer_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("family", sa.String(), nullable=False),
        sa.Column("period", sa.String(), nullable=False),
        sa.Column("until_on", sa.Date(), nullable=False),
        sa.Column("last_of_term", sa.Boolean(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("made_by", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("carried", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(["invoicer_id"], ["invoicer.id"], name=op.f("invoice_run_invoicer_id_fk")),
        sa.ForeignKeyConstraint(["made_by"], ["person.id"], name=op.f("invoice_run_made_by_fk")),
        sa.PrimaryKeyConstraint("id", name=op.f("invoice_run_pk")),
        sa.UniqueConstraint("key", name=op.f("invoice_run_key_key")),
        sa.UniqueConstraint("ref", name=op.f("invoice_run_ref_key")),
    )
    op.create_index(op.f("invoice_run_invoicer_id_idx"), "invoice_run", ["invoicer_id"], unique=False)
    op.create_table(
        "invoice_series",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("invoicer_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("year", sa.Integer(), nullable=False),
        sa.Column("last_number", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["invoicer_id"], ["invoicer.id"], name=op.f("invoice_series_invoicer_id_fk")),
        sa.PrimaryKeyConstraint("id", name=op.f("invoice_series_pk")),
        sa.UniqueConstraint("invoicer_id", "year", name="invoice_series_once"),
    )
    op.create_table(
        "invoice",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("ref", sa.String(), nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("invoicer_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("organisation_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("run_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("credits_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("export_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ready_on", sa.Date(), nullable=False),
        sa.Column("year", sa.Integer(), nullable=True),
        sa.Column("number", sa.Integer(), nullable=True),
        sa.Column("issued_on", sa.Date(), nullable=True),
        sa.Column("due_on", sa.Date(), nullable=True),
        sa.Column("reference", sa.String(), nullable=True),
        sa.Column("gross_cents", sa.Integer(), nullable=True),
        sa.Column("terms", sa.JSON(), nullable=False),
        sa.Column("seller", sa.JSON(), nullable=False),
        sa.Column("buyer", sa.JSON(), nullable=False),
        sa.CheckConstraint("(kind = 'credit_note') = (credits_id IS NOT NULL)", name="invoice_credits"),
        sa.CheckConstraint(
            "(state = 'draft' AND number IS NULL AND year IS NULL AND export_id IS NULL) OR (state = 'issued' AND number IS NOT NULL AND year IS NOT NULL AND issued_on IS NOT NULL AND due_on IS NOT NULL AND gross_cents IS NOT NULL AND export_id IS NOT NULL)",
            name="invoice_issued",
        ),
        sa.CheckConstraint("kind IN ('invoice', 'credit_note')", name="invoice_kind"),
        sa.ForeignKeyConstraint(["credits_id"], ["invoice.id"], name=op.f("invoice_credits_id_fk")),
        sa.ForeignKeyConstraint(["export_id"], ["invoice_export.id"], name=op.f("invoice_export_id_fk")),
        sa.ForeignKeyConstraint(["invoicer_id"], ["invoicer.id"], name=op.f("invoice_invoicer_id_fk")),
        sa.ForeignKeyConstraint(["organisation_id"], ["organisation.id"], name=op.f("invoice_organisation_id_fk")),
        sa.ForeignKeyConstraint(["run_id"], ["invoice_run.id"], name=op.f("invoice_run_id_fk")),
        sa.PrimaryKeyConstraint("id", name=op.f("invoice_pk")),
        sa.UniqueConstraint("invoicer_id", "year", "number", name="invoice_number"),
        sa.UniqueConstraint("key", name=op.f("invoice_key_key")),
        sa.UniqueConstraint("ref", name=op.f("invoice_ref_key")),
    )
    op.create_index(op.f("invoice_credits_id_idx"), "invoice", ["credits_id"], unique=False)
    op.create_index(op.f("invoice_export_id_idx"), "invoice", ["export_id"], unique=False)
    op.create_index(op.f("invoice_invoicer_id_idx"), "invoice", ["invoicer_id"], unique=False)
    op.create_index(op.f("invoice_organisation_id_idx"), "invoice", ["organisation_id"], unique=False)
    op.create_index(op.f("invoice_run_id_idx"), "invoice", ["run_id"], unique=False)
    op.create_table(
        "charge",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("ref", sa.String(), nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("organisation_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("premises_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("occurrence_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("invoice_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("corrects_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("happened_on", sa.Date(), nullable=False),
        sa.Column("gross_cents", sa.Integer(), nullable=True),
        sa.Column("net_cents", sa.Integer(), nullable=True),
        sa.Column("vat_cents", sa.Integer(), nullable=True),
        sa.Column("vat_percent", sa.String(), nullable=True),
        sa.Column("price_class", sa.String(), nullable=True),
        sa.Column("instead_of_use", sa.Boolean(), nullable=False),
        sa.Column("text", sa.JSON(), nullable=False),
        sa.Column("citation", sa.JSON(), nullable=False),
        sa.Column("trace", sa.JSON(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("made_by", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.CheckConstraint("(state = 'invoiced') = (invoice_id IS NOT NULL)", name="charge_invoiced"),
        sa.CheckConstraint("kind <> 'credit' OR (corrects_id IS NOT NULL AND gross_cents <= 0)", name="charge_credit"),
        sa.CheckConstraint(
            "kind IN ('use','late_cancel','no_show','overrun','extra','fee','credit','correction')", name="charge_kind"
        ),
        sa.CheckConstraint("state IN ('open','invoiced','waived','void')", name="charge_state"),
        sa.CheckConstraint(
            "(net_cents IS NULL AND vat_cents IS NULL) OR (net_cents IS NOT NULL AND vat_cents IS NOT NULL AND gross_cents IS NOT NULL AND net_cents + vat_cents = gross_cents)",
            name="charge_vat",
        ),
        sa.CheckConstraint("invoice_id IS NULL OR gross_cents IS NOT NULL", name="charge_known"),
        sa.ForeignKeyConstraint(["corrects_id"], ["charge.id"], name=op.f("charge_corrects_id_fk")),
        sa.ForeignKeyConstraint(["invoice_id"], ["invoice.id"], name=op.f("charge_invoice_id_fk")),
        sa.ForeignKeyConstraint(["made_by"], ["person.id"], name=op.f("charge_made_by_fk")),
        sa.ForeignKeyConstraint(["occurrence_id"], ["occurrence.id"], name=op.f("charge_occurrence_id_fk")),
        sa.ForeignKeyConstraint(["organisation_id"], ["organisation.id"], name=op.f("charge_organisation_id_fk")),
        sa.ForeignKeyConstraint(["premises_id"], ["premises.id"], name=op.f("charge_premises_id_fk")),
        sa.PrimaryKeyConstraint("id", name=op.f("charge_pk")),
        sa.UniqueConstraint("key", name=op.f("charge_key_key")),
        sa.UniqueConstraint("ref", name=op.f("charge_ref_key")),
    )
    op.create_index(op.f("charge_corrects_id_idx"), "charge", ["corrects_id"], unique=False)
    op.create_index(op.f("charge_invoice_id_idx"), "charge", ["invoice_id"], unique=False)
    op.create_index(op.f("charge_occurrence_id_idx"), "charge", ["occurrence_id"], unique=False)
    op.create_index("charge_open_idx", "charge", ["state", "happened_on"], unique=False)
    op.create_index(op.f("charge_organisation_id_idx"), "charge", ["organisation_id"], unique=False)
    op.create_index(op.f("charge_premises_id_idx"), "charge", ["premises_id"], unique=False)
    op.create_table(
        "payment",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("ref", sa.String(), nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("invoicer_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("invoice_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("paid_on", sa.Date(), nullable=False),
        sa.Column("cents", sa.Integer(), nullable=False),
        sa.Column("reference", sa.String(), nullable=False),
        sa.Column("payer_name", sa.String(), nullable=False),
        sa.Column("note", sa.String(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("made_by", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.CheckConstraint("cents <> 0", name="payment_not_zero"),
        sa.ForeignKeyConstraint(["invoice_id"], ["invoice.id"], name=op.f("payment_invoice_id_fk")),
        sa.ForeignKeyConstraint(["invoicer_id"], ["invoicer.id"], name=op.f("payment_invoicer_id_fk")),
        sa.ForeignKeyConstraint(["made_by"], ["person.id"], name=op.f("payment_made_by_fk")),
        sa.PrimaryKeyConstraint("id", name=op.f("payment_pk")),
        sa.UniqueConstraint("key", name=op.f("payment_key_key")),
        sa.UniqueConstraint("ref", name=op.f("payment_ref_key")),
    )
    op.create_index(op.f("payment_invoice_id_idx"), "payment", ["invoice_id"], unique=False)
    op.create_index(op.f("payment_invoicer_id_idx"), "payment", ["invoicer_id"], unique=False)
    op.create_table(
        "reminder",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("ref", sa.String(), nullable=False),
        sa.Column("invoice_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("sent_on", sa.Date(), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=False),
        sa.Column("open_cents", sa.Integer(), nullable=False),
        sa.Column("made_by", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.ForeignKeyConstraint(["invoice_id"], ["invoice.id"], name=op.f("reminder_invoice_id_fk")),
        sa.ForeignKeyConstraint(["made_by"], ["person.id"], name=op.f("reminder_made_by_fk")),
        sa.PrimaryKeyConstraint("id", name=op.f("reminder_pk")),
        sa.UniqueConstraint("invoice_id", "number", name="reminder_once"),
        sa.UniqueConstraint("ref", name=op.f("reminder_ref_key")),
    )
    op.add_column("occurrence", sa.Column("net_cents", sa.Integer(), nullable=True))
    op.add_column("occurrence", sa.Column("vat_cents", sa.Integer(), nullable=True))
    op.add_column("occurrence", sa.Column("vat_percent", sa.String(), nullable=True))
    op.add_column("occurrence", sa.Column("lines", sa.JSON(), nullable=False, server_default="[]"))
    for statement in ddl.BY_DIALECT[op.get_bind().dialect.name]:
        op.get_bind().exec_driver_sql(statement)


def downgrade() -> None:
    raise RuntimeError("invoices are kept: make a new database instead")
