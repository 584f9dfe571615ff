"""Numbers, references and files: no gaps, valid by the published schema, and the same bytes after a crash."""

import csv
import io
import signal
import subprocess
import sys
import threading
import zipfile
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree
from sqlalchemy import select
from sqlalchemy.orm import Session, sessionmaker
from stdnum import iso11649

from booking.core.invoicing import grouped, is_viitenumero, rf_reference, viitenumero, virtual_barcode
from booking.money import crediting, exporting, issuing, ledger_file, plans, runs
from booking.money.charges import owe
from booking.money.models import Charge, Invoice, InvoiceExport, Invoicer, Payer
from tests import make
from tests.booking.money import make as money

SCHEMA = Path(__file__).resolve().parents[2] / "schemas" / "finvoice-3.0" / "Finvoice3.0.xsd"
MADE = datetime(2026, 12, 1, 9, 0, tzinfo=UTC)


@pytest.fixture(scope="module")
def schema() -> etree.XMLSchema:
    return etree.XMLSchema(etree.parse(str(SCHEMA)))


@pytest.mark.parametrize(
    ("base", "reference"),
    [("123", "1232"), ("123456", "1234561"), ("1000000", "10000003")],  # Finance Finland's own examples first
)
def test_a_reference_number_ends_in_its_check_digit(base: str, reference: str):
    assert viitenumero(base) == reference
    assert is_viitenumero(reference)


@given(st.integers(100, 10**19 - 1))
def test_every_reference_checks_and_one_wrong_digit_does_not(number: int):
    reference = viitenumero(str(number))
    assert is_viitenumero(grouped(reference))
    assert iso11649.is_valid(rf_reference(reference))
    for place in range(len(reference)):
        wrong = reference[:place] + str((int(reference[place]) + 1) % 10) + reference[place + 1 :]
        assert not is_viitenumero(wrong)


def test_the_virtual_barcode_is_that_of_the_guide_of_the_banks():
    made = virtual_barcode("FI7944052020036082", 488_315, "868516259619897", date(2010, 6, 12))
    assert made == "479440520200360820048831500000000868516259619897100612"
    assert virtual_barcode("SE4550000000058398257466", 100, "1232", date(2026, 1, 1)) == ""
    assert virtual_barcode("FI7944052020036082", 100_000_000, "1232", date(2026, 1, 1)) == ""


@pytest.mark.parametrize("base", ["12", "0" * 20, "1" * 20, "12a4", "", "١٢٣٤"])
def test_what_cannot_be_a_reference_is_refused(base: str):
    with pytest.raises(ValueError):
        viitenumero(base)


def drafts(session: Session, *sums: int, names: tuple[str, ...] = ("Ääkköset & Pojat ry",)) -> Invoicer:
    """One draft for each name, with these sums on it."""
    place = make.premises(session)
    seller = money.invoicer(session, place)
    for name in names:
        whose = make.organisation(session, name=name, business_id=None)
        for at, cents in enumerate(sums):
            money.charge(session, whose, place, cents, vat_percent=Decimal("25.5"), key=f"{whose.ref}:{at}")
    (account,) = plans.accounts(session, MADE.date())
    monthly = plans.Account(account.invoicer, account.family, account.premises, plans.plan(None))
    (period,) = runs.due(session, monthly, MADE)
    runs.make(session, monthly, period, by=None, now=MADE)
    return seller


def test_invoices_are_numbered_from_one_in_each_year_by_each_invoicer(session: Session):
    seller = drafts(session, 1500, names=("B ry", "A ry"))
    issuing.prepare(session, seller, by=None, now=MADE)
    rows = list(session.scalars(select(Invoice).order_by(Invoice.number)))
    assert [(row.buyer["name"], issuing.number_of(row)) for row in rows] == [
        ("A ry", "2026-00001"),
        ("B ry", "2026-00002"),
    ]
    assert all(is_viitenumero(row.reference or "") for row in rows)
    assert {row.due_on for row in rows} == {date(2026, 12, 15)}


def test_an_issue_that_is_rolled_back_leaves_no_gap(session: Session):
    seller = drafts(session, 1500)
    with session.begin_nested() as undone:
        issuing.prepare(session, seller, by=None, now=MADE)
        undone.rollback()
    session.expire_all()
    issuing.prepare(session, seller, by=None, now=MADE)
    assert session.scalars(select(Invoice.number)).all() == [1]


def test_a_draft_waits_out_its_correction_window(session: Session):
    seller = drafts(session, 1500)
    (row,) = session.scalars(select(Invoice))
    row.ready_on = date(2026, 12, 8)
    assert issuing.prepare(session, seller, by=None, now=MADE) is None
    assert issuing.prepare(session, seller, by=None, now=MADE + timedelta(days=7)) is not None


