"""Tables of money. Every sum owed is a charge; an invoice is a sheet that charges are put on (docs/adr/0005)."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from booking.db import Base, RowId
from booking.ids import OccurrenceId, OrganisationId, PersonId, PremisesId, new_ref
from booking.models import Occurrence, Organisation, Premises
from booking.money import ids
from booking.money.ids import (
    ChargeId,
    ExportId,
    InvoiceId,
    InvoicerId,
    PayerId,
    PaymentId,
    ReminderId,
    RunId,
    SeriesId,
)

Base.registry.update_type_annotation_map(dict.fromkeys(ids.ALL, RowId))


class ChargeKind(StrEnum):
    """What a charge is for."""

    USE = "use"  # the price of an occurrence
    LATE_CANCEL = "late_cancel"
    NO_SHOW = "no_show"
    OVERRUN = "overrun"
    EXTRA = "extra"  # add-ons, cleaning, repair: also of free users
    FEE = "fee"  # reminders, interest, what lifts an invoice to its minimum
    CREDIT = "credit"  # takes back a charge on an invoice sent
    CORRECTION = "correction"  # what a credited charge should have been


class ChargeState(StrEnum):
    """Open: not on an invoice yet. Waived: let go by a rule or a person. Void: made by mistake."""

    OPEN = "open"
    INVOICED = "invoiced"
    WAIVED = "waived"
    VOID = "void"


class InvoiceKind(StrEnum):
    INVOICE = "invoice"
    CREDIT_NOTE = "credit_note"


class InvoiceState(StrEnum):
    """A draft may still change and has no number; an issued invoice is never changed, only credited."""

    DRAFT = "draft"
    ISSUED = "issued"


class Invoicer(Base):
    """Who asks for the money: a register entry with its account. Need not be owner or operator of the premises."""

    __tablename__ = "invoicer"
    id: Mapped[InvoicerId] = mapped_column(primary_key=True)
    ref: Mapped[str] = mapped_column(unique=True, default=new_ref)
    organisation_id: Mapped[OrganisationId] = mapped_column(ForeignKey("organisation.id"), unique=True)
    iban: Mapped[str]
    bic: Mapped[str] = mapped_column(default="")
    street: Mapped[str] = mapped_column(default="")
    postcode: Mapped[str] = mapped_column(default="")
    town: Mapped[str] = mapped_column(default="")
    email: Mapped[str] = mapped_column(default="")
    phone: Mapped[str] = mapped_column(default="")
    einvoice_address: Mapped[str] = mapped_column(default="")
    einvoice_operator: Mapped[str] = mapped_column(default="")
    organisation: Mapped[Organisation] = relationship(lazy="raise_on_sql")


class Payer(Base):
    """Where the invoices of an organisation go, when it has told."""

    __tablename__ = "payer"
    id: Mapped[PayerId] = mapped_column(primary_key=True)
    organisation_id: Mapped[OrganisationId] = mapped_column(ForeignKey("organisation.id"), unique=True)
    name: Mapped[str] = mapped_column(default="")
    street: Mapped[str] = mapped_column(default="")
    postcode: Mapped[str] = mapped_column(default="")
    town: Mapped[str] = mapped_column(default="")
    email: Mapped[str] = mapped_column(default="")
    einvoice_address: Mapped[str] = mapped_column(default="")
    einvoice_operator: Mapped[str] = mapped_column(default="")
    buyer_reference: Mapped[str] = mapped_column(default="")


class InvoiceSeries(Base):
    """The last number given by an invoicer in a year. Whoever numbers locks this row: no gaps, no doubles."""

    __tablename__ = "invoice_series"
    id: Mapped[SeriesId] = mapped_column(primary_key=True)
    invoicer_id: Mapped[InvoicerId] = mapped_column(ForeignKey("invoicer.id"))
    year: Mapped[int]
    last_number: Mapped[int] = mapped_column(default=0)
    __table_args__ = (UniqueConstraint("invoicer_id", "year", name="invoice_series_once"),)


class InvoiceRun(Base):
    """One run of an invoicer by one family of rules. `key` names its period: a run is made once.

    `carried`: what was left for the next run and why: [{organisation, cents, row, why}]."""

    __tablename__ = "invoice_run"
    id: Mapped[RunId] = mapped_column(primary_key=True)
    ref: Mapped[str] = mapped_column(unique=True, default=new_ref)
    key: Mapped[str] = mapped_column(unique=True)
    invoicer_id: Mapped[InvoicerId] = mapped_column(ForeignKey("invoicer.id"), index=True)
    family: Mapped[str]
    period: Mapped[str]
    until_on: Mapped[date]  # charges of this day and before
    last_of_term: Mapped[bool] = mapped_column(default=False)
    made_at: Mapped[datetime]
    made_by: Mapped[PersonId | None] = mapped_column(ForeignKey("person.id"))
    carried: Mapped[list[Any]] = mapped_column(default=list)
    invoicer: Mapped[Invoicer] = relationship(lazy="raise_on_sql")


class InvoiceExport(Base):
    """A batch of issued invoices on its way to the ledger. What its files hold is settled when it is prepared: they
    can be written again, byte for byte, until the batch is marked as done, and after."""

    __tablename__ = "invoice_export"
    id: Mapped[ExportId] = mapped_column(primary_key=True)
    ref: Mapped[str] = mapped_column(unique=True, default=new_ref)
    invoicer_id: Mapped[InvoicerId] = mapped_column(ForeignKey("invoicer.id"), index=True)
    prepared_at: Mapped[datetime]
    made_by: Mapped[PersonId | None] = mapped_column(ForeignKey("person.id"))
    done_at: Mapped[datetime | None]
    files: Mapped[dict[str, Any]] = mapped_column(default=dict)  # name to sha256
    invoicer: Mapped[Invoicer] = relationship(lazy="raise_on_sql")


class Invoice(Base):
    """A sheet of charges for one payer, or a credit note for an earlier one.

    Number, reference, days, sums and both addresses are frozen when it is issued; `terms` hold the rule it was made by
    (term_days, interest_percent, reminder_cents and their citation). A draft goes out from `ready_on`."""

    __tablename__ = "invoice"
    id: Mapped[InvoiceId] = mapped_column(primary_key=True)
    ref: Mapped[str] = mapped_column(unique=True, default=new_ref)
    key: Mapped[str] = mapped_column(unique=True)
    kind: Mapped[str] = mapped_column(default=InvoiceKind.INVOICE.value)
    state: Mapped[str] = mapped_column(default=InvoiceState.DRAFT.value)
    invoicer_id: Mapped[InvoicerId] = mapped_column(ForeignKey("invoicer.id"), index=True)
    organisation_id: Mapped[OrganisationId] = mapped_column(ForeignKey("organisation.id"), index=True)
    run_id: Mapped[RunId | None] = mapped_column(ForeignKey("invoice_run.id"), index=True)
    credits_id: Mapped[InvoiceId | None] = mapped_column(ForeignKey("invoice.id"), index=True)
    export_id: Mapped[ExportId | None] = mapped_column(ForeignKey("invoice_export.id"), index=True)
    made_at: Mapped[datetime]
    ready_on: Mapped[date]
    year: Mapped[int | None]
    number: Mapped[int | None]
    issued_on: Mapped[date | None]
    due_on: Mapped[date | None]
    reference: Mapped[str | None]  # viitenumero, digits only
    gross_cents: Mapped[int | None]
    terms: Mapped[dict[str, Any]] = mapped_column(default=dict)
    seller: Mapped[dict[str, Any]] = mapped_column(default=dict)
    buyer: Mapped[dict[str, Any]] = mapped_column(default=dict)
    invoicer: Mapped[Invoicer] = relationship(lazy="raise_on_sql")
    organisation: Mapped[Organisation] = relationship(lazy="raise_on_sql")
    run: Mapped[InvoiceRun | None] = relationship(lazy="raise_on_sql")
    charges: Mapped[list[Charge]] = relationship(lazy="raise_on_sql", order_by="(Charge.happened_on, Charge.id)")
    payments: Mapped[list[Payment]] = relationship(lazy="raise_on_sql", order_by="(Payment.paid_on, Payment.id)")
    credit_notes: Mapped[list[Invoice]] = relationship(lazy="raise_on_sql", order_by="Invoice.id", viewonly=True)
    credited: Mapped[Invoice | None] = relationship(lazy="raise_on_sql", remote_side="Invoice.id")
    __table_args__ = (
        UniqueConstraint("invoicer_id", "year", "number", name="invoice_number"),
        CheckConstraint("kind IN ('invoice', 'credit_note')", name="invoice_kind"),
        CheckConstraint("(kind = 'credit_note') = (credits_id IS NOT NULL)", name="invoice_credits"),
        CheckConstraint(
            "(state = 'draft' AND number IS NULL AND year IS NULL AND export_id IS NULL) OR "
            "(state = 'issued' AND number IS NOT NULL AND year IS NOT NULL AND issued_on IS NOT NULL"
            " AND due_on IS NOT NULL AND gross_cents IS NOT NULL AND export_id IS NOT NULL)",
            name="invoice_issued",
        ),
    )


class Charge(Base):
    """One sum owed by an organisation: a line of an invoice, or waiting to become one. Never changed, once invoiced.

    `key` tells what it is for: the same thing is charged once. Gross NULL: the amount is not known yet, somebody fills
    it with a reason. Net and VAT are NULL where VAT was not told. `citation`: the row of the rulebook as JSON, `trace`:
    how it was worked out, `corrects_id`: the charge it takes back or stands for."""

    __tablename__ = "charge"
    id: Mapped[ChargeId] = mapped_column(primary_key=True)
    ref: Mapped[str] = mapped_column(unique=True, default=new_ref)
    key: Mapped[str] = mapped_column(unique=True)
    kind: Mapped[str]
    state: Mapped[str] = mapped_column(default=ChargeState.OPEN.value)
    organisation_id: Mapped[OrganisationId] = mapped_column(ForeignKey("organisation.id"), index=True)
    premises_id: Mapped[PremisesId] = mapped_column(ForeignKey("premises.id"), index=True)
    occurrence_id: Mapped[OccurrenceId | None] = mapped_column(ForeignKey("occurrence.id"), index=True)
    invoice_id: Mapped[InvoiceId | None] = mapped_column(ForeignKey("invoice.id"), index=True)
    corrects_id: Mapped[ChargeId | None] = mapped_column(ForeignKey("charge.id"), index=True)
    happened_on: Mapped[date]
    gross_cents: Mapped[int | None]
    net_cents: Mapped[int | None]
    vat_cents: Mapped[int | None]
    vat_percent: Mapped[Decimal | None]
    price_class: Mapped[str | None]
    instead_of_use: Mapped[bool] = mapped_column(default=False)  # the use itself is not charged then
    text: Mapped[dict[str, Any]] = mapped_column(default=dict)
    citation: Mapped[dict[str, Any]] = mapped_column(default=dict)
    trace: Mapped[dict[str, Any]] = mapped_column(default=dict)
    reason: Mapped[str] = mapped_column(default="")
    made_at: Mapped[datetime]
    made_by: Mapped[PersonId | None] = mapped_column(ForeignKey("person.id"))
    organisation: Mapped[Organisation] = relationship(lazy="raise_on_sql")
    premises: Mapped[Premises] = relationship(lazy="raise_on_sql")
    occurrence: Mapped[Occurrence | None] = relationship(lazy="raise_on_sql")
    invoice: Mapped[Invoice | None] = relationship(lazy="raise_on_sql", back_populates="charges")
    __table_args__ = (
        CheckConstraint(
            "kind IN ('use','late_cancel','no_show','overrun','extra','fee','credit','correction')", name="charge_kind"
        ),
        CheckConstraint("state IN ('open','invoiced','waived','void')", name="charge_state"),
        CheckConstraint("(state = 'invoiced') = (invoice_id IS NOT NULL)", name="charge_invoiced"),
        CheckConstraint("invoice_id IS NULL OR gross_cents IS NOT NULL", name="charge_known"),
        CheckConstraint(
            "(net_cents IS NULL AND vat_cents IS NULL) OR "
            "(net_cents IS NOT NULL AND vat_cents IS NOT NULL AND gross_cents IS NOT NULL"
            " AND net_cents + vat_cents = gross_cents)",
            name="charge_vat",
        ),
        CheckConstraint("kind <> 'credit' OR (corrects_id IS NOT NULL AND gross_cents <= 0)", name="charge_credit"),
        Index("charge_open_idx", "state", "happened_on"),
    )


class Payment(Base):
    """Money that came, for an invoice or not placed yet. `key` is the bank's or the form's: it counts once."""

    __tablename__ = "payment"
    id: Mapped[PaymentId] = mapped_column(primary_key=True)
    ref: Mapped[str] = mapped_column(unique=True, default=new_ref)
    key: Mapped[str] = mapped_column(unique=True)
    invoicer_id: Mapped[InvoicerId] = mapped_column(ForeignKey("invoicer.id"), index=True)
    invoice_id: Mapped[InvoiceId | None] = mapped_column(ForeignKey("invoice.id"), index=True)
    paid_on: Mapped[date]
    cents: Mapped[int]
    reference: Mapped[str] = mapped_column(default="")
    payer_name: Mapped[str] = mapped_column(default="")
    note: Mapped[str] = mapped_column(default="")
    made_at: Mapped[datetime]
    made_by: Mapped[PersonId | None] = mapped_column(ForeignKey("person.id"))
    invoice: Mapped[Invoice | None] = relationship(lazy="raise_on_sql", back_populates="payments")
    __table_args__ = (CheckConstraint("cents <> 0", name="payment_not_zero"),)


class Reminder(Base):
    """The nth time an invoice was asked for again."""

    __tablename__ = "reminder"
    id: Mapped[ReminderId] = mapped_column(primary_key=True)
    ref: Mapped[str] = mapped_column(unique=True, default=new_ref)
    invoice_id: Mapped[InvoiceId] = mapped_column(ForeignKey("invoice.id"))
    number: Mapped[int]
    sent_on: Mapped[date]
    due_on: Mapped[date]
    open_cents: Mapped[int]
    made_by: Mapped[PersonId | None] = mapped_column(ForeignKey("person.id"))
    __table_args__ = (UniqueConstraint("invoice_id", "number", name="reminder_once"),)
