"""The file for the ledger: one row for each line of each invoice, as Finnish spreadsheets read it."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from datetime import date
from decimal import Decimal

from booking.money.issuing import number_of
from booking.money.models import Charge, Invoice

BOM = "\ufeff"
COLUMNS = (
    "laskunumero",
    "laji",
    "laskupäivä",
    "eräpäivä",
    "viitenumero",
    "maksaja",
    "y-tunnus",
    "hyvitettävä lasku",
    "tapahtumapäivä",
    "selite",
    "veroton",
    "alv-%",
    "alv",
    "verollinen",
    "maksuluokka",
    "säännöstön rivi",
    "päätös",
)
RISKY = ("=", "+", "-", "@", "\t", "\r")


def ledger_csv(invoices: Iterable[Invoice]) -> bytes:
    """UTF-8 with BOM, semicolons, decimal commas; texts that would be taken for a formula get an apostrophe."""
    text = io.StringIO()
    writer = csv.writer(text, delimiter=";", lineterminator="\r\n")
    writer.writerow(COLUMNS)
    for sheet in invoices:
        writer.writerows(_row(sheet, line) for line in sheet.charges)
    return (BOM + text.getvalue()).encode("utf-8")


def _row(sheet: Invoice, line: Charge) -> Sequence[str]:
    return (
        number_of(sheet),
        "hyvityslasku" if sheet.credited else "lasku",
        day(sheet.issued_on),
        day(sheet.due_on),
        sheet.reference or "",
        guarded(sheet.buyer.get("name", "")),
        guarded(sheet.buyer.get("business_id", "")),
        number_of(sheet.credited) if sheet.credited else "",
        day(line.happened_on),
        guarded(line.text.get("fi", "")),
        euros(line.net_cents),
        "" if line.vat_percent is None else str(line.vat_percent).replace(".", ","),
        euros(line.vat_cents),
        euros(line.gross_cents),
        guarded(line.price_class or ""),
        guarded(line.citation.get("row", "")),
        guarded(line.citation.get("decision", "")),
    )


def day(value: date | None) -> str:
    return f"{value.day}.{value.month}.{value.year}" if value else ""


def euros(cents: int | None) -> str:
    """Cents as euros with a decimal comma; nothing where nothing is known."""
    return "" if cents is None else f"{Decimal(cents) / 100:.2f}".replace(".", ",")


def guarded(text: str) -> str:
    """A text that no spreadsheet runs as a formula."""
    flat = " ".join(text.split())
    return f"'{flat}" if flat.startswith(RISKY) else flat