def test_a_draft_corrected_to_nothing_takes_no_number(session: Session):
    seller = drafts(session, 1500)
    (line,) = session.scalars(select(Charge))
    crediting.correct(session, line, gross_cents=0, reason="Virhe", by=make.person(session).id, now=MADE)
    assert issuing.prepare(session, seller, by=None, now=MADE) is None
    assert session.scalars(select(Invoice)).all() == []


def test_two_who_issue_at_once_give_each_number_once(sessions: sessionmaker[Session]):
    with sessions.begin() as session:
        seller = drafts(session, 1500, names=tuple(f"Yhdistys {n} ry" for n in range(8))).id

    def issue() -> None:
        with sessions.begin() as session:
            issuing.prepare(session, session.get_one(Invoicer, seller), by=None, now=MADE)

    threads = [threading.Thread(target=issue) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with sessions() as session:
        assert sorted(session.scalars(select(Invoice.number))) == list(range(1, 9))


def test_runs_made_at_once_ask_for_everything_once(sessions: sessionmaker[Session]):
    with sessions.begin() as session:
        place, whose = make.premises(session), make.organisation(session)
        money.invoicer(session, place)
        for cents in (1500, 1700):
            money.charge(session, whose, place, cents)

    def run() -> None:
        with sessions.begin() as session:
            (account,) = plans.accounts(session, MADE.date())
            (period,) = runs.due_periods(account.plan, date(2027, 1, 1))
            runs.make(session, account, period, by=None, now=MADE)

    threads = [threading.Thread(target=run) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with sessions() as session:
        assert len(session.scalars(select(Invoice)).all()) == 1
        assert {row.state for row in session.scalars(select(Charge))} == {"invoiced"}


def batch(session: Session, seller: Invoicer) -> InvoiceExport:
    made = issuing.prepare(session, seller, by=None, now=MADE)
    assert made is not None
    return made


def read(content: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(content.decode("utf-8-sig")), delimiter=";"))


def test_the_ledger_file_opens_in_a_finnish_spreadsheet(session: Session):
    files = exporting.files_of(session, batch(session, drafts(session, 123456)))
    content = next(held for name, held in files.items() if name.endswith(".csv"))
    assert content.startswith(b"\xef\xbb\xbf")
    (row,) = read(content)
    assert (row["verollinen"], row["veroton"], row["alv"], row["alv-%"]) == ("1234,56", "983,71", "250,85", "25,5")
    assert (row["laskunumero"], row["maksaja"], row["eräpäivä"]) == ("2026-00001", "Ääkköset & Pojat ry", "15.12.2026")


@pytest.mark.parametrize("name", ['=cmd|"/c calc"!A1', "+358", "-2+3", "@SUM(A1)", "\t=1"])
def test_no_name_becomes_a_formula(name: str):
    assert not ledger_file.guarded(name).startswith(("=", "+", "-", "@", "\t"))


def sheets(session: Session, files: dict[str, bytes]) -> dict[str, bytes]:
    content = next(held for name, held in files.items() if name.endswith(".zip"))
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


@pytest.mark.parametrize("name", ["Ääkköset & Pojat ry", "X", "Pitkä nimi " * 20 + "ry", "<script>\x07 €"])
def test_every_invoice_is_valid_finvoice_3_0(session: Session, schema: etree.XMLSchema, name: str):
    seller = drafts(session, 1500, 333, names=(name,))
    files = exporting.files_of(session, batch(session, seller))
    for content in sheets(session, files).values():
        schema.assertValid(etree.fromstring(content))


def test_an_invoice_to_an_address_in_the_network_of_e_invoices_is_valid_too(session: Session, schema: etree.XMLSchema):
    seller = drafts(session, 1500)
    seller.einvoice_address, seller.einvoice_operator, seller.phone = "003712345678", "003721291126", "09 123"
    whose = session.scalars(select(Charge.organisation_id)).first()
    session.add(
        Payer(
            organisation_id=whose,
            street="Keksipolku 2",
            postcode="02770",
            town="Keksilä",
            email="r@esimerkki.example",
            einvoice_address="003787654321",
            einvoice_operator="BAWCFI22",
            buyer_reference="Sihteeri",
        )
    )
    session.flush()
    (content,) = sheets(session, exporting.files_of(session, batch(session, seller))).values()
    root = etree.fromstring(content)
    schema.assertValid(root)
    assert root.findtext(".//ToIdentifier") == "003787654321"
    assert root.findtext(".//EpiRemittanceInfoIdentifier") == session.scalars(select(Invoice.reference)).one()
    assert root.findtext(".//InvoiceTotalVatIncludedAmount") == "15,00"


def test_a_credit_note_is_valid_and_names_what_it_credits(session: Session, schema: etree.XMLSchema):
    seller = drafts(session, 1500)
    batch(session, seller)
    (sheet,) = session.scalars(select(Invoice))
    crediting.credit_whole(session, sheet, reason="Virhe", by=make.person(session).id, now=MADE)
    files = exporting.files_of(session, batch(session, seller))
    (content,) = sheets(session, files).values()
    root = etree.fromstring(content)
    schema.assertValid(root)
    assert (root.findtext(".//InvoiceTypeCode"), root.findtext(".//OriginalInvoiceNumber")) == ("INV02", "2026-00001")
    assert root.findtext(".//InvoiceTotalVatIncludedAmount") == "-15,00"


def test_the_files_of_a_batch_are_the_same_bytes_every_time(session: Session, tmp_path: Path):
    made = batch(session, drafts(session, 1500, 333))
    first = exporting.files_of(session, made)
    exporting.write(session, made, tmp_path, now=MADE)
    session.expire_all()
    assert exporting.files_of(session, made) == first
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == first


def test_what_was_exported_is_not_exported_again(sessions: sessionmaker[Session], tmp_path: Path):
    with sessions.begin() as session:
        seller = drafts(session, 1500)
    assert len(exporting.export(sessions, seller, tmp_path, by=None, now=MADE)) == 2
    assert exporting.export(sessions, seller, tmp_path, by=None, now=MADE + timedelta(days=1)) == []


KILLED = """
import os, signal, sys
from datetime import UTC, datetime
from pathlib import Path
from sqlalchemy import select
from booking.db import make_engine, make_sessions
from booking.money import exporting, plans, runs
from booking.money.models import Invoicer
url, folder, where = sys.argv[1:]
sessions = make_sessions(make_engine(url), lambda session, acts: None)
now = datetime(2026, 12, 1, 9, 0, tzinfo=UTC)
die = lambda: os.kill(os.getpid(), signal.SIGKILL)
if where == "run":
    with sessions.begin() as session:
        (account,) = plans.accounts(session, now.date())
        (period,) = runs.due_periods(account.plan, now.date().replace(year=2027, month=1))
        runs.make(session, account, period, by=None, now=now)
        session.flush()
        die()
with sessions() as session:
    seller = session.scalars(select(Invoicer)).one()
if where == "prepared":
    with sessions.begin() as session:
        exporting.prepare(session, session.merge(seller), by=None, now=now)
    die()
with sessions.begin() as session:
    batch = exporting.prepare(session, session.merge(seller), by=None, now=now)
with sessions.begin() as session:
    exporting.write(session, session.merge(batch), Path(folder), now=now)
    die()
"""


def killed(database_url: str, folder: Path, where: str) -> None:
    done = subprocess.run(
        [sys.executable, "-c", KILLED, database_url, str(folder), where], check=False, capture_output=True
    )
    assert done.returncode == -signal.SIGKILL, done.stderr.decode()


@pytest.mark.parametrize("where", ["prepared", "written"])
def test_an_export_killed_half_way_is_finished_with_the_same_bytes(
    database_url: str, sessions: sessionmaker[Session], tmp_path: Path, where: str
):
    with sessions.begin() as session:
        seller = drafts(session, 1500, 333, names=("A ry", "B ry"))
    folder = tmp_path / "out"
    killed(database_url, folder, where)
    before = {path.name: path.read_bytes() for path in folder.iterdir()} if folder.exists() else {}
    assert len(before) == (2 if where == "written" else 0)
    with sessions() as session:
        assert session.scalars(select(InvoiceExport.done_at)).all() == [None]
    exporting.export(sessions, seller, folder, by=None, now=MADE + timedelta(hours=5))
    after = {path.name: path.read_bytes() for path in folder.iterdir()}
    assert len(after) == 2
    assert before == (after if where == "written" else {})
    with sessions() as session:
        assert sorted(session.scalars(select(Invoice.number))) == [1, 2]
        assert None not in session.scalars(select(InvoiceExport.done_at)).all()


def test_a_run_killed_half_way_loses_and_doubles_nothing(
    database_url: str, sessions: sessionmaker[Session], tmp_path: Path
):
    with sessions.begin() as session:
        place, whose = make.premises(session), make.organisation(session)
        money.invoicer(session, place)
        for cents in (1500, 1700):
            owe(session, money.owed(whose, place, cents), by=None, now=MADE)
    killed(database_url, tmp_path, "run")
    with sessions() as session:
        assert session.scalars(select(Invoice)).all() == []
    with sessions.begin() as session:
        (account,) = plans.accounts(session, MADE.date())
        (period,) = runs.due_periods(account.plan, date(2027, 1, 1))
        runs.make(session, account, period, by=None, now=MADE)
    with sessions() as session:
        assert sorted(session.scalars(select(Charge.gross_cents).where(Charge.invoice_id.is_not(None)))) == [1500, 1700]
