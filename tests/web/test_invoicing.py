"""Pages of money: the invoicing person makes a run and sends it, the organisation sees each line with its rule."""

import io
import re
import zlib
from datetime import UTC, datetime

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session, sessionmaker

from booking.models import Letter, Occurrence
from booking.money.models import Charge, Invoice, Invoicer, Payer, Payment, Reminder
from booking.roles import Role
from tests import make
from tests.booking.money import make as money
from tests.web.conftest import ClientAs
from tests.web.town import Clock, Town

APRIL = datetime(2027, 4, 2, 9, 0, tzinfo=UTC)


@pytest.fixture
def owing(rolled_back: sessionmaker[Session], town: Town, clock: Clock) -> Town:
    """The town in April, with one paid hour of the troop in March; the samples of its other pages are gone."""
    clock.at = APRIL
    with rolled_back.begin() as session:
        for row in session.scalars(select(Charge).where(Charge.state == "open")):
            row.state = "void"
        cited = {"rulebook": "espoo", "version": "2025-01", "table": "rates", "row": "rate", "decision": "§ 5"}
        make.occurrence(
            session,
            town.space,
            make.span("2027-03-02", "18:00", "19:00"),
            whose=town.organisation,
            holder=town.booker,
            price_cents=1500,
            trace={"formula": "1 h × 15.00 = 15.00", "reasons": [cited]},
        )
    return town


def due(client: FlaskClient) -> dict[str, str]:
    """What the link of the run that can be made says of it."""
    found = re.search(
        r"/invoicing/run\?invoicer=(\w+)&amp;family=(\w+)&amp;period=([^\"]+)", client.get("/invoicing").text
    )
    assert found, "no run is offered"
    return {"invoicer": found[1], "family": found[2], "period": found[3].replace("%2F", "/")}


def sent(client: FlaskClient, rolled_back: sessionmaker[Session]) -> Invoice:
    """The invoice of the run of April, sent."""
    run = due(client)
    assert client.post("/invoicing/run", data=run).status_code == 302
    assert client.post(f"/invoicing/exports/of/{run['invoicer']}").status_code == 302
    with rolled_back() as session:
        return session.scalars(select(Invoice).where(Invoice.run_id.is_not(None), Invoice.gross_cents == 1500)).one()


def test_a_run_is_looked_at_made_and_sent_and_the_payer_gets_a_letter(
    owing: Town, client_as: ClientAs, rolled_back: sessionmaker[Session]
) -> None:
    client = client_as(Role.BILLING)
    shown = client.get("/invoicing/run", query_string=due(client)).text
    assert "€15.00" in shown
    assert owing.organisation.name in shown
    run = due(client)
    sheet = sent(client, rolled_back)
    assert sheet.number is not None
    again = [client.post("/invoicing/run", data=run), client.get("/invoicing/run", query_string=run)]
    assert len({answer.headers["Location"] for answer in again}) == 1, "made again it is the same run"
    with rolled_back() as session:
        told = session.scalars(select(Letter.address).where(Letter.subject.contains(f"{sheet.number:05d}"))).all()
        payers = {owing.people[role].email for role in (Role.SECRETARY, Role.PAYER)}
        assert set(told) == payers
    page = client.get("/invoicing").text
    assert "No run waits" in page
    csv = re.search(r'href="(/invoicing/exports/\w+\.csv)"', page)
    assert csv
    assert client.get(csv[1]).data.startswith(b"\xef\xbb\xbf")


def test_the_organisation_sees_each_line_with_its_rule_and_how_to_pay(
    owing: Town, client_as: ClientAs, rolled_back: sessionmaker[Session]
) -> None:
    sheet = sent(client_as(Role.BILLING), rolled_back)
    client = client_as(Role.PAYER)
    assert f"/invoices/{sheet.ref}" in client.get(f"/invoices/of/{owing.organisation.ref}").text
    page = client.get(f"/invoices/{sheet.ref}").text
    assert "1 h × 15.00 = 15.00" in page
    assert "/rules/espoo-2025-01/rate" in page
    assert "FI2112345600000785" in page
    assert "Note a payment" not in page


