"""Batches of issued invoices as files in a folder: written whole or not at all, and again with the same bytes."""

from __future__ import annotations

import hashlib
import io
import os
import zipfile
from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import Path

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload, selectinload, sessionmaker

from booking.ids import PersonId
from booking.money.finvoice import finvoice
from booking.money.issuing import number_of, prepare
from booking.money.ledger_file import ledger_csv
from booking.money.models import Invoice, InvoiceExport, Invoicer
from booking.refusals import NotFound

FORMATS = ("csv", "finvoice")
TellPayers = Callable[[Session, Sequence[Invoice]], None]  # letters, written in the transaction that issues
_LONG_AGO = (1980, 1, 1, 0, 0, 0)  # a zip holds times; these files must not change with the clock


def files_of(session: Session, batch: InvoiceExport, formats: Sequence[str] = FORMATS) -> dict[str, bytes]:
    """The files of a batch by name: made of nothing but what was frozen when it was prepared."""
    sheets = invoices_of(session, batch)
    stem = f"{batch.prepared_at:%Y-%m-%d}-{batch.ref}"
    made = {}
    if "csv" in formats:
        made[f"laskut-{stem}.csv"] = ledger_csv(sheets)
    if "finvoice" in formats:
        made[f"finvoice-{stem}.zip"] = _zipped({f"{number_of(sheet)}.xml": finvoice(sheet) for sheet in sheets})
    return made


def invoices_of(session: Session, batch: InvoiceExport) -> list[Invoice]:
    """The invoices of a batch with their lines, in the order of their numbers."""
    query = (
        select(Invoice)
        .where(Invoice.export_id == batch.id)
        .options(selectinload(Invoice.charges), joinedload(Invoice.credited), joinedload(Invoice.organisation))
        .order_by(Invoice.year, Invoice.number)
    )
    return list(session.scalars(query))


def _zipped(files: dict[str, bytes]) -> bytes:
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w", zipfile.ZIP_STORED) as archive:
        for name, content in files.items():
            archive.writestr(zipfile.ZipInfo(name, _LONG_AGO), content)
    return held.getvalue()


def export(
    sessions: sessionmaker[Session],
    invoicer: Invoicer,
    folder: Path,
    *,
    by: PersonId | None,
    now: datetime,
    early: bool = False,
    formats: Sequence[str] = FORMATS,
    tell_payers: TellPayers | None = None,
) -> list[Path]:
    """Finish the batches of an invoicer that were left half way, then issue and write what is ready now.

    A crash before the numbers are committed leaves drafts; after it, a batch that the next export writes with the same
    bytes. Returns the files written."""
    with sessions.begin() as session:
        batch = prepare(session, session.get_one(Invoicer, invoicer.id), by=by, now=now, early=early)
        if batch is not None and tell_payers is not None:
            tell_payers(session, invoices_of(session, batch))
    with sessions() as session:
        refs = [batch.ref for batch in unfinished(session, invoicer)]
    written: list[Path] = []
    for ref in refs:
        with sessions.begin() as session:
            written += write(session, export_of(session, ref), folder, now=now, formats=formats)
    return written


def unfinished(session: Session, invoicer: Invoicer) -> list[InvoiceExport]:
    query = select(InvoiceExport).where(InvoiceExport.invoicer_id == invoicer.id, InvoiceExport.done_at.is_(None))
    return list(session.scalars(query.order_by(InvoiceExport.id)))


def write(
    session: Session, batch: InvoiceExport, folder: Path, *, now: datetime, formats: Sequence[str] = FORMATS
) -> list[Path]:
    """Put the files of a batch into a folder and mark it as done in the same transaction. A file is there whole or not
    at all; one that is there already is written over with the same bytes."""
    folder.mkdir(parents=True, exist_ok=True)
    written = []
    for name, content in files_of(session, batch, formats).items():
        written.append(_placed(folder / name, content))
        batch.files = batch.files | {name: hashlib.sha256(content).hexdigest()}
    batch.done_at = batch.done_at or now
    session.flush()
    return written


def _placed(path: Path, content: bytes) -> Path:
    half = path.with_name(f".{path.name}.part")
    with half.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    half.replace(path)
    return path


def export_of(session: Session, ref: str) -> InvoiceExport:
    """Raises NotFound."""
    row = session.scalar(
        select(InvoiceExport).where(InvoiceExport.ref == ref).options(joinedload(InvoiceExport.invoicer))
    )
    if row is None:
        raise NotFound(what="export")
    return row
