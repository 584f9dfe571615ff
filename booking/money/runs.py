"""Invoice runs: what a run would do, and doing it. A run of a period is made once; doing it again changes nothing."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import groupby
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session, joinedload

from booking.acts import Act, ActKind, tell
from booking.core.runs import Fate, Period, Plan, Split, due_periods, split
from booking.ids import OrganisationId, PersonId
from booking.models import Organisation
from booking.money.charges import Owed, charge_of
from booking.money.models import Charge, ChargeKind, ChargeState, Invoice, InvoiceRun
from booking.money.plans import Account
from booking.money.uses import Settling, settle, settling
from booking.refusals import NotFound


@dataclass(frozen=True, slots=True)
class Sheet:
    """What one payer owes in a run and what becomes of it."""

    organisation: Organisation
    charges: tuple[Charge, ...]
    split: Split


@dataclass(frozen=True, slots=True)
class RunPreview:
    """What a run would do. `unknown`: charges left out because nobody has told their amount."""

    account: Account
    period: Period
    sheets: tuple[Sheet, ...]
    unknown: tuple[Charge, ...]
    settling: Settling

    @property
    def invoiced_cents(self) -> int:
        return sum(sheet.split.invoiced_cents + sheet.split.raised_cents for sheet in self.sheets)

    @property
    def carried_cents(self) -> int:
        return sum(sheet.split.carried_cents for sheet in self.sheets)


def run_key(account: Account, period: Period) -> str:
    return f"{account.key}:{period.when}:{period.name}"


def due(session: Session, account: Account, now: datetime) -> list[Period]:
    """The runs of an account that can be made now and have not been made."""
    periods = due_periods(account.plan, local_day(account, now))
    keys = {run_key(account, period): period for period in periods}
    made = set(session.scalars(select(InvoiceRun.key).where(InvoiceRun.key.in_(keys))))
    return [period for key, period in keys.items() if key not in made]


def local_day(account: Account, now: datetime) -> date:
    return now.astimezone(ZoneInfo(account.premises[0].zone)).date()


def period_named(account: Account, name: str, now: datetime) -> Period:
    """The run of this name among those that can be made now, or have been. Raises NotFound."""
    for period in due_periods(account.plan, local_day(account, now)):
        if period.name == name:
            return period
    raise NotFound(what="run")


def made_of(session: Session, account: Account, period: Period) -> InvoiceRun | None:
    """The run of this period, if it was made."""
    return session.scalar(select(InvoiceRun).where(InvoiceRun.key == run_key(account, period)))


def preview(session: Session, account: Account, period: Period, now: datetime) -> RunPreview:
    """What the run would do now; nothing is written."""
    found = settling(session, account.premises_ids, period.until_on, period.when, now)
    gone = {row.id for row in found.gone}
    rows = [row for row in open_charges(session, account, period) if row.id not in gone] + found.made
    known = [row for row in rows if row.gross_cents is not None]
    sheets = tuple(_sheets(session, known, account.plan, period))
    return RunPreview(account, period, sheets, tuple(row for row in rows if row.gross_cents is None), found)


def open_charges(session: Session, account: Account, period: Period) -> list[Charge]:
    """The open charges of an account up to the last day of a period."""
    query = select(Charge).where(*_open(account, period)).order_by(Charge.happened_on, Charge.id)
    return list(session.scalars(query))


def _open(account: Account, period: Period) -> list[ColumnElement[bool]]:
    return [
        Charge.state == ChargeState.OPEN.value,
        Charge.premises_id.in_(account.premises_ids),
        Charge.happened_on <= period.until_on,
    ]


def _sheets(session: Session, rows: Iterable[Charge], plan: Plan, period: Period) -> Iterable[Sheet]:
    by_payer = sorted(rows, key=lambda row: (row.organisation_id, row.happened_on))
    grouped = {payer: tuple(own) for payer, own in groupby(by_payer, key=lambda row: row.organisation_id)}
    names = organisations(session, grouped)
    for payer in sorted(grouped, key=lambda each: (names[each].name, each)):
        owed = sum(row.gross_cents or 0 for row in grouped[payer])
        yield Sheet(names[payer], grouped[payer], split(plan, owed, last_of_term=period.last_of_term))


def organisations(session: Session, ids: Iterable[OrganisationId]) -> Mapping[OrganisationId, Organisation]:
    rows = session.scalars(select(Organisation).where(Organisation.id.in_(list(ids))))
    return {row.id: row for row in rows}


def make(session: Session, account: Account, period: Period, *, by: PersonId | None, now: datetime) -> InvoiceRun:
    """Make the run: drafts of invoices, and a note of what is carried. One made before is returned as it is."""
    run = InvoiceRun(
        key=run_key(account, period),
        invoicer_id=account.invoicer.id,
        family=account.family,
        period=period.name,
        until_on=period.until_on,
        last_of_term=period.last_of_term,
        made_at=now,
        made_by=by,
    )
    try:
        with session.begin_nested():
            session.add(run)
            session.flush()
    except IntegrityError:  # it was made before, or by somebody else in this moment
        there = made_of(session, account, period)
        assert there is not None
        return there
    session.execute(select(Charge.id).where(*_open(account, period)).with_for_update())  # no other run takes them
    found = preview(session, account, period, now)
    settle(session, found.settling, now=now)
    for sheet in found.sheets:
        _carry_out(session, run, sheet, found, by, now)
    run.carried = [_carried(sheet, found.account.plan) for sheet in found.sheets if sheet.split.fate not in WRITTEN]
    session.flush()
    _tell(session, run, found, by, now)
    return run


WRITTEN = (Fate.INVOICE, Fate.RAISED)


def _carry_out(
    session: Session, run: InvoiceRun, sheet: Sheet, found: RunPreview, by: PersonId | None, now: datetime
) -> None:
    if sheet.split.fate is Fate.WAIVED:
        for row in sheet.charges:
            row.state, row.reason = ChargeState.WAIVED.value, f"run:{run.ref}"
    if sheet.split.fate not in WRITTEN:
        return
    draft = _draft(run, sheet, found.account.plan, local_day(found.account, now), now)
    session.add(draft)
    session.flush()
    lines = list(sheet.charges)
    if sheet.split.raised_cents:
        lines.append(charge_of(_raise(run, sheet, found.account.plan), by=by, now=now))
        session.add(lines[-1])
    for row in lines:
        row.invoice_id, row.state = draft.id, ChargeState.INVOICED.value
    session.flush()


def _draft(run: InvoiceRun, sheet: Sheet, plan: Plan, today: date, now: datetime) -> Invoice:
    return Invoice(
        key=f"{run.key}:{sheet.organisation.ref}",
        invoicer_id=run.invoicer_id,
        organisation_id=sheet.organisation.id,
        run_id=run.id,
        made_at=now,
        ready_on=today + timedelta(days=plan.correction_days),
        terms=terms_of(plan),
    )


def terms_of(plan: Plan) -> dict[str, Any]:
    """What is frozen of the rule on each invoice."""
    interest = plan.rule.interest_percent if plan.rule else None
    return {
        "term_days": plan.term_days,
        "interest_percent": None if interest is None else str(interest),
        "reminder_cents": plan.rule.reminder_cents if plan.rule else None,
        "citation": dict(plan.citation),
    }


def _raise(run: InvoiceRun, sheet: Sheet, plan: Plan) -> Owed:
    """The line that lifts a small invoice to the minimum, by the VAT of its lines where they agree."""
    percents = {row.vat_percent for row in sheet.charges}
    last = sheet.charges[-1]
    return Owed(
        key=f"minimum:{run.key}:{sheet.organisation.ref}",
        kind=ChargeKind.FEE,
        organisation=sheet.organisation.id,
        premises=last.premises_id,
        happened_on=last.happened_on,
        gross_cents=sheet.split.raised_cents,
        vat_percent=next(iter(percents)) if len(percents) == 1 else None,
        text=MINIMUM,
        citation=plan.citation,
    )


MINIMUM = {"fi": "Laskun vähimmäismäärä", "sv": "Fakturans minimibelopp", "en": "Minimum of an invoice"}


def _carried(sheet: Sheet, plan: Plan) -> dict[str, Any]:
    return {
        "organisation": sheet.organisation.ref,
        "cents": sheet.split.carried_cents or sheet.split.waived_cents,
        "fate": sheet.split.fate.value,
        "row": plan.citation.get("row", ""),
    }


def _tell(session: Session, run: InvoiceRun, found: RunPreview, by: PersonId | None, now: datetime) -> None:
    body = {
        "period": run.period,
        "family": run.family,
        "until_on": run.until_on.isoformat(),
        "invoiced_cents": found.invoiced_cents,
        "carried_cents": found.carried_cents,
    }
    tell(session, Act(ActKind.INVOICE_RUN_MADE, now, by, run.ref, body))


def run_of(session: Session, ref: str) -> InvoiceRun:
    """Raises NotFound."""
    query = select(InvoiceRun).where(InvoiceRun.ref == ref).options(joinedload(InvoiceRun.invoicer))
    row = session.scalar(query)
    if row is None:
        raise NotFound(what="run")
    return row


def organisations_by_ref(session: Session, refs: Iterable[str]) -> list[Organisation]:
    return list(session.scalars(select(Organisation).where(Organisation.ref.in_(list(refs)))))
