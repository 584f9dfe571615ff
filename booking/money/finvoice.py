"""An invoice as Finvoice 3.0 (Finance Finland), the e-invoice that Finnish ledgers and banks read.

Written from the schema and the implementation guidelines; the tests hold every file against the published schema."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from typing import Any
from xml.etree import ElementTree
from xml.etree.ElementTree import Element

from booking.core.invoicing import virtual_barcode
from booking.money.issuing import number_of
from booking.money.ledger_file import euros
from booking.money.models import Charge, Invoice, InvoiceKind

UNTOLD = "-"


def finvoice(sheet: Invoice) -> bytes:
    """The XML of one issued invoice or credit note, in ISO-8859-15 as banks ask; the same bytes every time."""
    root = Element("Finvoice", Version="3.0")
    if sheet.seller.get("einvoice_address") and sheet.buyer.get("einvoice_address"):
        _transmission(root, sheet)
    _party(root, "Seller", sheet.seller)
    _communication(root, "Seller", sheet.seller)
    _account(root, sheet.seller)
    _party(root, "Buyer", sheet.buyer)
    _communication(root, "Buyer", sheet.buyer)
    _details(root, sheet)
    if barcode := barcode_of(sheet):
        _add(root, "VirtualBankBarcode", barcode)
    for line in sheet.charges:
        _row(root, line)
    _payment(root, sheet)
    ElementTree.indent(root)
    return bytes(ElementTree.tostring(root, encoding="ISO-8859-15", xml_declaration=True))


def _transmission(root: Element, sheet: Invoice) -> None:
    """Who sends to whom in the network of e-invoices; left out where either has no address there."""
    details = _add(root, "MessageTransmissionDetails")
    for side, prefix, party in (
        ("MessageSenderDetails", "From", sheet.seller),
        ("MessageReceiverDetails", "To", sheet.buyer),
    ):
        each = _add(details, side)
        _add(each, f"{prefix}Identifier", party["einvoice_address"][:35])
        _add(each, f"{prefix}Intermediator", (party["einvoice_operator"] or UNTOLD * 2)[:35])
    message = _add(details, "MessageDetails")
    _add(message, "MessageIdentifier", sheet.ref)
    assert sheet.issued_on is not None
    _add(message, "MessageTimeStamp", f"{sheet.issued_on.isoformat()}T00:00:00")


def _party(root: Element, who: str, party: dict[str, Any]) -> None:
    details = _add(root, f"{who}PartyDetails")
    if party["business_id"]:
        _add(details, f"{who}PartyIdentifier", party["business_id"])
    for part in _cut(party["name"], 70):
        _add(details, f"{who}OrganisationName", part)
    if party["street"] and party["town"] and party["postcode"]:
        address = _add(details, f"{who}PostalAddressDetails")
        for part in _cut(party["street"], 35)[:3]:
            _add(address, f"{who}StreetName", part)
        _add(address, f"{who}TownName", party["town"][:35])
        _add(address, f"{who}PostCodeIdentifier", party["postcode"][:35])
        _add(address, "CountryCode", "FI")


def _communication(root: Element, who: str, party: dict[str, Any]) -> None:
    if party.get("phone") or party.get("email"):
        details = _add(root, f"{who}CommunicationDetails")
        if party.get("phone"):
            _add(details, f"{who}PhoneNumberIdentifier", party["phone"][:35])
        if party.get("email"):
            _add(details, f"{who}EmailaddressIdentifier", party["email"][:70])


def _account(root: Element, seller: dict[str, Any]) -> None:
    if seller["bic"]:
        account = _add(_add(root, "SellerInformationDetails"), "SellerAccountDetails")
        _add(account, "SellerAccountID", seller["iban"], IdentificationSchemeName="IBAN")
        _add(account, "SellerBic", seller["bic"], IdentificationSchemeName="BIC")


def _details(root: Element, sheet: Invoice) -> None:
    credit = sheet.kind == InvoiceKind.CREDIT_NOTE
    details = _add(root, "InvoiceDetails")
    _add(details, "InvoiceTypeCode", "INV02" if credit else "INV01")
    _add(details, "InvoiceTypeText", "HYVITYSLASKU" if credit else "LASKU")
    _add(details, "OriginCode", "Original")
    _add(details, "InvoiceNumber", number_of(sheet))
    _day(details, "InvoiceDate", sheet.issued_on)
    if sheet.credited is not None:
        _add(details, "OriginalInvoiceNumber", number_of(sheet.credited))
        _day(details, "OriginalInvoiceDate", sheet.credited.issued_on)
    if sheet.buyer.get("buyer_reference"):
        _add(details, "BuyerReferenceIdentifier", sheet.buyer["buyer_reference"][:70])
    _totals(details, sheet)
    terms = _add(details, "PaymentTermsDetails")
    if not credit:
        _add(terms, "PaymentTermsFreeText", f"{sheet.terms.get('term_days')} pv netto")
    _day(terms, "InvoiceDueDate", sheet.due_on)
    if sheet.terms.get("interest_percent") and not credit:
        fine = _add(terms, "PaymentOverDueFineDetails")
        _add(fine, "PaymentOverDueFinePercent", _percent(Decimal(sheet.terms["interest_percent"])))


def _totals(details: Element, sheet: Invoice) -> None:
    """Sums and, where VAT was told for every line, their division by rate."""
    rates = vat_rates(sheet)
    if rates:
        _money(details, "InvoiceTotalVatExcludedAmount", sum(net for net, _ in rates.values()))
        _money(details, "InvoiceTotalVatAmount", sum(vat for _, vat in rates.values()))
    _money(details, "InvoiceTotalVatIncludedAmount", sheet.gross_cents or 0)
    for percent, (net, vat) in rates.items():
        each = _add(details, "VatSpecificationDetails")
        _money(each, "VatBaseAmount", net)
        _add(each, "VatRatePercent", _percent(percent))
        _money(each, "VatRateAmount", vat)


def vat_rates(sheet: Invoice) -> dict[Decimal, tuple[int, int]]:
    """Net and VAT by rate, lowest rate first; nothing where VAT was not told for every line."""
    if any(line.vat_percent is None or line.net_cents is None for line in sheet.charges):
        return {}
    found: dict[Decimal, tuple[int, int]] = {}
    for line in sorted(sheet.charges, key=lambda each: each.vat_percent or Decimal(0)):
        net, vat = found.get(line.vat_percent or Decimal(0), (0, 0))
        found[line.vat_percent or Decimal(0)] = (net + (line.net_cents or 0), vat + (line.vat_cents or 0))
    return found


def barcode_of(sheet: Invoice) -> str:
    """The virtual bank barcode of an issued invoice; "" for what is not to be paid."""
    if sheet.credits_id or not sheet.reference or sheet.due_on is None:
        return ""
    return virtual_barcode(sheet.seller.get("iban", ""), sheet.gross_cents or 0, sheet.reference, sheet.due_on)


def _row(root: Element, line: Charge) -> None:
    row = _add(root, "InvoiceRow")
    text = " ".join(line.text.get("fi", "").split()) or UNTOLD
    _add(row, "ArticleName", text[:100])
    _add(row, "InvoicedQuantity", "-1" if (line.gross_cents or 0) < 0 else "1", QuantityUnitCode="kpl")
    _day(row, "RowDeliveryDate", line.happened_on)
    for part in cited(line):
        _add(row, "RowFreeText", part[:512])
    if line.vat_percent is not None and line.net_cents is not None:
        _add(row, "RowVatRatePercent", _percent(line.vat_percent))
        _money(row, "RowVatAmount", line.vat_cents or 0)
        _money(row, "RowVatExcludedAmount", line.net_cents)
    _money(row, "RowAmount", line.gross_cents or 0)


def cited(line: Charge) -> Iterator[str]:
    """The decision and the row of the rulebook that a line rests on."""
    if line.citation.get("decision"):
        yield f"{line.citation['decision']} ({line.citation.get('row', '')})"


def _payment(root: Element, sheet: Invoice) -> None:
    epi = _add(root, "EpiDetails")
    identification = _add(epi, "EpiIdentificationDetails")
    _day(identification, "EpiDate", sheet.issued_on)
    _add(identification, "EpiReference", "")
    parties = _add(epi, "EpiPartyDetails")
    bank = _add(parties, "EpiBfiPartyDetails")
    if sheet.seller["bic"]:
        _add(bank, "EpiBfiIdentifier", sheet.seller["bic"], IdentificationSchemeName="BIC")
    beneficiary = _add(parties, "EpiBeneficiaryPartyDetails")
    _add(beneficiary, "EpiNameAddressDetails", " ".join(sheet.seller["name"].split())[:35].strip())
    _add(beneficiary, "EpiAccountID", sheet.seller["iban"], IdentificationSchemeName="IBAN")
    order = _add(epi, "EpiPaymentInstructionDetails")
    _add(order, "EpiRemittanceInfoIdentifier", sheet.reference, IdentificationSchemeName="SPY")
    _money(order, "EpiInstructedAmount", max(sheet.gross_cents or 0, 0))
    _add(order, "EpiCharge", "SLEV", ChargeOption="SLEV")
    _day(order, "EpiDateOptionDate", sheet.due_on)


def _add(parent: Element, name: str, text: str | None = None, **attributes: str) -> Element:
    """An element; signs that no XML may hold are left out of its text."""
    made = ElementTree.SubElement(parent, name, attributes)
    made.text = None if text is None else "".join(sign for sign in text if sign.isprintable())
    return made


def _day(parent: Element, name: str, value: date | None) -> None:
    assert value is not None
    _add(parent, name, f"{value:%Y%m%d}", Format="CCYYMMDD")


def _money(parent: Element, name: str, cents: int) -> None:
    _add(parent, name, euros(cents), AmountCurrencyIdentifier="EUR")


def _percent(value: Decimal) -> str:
    return format(value.normalize(), "f").replace(".", ",")


def _cut(text: str, length: int) -> list[str]:
    """A text in pieces that fit; a last piece of one letter takes a letter of the one before."""
    flat = " ".join(text.split()).ljust(2)
    pieces = [flat[at : at + length] for at in range(0, len(flat), length)]
    if len(pieces) > 1 and len(pieces[-1]) == 1:
        pieces[-2:] = [pieces[-2][:-1], pieces[-2][-1] + pieces[-1]]
    return pieces
