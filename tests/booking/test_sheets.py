"""Tables as files: what a spreadsheet of a Finnish office reads from them."""

import io
from datetime import UTC, date, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st
from openpyxl import load_workbook

from booking.sheets import RISKY, as_csv, as_xlsx

HELSINKI = ZoneInfo("Europe/Helsinki")
ROW = ["=1+1", 3, Decimal("7.50"), date(2026, 3, 29), datetime(2026, 3, 29, 1, 0, tzinfo=UTC), True, None]


def test_a_csv_has_a_byte_order_mark_semicolons_and_decimal_commas():
    text = as_csv(["Mitä", "Määrä"], [["Sali", Decimal("1234.50")]], HELSINKI)
    assert text == "\ufeffMitä;Määrä\r\nSali;1234,50\r\n".encode()


def test_times_are_local_and_no_text_is_a_formula():
    line = as_csv(list("abcdefg"), [ROW], HELSINKI).decode("utf-8-sig").splitlines()[1]
    assert line == "'=1+1;3;7,50;2026-03-29;2026-03-29 04:00:00+0300;1;"


def test_an_xlsx_keeps_numbers_and_days_what_they_are_and_formulas_texts():
    book = load_workbook(io.BytesIO(as_xlsx("Vuoro: [kaikki]/2026", list("abcdefg"), [ROW], HELSINKI)))
    cells = [cell.value for cell in book.active[2]]
    assert cells[:3] == ["=1+1", 3, 7.5]
    assert [cell.isoformat() for cell in cells[3:5]] == ["2026-03-29T00:00:00", "2026-03-29T04:00:00"]
    assert cells[5:] == [True, None]
    assert book.active["A2"].data_type == "s"
    assert book.active.title == "Vuoro kaikki2026"


@given(st.text(max_size=20))
def test_no_text_whatever_begins_a_formula_in_a_csv(text):
    cell = as_csv(["x"], [[text, ""]], HELSINKI).decode("utf-8-sig").split("\r\n", 1)[1]
    assert not cell.lstrip('"').startswith(RISKY)