def test_nobody_else_sees_an_invoice_and_its_payer_sees_no_draft(
    owing: Town, client_as: ClientAs, rolled_back: sessionmaker[Session]
) -> None:
    biller = client_as(Role.BILLING)
    biller.post("/invoicing/run", data=due(biller))
    with rolled_back() as session:
        draft = session.scalars(select(Invoice).where(Invoice.number.is_(None))).one()
    assert biller.get(f"/invoices/{draft.ref}").status_code == 200
    for client in (client_as(Role.PAYER), client_as(Role.PAYER, stranger=True), client_as(Role.BILLING, stranger=True)):
        assert client.get(f"/invoices/{draft.ref}").status_code == 403


def test_a_payment_a_reminder_and_a_credit_note_are_noted_by_hand(
    owing: Town, client_as: ClientAs, rolled_back: sessionmaker[Session], clock: Clock
) -> None:
    client = client_as(Role.BILLING)
    ref = sent(client, rolled_back).ref
    clock.at = datetime(2027, 5, 3, 9, 0, tzinfo=UTC)
    client = client_as(Role.BILLING)
    form = {"amount": "5,00", "paid_on": "2027-05-02", "said": "", "key": "k1"}
    for _ in range(2):  # the form sent twice
        assert client.post(f"/invoices/{ref}/pay", data=form).status_code == 302
    assert client.post(f"/invoices/{ref}/remind").status_code == 302
    assert client.post(f"/invoices/{ref}/credit", data={"reason": "Sali oli kylmä"}).status_code == 302
    with rolled_back() as session:
        sheet = session.scalars(select(Invoice).where(Invoice.ref == ref)).one()
        assert session.scalars(select(Payment.cents).where(Payment.invoice_id == sheet.id)).all() == [500]
        assert session.scalars(select(Reminder.open_cents).where(Reminder.invoice_id == sheet.id)).all() == [1000]
        note = session.scalars(select(Invoice).where(Invoice.credits_id == sheet.id)).one()
        assert session.scalars(select(Charge.gross_cents).where(Charge.invoice_id == note.id)).all() == [-1500]


def test_a_file_of_payments_is_read_and_a_bad_one_says_which_row(
    owing: Town, client_as: ClientAs, rolled_back: sessionmaker[Session]
) -> None:
    client = client_as(Role.BILLING)
    sheet = sent(client, rolled_back)
    with rolled_back() as session:
        seller = session.get_one(Invoicer, sheet.invoicer_id).ref
    head = "maksupäivä;summa;viite;maksaja;arkistointitunnus\n"
    url = f"/invoicing/payments/{seller}"
    good = f"{head}3.4.2027;15,00;{sheet.reference};Kiipijät;A1\n".encode()
    bad = f"{head}3.4.2027;15,00;123;Kiipijät;A2\n".encode()
    assert client.post(url, data={"file": (io.BytesIO(good), "a.csv")}).status_code == 302
    answer = client.post(url, data={"file": (io.BytesIO(bad), "b.csv")})
    assert answer.status_code == 422
    assert "Row 2 cannot be read" in answer.text


def test_the_bill_of_a_cleaning_is_told_later_and_a_charge_can_be_let_go(
    owing: Town, client_as: ClientAs, rolled_back: sessionmaker[Session]
) -> None:
    client = client_as(Role.MANAGER)
    with rolled_back.begin() as session:
        refs = [money.charge(session, owing.organisation, owing.premises, None).ref for _ in range(2)]
    assert "1 of unknown amount" not in client.get("/invoicing").text
    assert "2 of unknown amount" in client.get("/invoicing").text
    told = {"amount": "85,50", "reason": "Siivousliikkeen lasku"}
    assert client.post(f"/invoicing/charges/{refs[0]}/fill", data=told).status_code == 302
    assert (
        client.post(f"/invoicing/charges/{refs[1]}/waive", data={"reason": "Emme osaa sanoa kuka"}).status_code == 302
    )
    with rolled_back() as session:
        rows = {row.ref: row for row in session.scalars(select(Charge).where(Charge.ref.in_(refs)))}
        assert (rows[refs[0]].gross_cents, rows[refs[1]].state) == (8550, "waived")


def test_an_account_that_cannot_be_is_refused_beside_its_field(owing: Town, client_as: ClientAs) -> None:
    answer = client_as(Role.BILLING).post(f"/invoicing/invoicer/{owing.premises.ref}", data={"iban": "FI00 1234"})
    assert answer.status_code == 422
    assert "not an account number" in answer.text


