"""Tables as files that Finnish and Swedish spreadsheets open as they should: CSV and XLSX of the same cells.

A cell is text, a whole number, a Decimal (euros, hours), a day, an instant, yes or no, or nothing.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import TypeAlias
from zoneinfo import ZoneInfo

import xlsxwriter

Cell: TypeAlias = str | int | Decimal | date | datetime | bool | None
RISKY = ("=", "+", "-", "@", "\t", "\r")
LONGEST_TITLE = 31  # of a sheet, as spreadsheets allow it
CSV_TYPE = "text/csv; charset=utf-8"
XLSX_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def guarded(text: str) -> str:
    """A spreadsheet takes a text that begins so for a formula; an apostrophe keeps it a text."""
    return f"'{text}" if text.startswith(RISKY) else text


def as_csv(heads: Sequence[str], rows: Iterable[Sequence[Cell]], zone: ZoneInfo) -> bytes:
    """UTF-8 with BOM, semicolons, decimal commas, lines ending in CR LF; instants as local time with their offset."""
    file = io.StringIO()
    lines = csv.writer(file, delimiter=";", lineterminator="\r\n")
    lines.writerow([guarded(head) for head in heads])
    lines.writerows([written(cell, zone) for cell in row] for row in rows)
    return file.getvalue().encode("utf-8-sig")


def written(cell: Cell, zone: ZoneInfo) -> str:
    """One cell of a CSV file."""
    match cell:
        case None:
            return ""
        case bool():
            return "1" if cell else "0"
        case Decimal():
            return str(cell).replace(".", ",")
        case datetime():
            return cell.astimezone(zone).strftime("%Y-%m-%d %H:%M:%S%z")
        case str():
            return guarded(cell)
        case _:
            return str(cell)


def as_xlsx(title: str, heads: Sequence[str], rows: Iterable[Sequence[Cell]], zone: ZoneInfo) -> bytes:
    """One sheet with a frozen line of heads; numbers and days keep their kind, instants become local time."""
    file = io.BytesIO()
    with xlsxwriter.Workbook(file, {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}) as book:
        sheet = book.add_worksheet(_title(title))
        bold = book.add_format({"bold": True, "text_wrap": True})
        sheet.write_row(0, 0, heads, bold)
        sheet.freeze_panes(1, 0)
        kinds = {kind: book.add_format({"num_format": form}) for kind, form in FORMS.items()}
        for y, row in enumerate(rows, start=1):
            for x, cell in enumerate(row):
                sheet.write(y, x, _plain(cell, zone), kinds.get(type(cell)))
        sheet.autofit()
    return file.getvalue()


FORMS = {Decimal: "#,##0.00", date: "yyyy-mm-dd", datetime: "yyyy-mm-dd hh:mm"}


def _title(title: str) -> str:
    return "".join(sign for sign in title if sign not in "[]:*?/\\'")[:LONGEST_TITLE] or "1"


def _plain(cell: Cell, zone: ZoneInfo) -> Cell:
    return cell.astimezone(zone).replace(tzinfo=None) if isinstance(cell, datetime) else cell
