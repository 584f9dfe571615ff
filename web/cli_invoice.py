"""`vuoro invoice`: runs, files for the ledger, payments and lists, for those who do the invoicing by timetable.

Bad input ends with exit code 2. Everything that changes something can be tried first with --dry-run."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click
from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload, sessionmaker

from access.keeping import keeper
from access.keys import Vault
from booking.db import make_engine, make_sessions, reading
from booking.models import Person, Premises
from booking.money import exporting, issuing, listing, payments, plans, runs
from booking.money.issuing import number_of
from booking.money.listing import Standing
from booking.money.models import Invoicer
from booking.money.plans import Account
from booking.refusals import BadInput
from booking.settings import Settings
from web import billing
from web.app import create_app
from web.commands import settings_or_exit
from web.i18n import speaking

AS_JSON = click.option("--json", "as_json", is_flag=True, help="Answer as JSON.")
DRY = click.option("--dry-run", is_flag=True, help="Say what would be done; change nothing.")
OF = click.option("--of", "family", default="", metavar="RULES", help="Only this family of rules, such as espoo.")
ON = click.option("--on", "on", default="", metavar="DATE", help="As if it were this day (2026-04-02); else today.")


@click.group()
def invoice() -> None:
    """Invoice runs, files for the ledger, payments and lists."""


def bad(message: str) -> click.exceptions.Exit:
    click.echo(f"error: {message}", err=True)
    return click.exceptions.Exit(2)


def told_now(on: str) -> datetime:
    """Noon in Finland of the day told, or the clock. Exit 2 for what is no day."""
    if not on:
        return datetime.now(UTC)
    try:
        return datetime.fromisoformat(on).replace(hour=10, tzinfo=UTC)
    except ValueError:
        raise bad(f"--on: a day is written as 2026-04-02, not {on!r}") from None


def opened() -> tuple[Settings, sessionmaker[Session]]:
    settings = settings_or_exit()
    engine = make_engine(settings.database_url)
    click.get_current_context().call_on_close(engine.dispose)
    return settings, make_sessions(engine, keeper(Vault(settings.master_key)))


def chosen(session: Session, family: str, now: datetime) -> list[Account]:
    """The accounts of a family, or all. Exit 2 for a family that nobody invoices by."""
    every = plans.accounts(session, now.date())
    found = [account for account in every if family in ("", account.family)]
    if family and not found:
        known = ", ".join(sorted({account.family for account in every})) or "none"
        raise bad(f"--of: nobody invoices by {family!r}; there are: {known}")
    return found


def say(rows: list[dict[str, Any]], *, as_json: bool, nothing: str) -> None:
    """Rows as JSON, or one line for each."""
    if as_json:
        click.echo(json.dumps(rows, ensure_ascii=False, indent=1))
        return
    for row in rows:
        click.echo("  ".join(str(value) for value in row.values()))
    if not rows:
        click.echo(nothing)


@invoice.command("run")
@OF
@ON
@DRY
@AS_JSON
def run_command(*, family: str, on: str, dry_run: bool, as_json: bool) -> None:
    """Make the runs that are due. Run again, it makes nothing new."""
    now, (_, sessions) = told_now(on), opened()
    done = [*(_tried(sessions, family, now) if dry_run else _made(sessions, family, now))]
    say(done, as_json=as_json, nothing="no run is due")


def _tried(sessions: sessionmaker[Session], family: str, now: datetime) -> Iterator[dict[str, Any]]:
    with reading(sessions) as session:
        for account in chosen(session, family, now):
            for period in runs.due(session, account, now):
                yield _summed(account, runs.preview(session, account, period, now))


def _made(sessions: sessionmaker[Session], family: str, now: datetime) -> Iterator[dict[str, Any]]:
    """Each run is a transaction of its own: one that fails leaves the others made."""
    with reading(sessions) as session:
        keys = [(account.invoicer.ref, account.family) for account in chosen(session, family, now)]
    for invoicer, rules in keys:
        with sessions.begin() as session:
            account = plans.account_of(session, invoicer, rules, now.date())
            for period in runs.due(session, account, now):
                found = runs.preview(session, account, period, now)
                made = runs.make(session, account, period, by=None, now=now)
                yield {"run": made.ref} | _summed(account, found)


def _summed(account: Account, found: runs.RunPreview) -> dict[str, Any]:
    written = [sheet for sheet in found.sheets if sheet.split.fate in runs.WRITTEN]
    return {
        "invoicer": account.invoicer.organisation.name,
        "rules": account.family,
        "period": found.period.name,
        "until": found.period.until_on.isoformat(),
        "invoices": len(written),
        "invoiced_cents": found.invoiced_cents,
        "carried_cents": found.carried_cents,
        "unknown": len(found.unknown),
    }


@invoice.command()
@click.option("--to", "folder", required=True, type=click.Path(file_okay=False, path_type=Path), help="Where to write.")
@click.option("--format", "form", type=click.Choice(("csv", "finvoice", "both")), default="both", show_default=True)
@click.option("--early", is_flag=True, help="Also drafts whose correction window is still open.")
@ON
@DRY
@AS_JSON
def export(*, folder: Path, form: str, early: bool, on: str, dry_run: bool, as_json: bool) -> None:
    """Number the drafts that are ready and write them for the ledger. A broken export is finished first."""
    now, (settings, sessions) = told_now(on), opened()
    formats = exporting.FORMATS if form == "both" else (form,)
    with reading(sessions) as session:
        sellers = list(
            session.scalars(select(Invoicer).options(joinedload(Invoicer.organisation)).order_by(Invoicer.id))
        )
        if dry_run:
            return say(_would(session, sellers, now, early=early), as_json=as_json, nothing="nothing is ready")
    written: list[dict[str, Any]] = []
    with speech(settings, sessions):
        for seller in sellers:
            files = exporting.export(
                sessions,
                seller,
                folder,
                by=None,
                now=now,
                early=early,
                formats=formats,
                tell_payers=billing.tell_payers,
            )
            written += [{"file": str(path)} for path in files]
    return say(written, as_json=as_json, nothing="nothing is ready")


@contextmanager
def speech(settings: Settings, sessions: sessionmaker[Session]) -> Iterator[None]:
    """Letters need the app’s words and addresses."""
    app = create_app(settings, sessions)
    with app.test_request_context(base_url=settings.base_url), speaking("fi"):
        yield


def _would(session: Session, sellers: list[Invoicer], now: datetime, *, early: bool) -> list[dict[str, Any]]:
    today = now.astimezone(issuing.ZONE).date()
    return [
        {"invoice": row.ref, "payer": row.organisation.name, "gross_cents": issuing.total_of(session, row)}
        for seller in sellers
        for row in issuing.ready(session, seller, today, early=early)
    ]


@invoice.command("list")
@click.option("--state", type=click.Choice([one.value for one in Standing]), help="Only those that stand so.")
@ON
@AS_JSON
def list_command(*, state: str | None, on: str, as_json: bool) -> None:
    """The invoices with what is open of each, newest first."""
    now, (_, sessions) = told_now(on), opened()
    with reading(sessions) as session:
        places = list(session.scalars(select(Premises.id)))
        found = listing.at_premises(session, places, now.astimezone(issuing.ZONE).date(), most=100_000)
    rows = [
        {
            "invoice": one.invoice.ref,
            "number": number_of(one.invoice),
            "payer": one.invoice.organisation.name,
            "due_on": one.invoice.due_on.isoformat() if one.invoice.due_on else "",
            "gross_cents": one.total_cents,
            "open_cents": one.open_cents,
            "state": one.standing.value,
        }
        for one in found
        if state in (None, one.standing.value)
    ]
    say(rows, as_json=as_json, nothing="no such invoices")


@invoice.command("payments")
@click.argument("path", metavar="FILE", type=click.Path(path_type=Path))
@click.option("--by", "email", required=True, help="E-mail of the person who answers for it.")
@click.option("--iban", required=True, help="The account the payments came to.")
@DRY
@AS_JSON
def payments_command(*, path: Path, email: str, iban: str, dry_run: bool, as_json: bool) -> None:
    """Note the payments of a file: our CSV, or the banks' KTL list. The same file again changes nothing."""
    _, sessions = opened()
    rows = _read(path)
    with sessions.begin() as session:
        seller = session.scalar(select(Invoicer).where(Invoicer.iban == iban.replace(" ", "").upper()))
        person = session.scalar(select(Person).where(Person.email == email.lower()))
        if seller is None or person is None:
            raise bad("--iban: nobody invoices to this account" if seller is None else "--by: nobody with this e-mail")
        done = payments.take_in(session, seller, rows, by=person.id, now=datetime.now(UTC))
        if dry_run:
            session.rollback()
    say([{"noted": done.noted, "known": done.known, "unplaced": done.unplaced}], as_json=as_json, nothing="")


def _read(path: Path) -> list[payments.Paid]:
    try:
        return payments.read_file(path.read_bytes())
    except OSError as error:
        raise bad(f"{path}: cannot be read: {error}") from None
    except BadInput as error:
        raise bad(f"{path}: {' '.join(f'{name} {value}' for name, value in error.facts.items())}") from None