def held(content: bytes) -> bytes:
    """All that a PDF says of itself, with its packed parts unpacked."""
    packed = re.findall(rb"stream\r?\n(.*?)\r?\nendstream", content, re.DOTALL)
    opened = []
    for part in packed:
        try:
            opened.append(zlib.decompress(part))
        except zlib.error:
            opened.append(part)
    return content + b"\n".join(opened)


def tagged(content: bytes, *, language: str) -> bool:
    """Whether a PDF is marked, has a tree of structure with headings and table heads, a title and a language."""
    said = held(content)
    signs = (b"/MarkInfo", b"/StructTreeRoot", b"/H1", b"/Lang", b"pdfuaid", b"/DisplayDocTitle true", b"/Title")
    return content.startswith(b"%PDF-") and all(sign in said for sign in signs) and f"({language}".encode() in said


@pytest.mark.parametrize("language", ["fi", "sv", "en"])
def test_an_invoice_is_a_pdf_that_a_screen_reader_can_read(
    owing: Town, client_as: ClientAs, rolled_back: sessionmaker[Session], language: str
) -> None:
    sheet = sent(client_as(Role.BILLING), rolled_back)
    answer = client_as(Role.SECRETARY, language=language).get(f"/invoices/{sheet.ref}.pdf")
    assert answer.mimetype == "application/pdf"
    assert tagged(answer.data, language=language)
    assert b"/TH" in held(answer.data), "the table has heads"


def test_the_same_invoice_is_the_same_pdf_every_time(
    owing: Town, client_as: ClientAs, rolled_back: sessionmaker[Session], clock: Clock
) -> None:
    sheet = sent(client_as(Role.BILLING), rolled_back)
    client = client_as(Role.PAYER)
    first = client.get(f"/invoices/{sheet.ref}.pdf").data
    clock.at = datetime(2027, 6, 3, 9, 0, tzinfo=UTC)
    assert client_as(Role.PAYER).get(f"/invoices/{sheet.ref}.pdf").data == first


@pytest.mark.parametrize("language", ["fi", "sv", "en"])
def test_a_decision_is_a_pdf_with_its_grounds(
    town: Town, client_as: ClientAs, rolled_back: sessionmaker[Session], language: str
) -> None:
    with rolled_back.begin() as session:
        row = session.get_one(Occurrence, town.occurrence.id)
        row.state, row.trace = "refused", {"decision": "Sali on korjauksessa", "decided_by": "x"}
    url = f"/bookings/{town.occurrence.booking.ref}/decision.pdf"
    answer = client_as(Role.BOOKER, language=language).get(url)
    assert answer.status_code == 200
    assert tagged(answer.data, language=language)
    assert client_as(Role.BOOKER, stranger=True).get(url).status_code == 404


def test_the_debt_of_an_organisation_stands_on_its_page(town: Town, client_as: ClientAs) -> None:
    page = client_as(Role.SECRETARY).get(f"/invoices/of/{town.organisation.ref}").text
    assert "Overdue: €40.00, the oldest since 16 Nov 2026" in page


def test_where_invoices_go_is_told_by_who_pays(
    town: Town, client_as: ClientAs, rolled_back: sessionmaker[Session]
) -> None:
    form = {"street": "Polku 1", "postcode": "02770", "town": "Espoo", "buyer_reference": "Sihteeri"}
    url = f"/invoices/of/{town.organisation.ref}/address"
    assert client_as(Role.PAYER).post(url, data=form).status_code == 302
    with rolled_back() as session:
        assert session.scalars(select(Payer.street)).one() == "Polku 1"


def test_who_pays_for_one_organisation_comes_straight_to_its_invoices(town: Town, client_as: ClientAs) -> None:
    answer = client_as(Role.PAYER).get("/invoices")
    assert answer.headers["Location"].endswith(f"/invoices/of/{town.organisation.ref}")


def test_decisions_of_late_are_letters_on_the_page_of_requests(
    town: Town, client_as: ClientAs, rolled_back: sessionmaker[Session]
) -> None:
    with rolled_back.begin() as session:
        row = session.get_one(Occurrence, town.occurrence.id)
        row.state = "refused"
        row.trace = {"decision": "Ei mahdu", "decided_by": "x", "decided_at": "2026-11-23T10:00:00+00:00"}
    url = f"/bookings/{town.occurrence.booking.ref}/decision.pdf"
    assert url in client_as(Role.MANAGER).get("/requests").text
    assert url in client_as(Role.BOOKER).get(f"/bookings/{town.occurrence.booking.ref}").text
