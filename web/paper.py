"""Letters as PDF: invoices and decisions, tagged for accessibility (PDF/UA-1), set by typst from data.

Nothing is fetched and no font of the machine is used: the same letter is the same file everywhere."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, field
from datetime import UTC, date, datetime
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import typst
from flask_babel import gettext as _
from flask_babel import ngettext

from booking.core.invoicing import grouped, rf_reference
from booking.core.span import local
from booking.models import Booking, Occurrence, OccurrenceState
from booking.money.finvoice import barcode_of, vat_rates
from booking.money.issuing import number_of
from booking.money.models import Charge, Invoice
from web import i18n, words
from web.explained import Explanation, Reason, explained

FOLDER = Path(__file__).with_name("papers")


@dataclass(frozen=True, slots=True)
class Section:
    """A part of a letter: what it is called, facts by name, paragraphs, a list, a table; what is empty is left out."""

    heading: str = ""
    facts: list[tuple[str, str]] = field(default_factory=list)
    paragraphs: list[str] = field(default_factory=list)
    items: list[str] = field(default_factory=list)
    heads: list[str] = field(default_factory=list)
    numbers: list[bool] = field(default_factory=list)
    widths: list[str] = field(default_factory=list)
    rows: list[list[str]] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Paper:
    """A letter as data, in one language."""

    lang: str
    title: str
    sender: list[str]
    receiver: list[str]
    sections: list[Section]
    footer: str


def pdf(paper: Paper, *, at: datetime) -> bytes:
    """The letter as a tagged PDF; `at` is the time written into it."""
    made = typst.compile(
        (FOLDER / "letter.typ").read_bytes(),
        format="pdf",
        ignore_system_fonts=True,
        sys_inputs={"letter": json.dumps(asdict(paper), ensure_ascii=False)},
        pdf_standards=["ua-1"],
        timestamp=at.astimezone(UTC).replace(microsecond=0),
    )
    assert isinstance(made, bytes)
    return made


def address(party: dict[str, Any]) -> list[str]:
    lines = [party.get("name", ""), party.get("street", ""), f"{party.get('postcode', '')} {party.get('town', '')}"]
    return [line.strip() for line in lines if line.strip()]


# --- invoices ---


def invoice_pdf(sheet: Invoice) -> bytes:
    """An issued invoice or credit note, in the language of the page."""
    assert sheet.issued_on is not None
    title = _("Credit note %(number)s") if sheet.credits_id else _("Invoice %(number)s")
    business = [_("Business ID %(id)s", id=sheet.seller["business_id"])] if sheet.seller["business_id"] else []
    contact = [line for line in (sheet.seller["email"], sheet.seller["phone"]) if line]
    paper = Paper(
        lang=i18n.language(),
        title=title % {"number": number_of(sheet)},
        sender=[*address(sheet.seller), *business, *contact],
        receiver=address(sheet.buyer),
        sections=[_head(sheet), _lines(sheet), *_vat(sheet), *_paying(sheet), *_grounds(sheet.charges)],
        footer=f"{sheet.seller['name']}, {title % {'number': number_of(sheet)}}",
    )
    return pdf(paper, at=local(sheet.issued_on, 0, ZoneInfo("Europe/Helsinki")))


def _head(sheet: Invoice) -> Section:
    facts = [(_("Date of the invoice"), _day(sheet.issued_on))]
    if sheet.credited:
        facts.append((_("Credits the invoice"), f"{number_of(sheet.credited)}, {_day(sheet.credited.issued_on)}"))
    else:
        facts.append((_("Due day"), _day(sheet.due_on)))
    if sheet.buyer.get("buyer_reference"):
        facts.append((_("Your reference"), sheet.buyer["buyer_reference"]))
    if sheet.buyer.get("business_id"):
        facts.append((_("Business ID"), sheet.buyer["business_id"]))
    return Section(facts=facts)


def _lines(sheet: Invoice) -> Section:
    rows = [
        [_day(line.happened_on), said(line), _percent(line), i18n.euros(line.gross_cents)] for line in sheet.charges
    ]
    total = ["", _("Together"), "", i18n.euros(sheet.gross_cents)]
    return Section(
        heading=_("What it is for"),
        heads=[_("Day"), _("What"), _("VAT rate"), _("Sum")],
        numbers=[False, False, True, True],
        widths=["auto", "1fr", "auto", "auto"],
        rows=[*rows, total],
    )


def said(line: Charge) -> str:
    """The words of a line in the language of the page, with how the sum was worked out."""
    text = str(line.text.get(i18n.language()) or line.text.get("fi", ""))
    working = line.trace.get("working")
    return f"{text} ({working})" if working else text


def _percent(line: Charge) -> str:
    return "–" if line.vat_percent is None else rate(line.vat_percent)


def rate(percent: Decimal) -> str:
    """A rate of VAT as the language of the page writes it."""
    written = format(percent.normalize(), "f")
    return f"{written if i18n.language() == 'en' else written.replace('.', ',')} %"


def _vat(sheet: Invoice) -> list[Section]:
    """VAT by rate, or that it is not told."""
    rates = vat_rates(sheet)
    if not rates:
        return []
    rows = [
        [rate(percent), i18n.euros(net), i18n.euros(vat), i18n.euros(net + vat)]
        for percent, (net, vat) in rates.items()
    ]
    heads = [_("VAT rate"), _("Without VAT"), _("VAT"), _("With VAT")]
    return [
        Section(
            heading=_("VAT by rate"), heads=heads, numbers=[True] * 4, widths=["auto", "1fr", "1fr", "1fr"], rows=rows
        )
    ]


def _paying(sheet: Invoice) -> list[Section]:
    if sheet.credits_id or not sheet.reference:
        return []
    facts = [
        (_("Account (IBAN)"), grouped_iban(sheet.seller["iban"])),
        *([("BIC", sheet.seller["bic"])] if sheet.seller["bic"] else []),
        (_("Reference number"), grouped(sheet.reference)),
        (_("International reference"), rf_reference(sheet.reference)),
        (_("Due day"), _day(sheet.due_on)),
        (_("To pay"), i18n.euros(sheet.gross_cents)),
        *([(_("Virtual barcode"), barcode)] if (barcode := barcode_of(sheet)) else []),
    ]
    interest = sheet.terms.get("interest_percent")
    late = [_("Interest on late payment: %(percent)s %% a year.", percent=interest)] if interest else []
    return [Section(heading=_("How to pay"), facts=facts, paragraphs=late)]


def grouped_iban(iban: str) -> str:
    return " ".join(iban[at : at + 4] for at in range(0, len(iban), 4))


def _grounds(lines: Iterable[Charge]) -> list[Section]:
    """The decisions behind the lines, each once."""
    found = {(cited.get("decision", ""), _text(cited)): None for line in lines if (cited := line.citation)}
    items = [f"{text} {_('Decision: %(decision)s', decision=decision)}".strip() for decision, text in found if decision]
    return [Section(heading=_("Decisions behind the sums"), items=items)] if items else []


def _text(cited: dict[str, Any]) -> str:
    texts = cited.get("text", {})
    return str(texts.get(i18n.language()) or texts.get("fi", ""))


def _day(value: date | None) -> str:
    return i18n.day(value, "plain") if value else "–"


# --- decisions ---


def decided(row: Occurrence) -> bool:
    """Whether somebody or the rules decided of a time: it is booked, or it was refused."""
    return row.state in (OccurrenceState.CONFIRMED, OccurrenceState.REFUSED)


def decision_pdf(booking: Booking, rows: Sequence[Occurrence], *, at: datetime) -> bytes:
    """The decision on these times of a booking, with its grounds and how to ask for a review."""
    told = explained(rows[0].trace)
    place = rows[0].space.premises
    sections = [_asked(booking, rows), *_times(rows), _why(rows, told), *_cost(told), _appeal()]
    paper = Paper(
        lang=i18n.language(),
        title=_("Decision on the use of premises"),
        sender=[place.name(i18n.language()), place.address, place.contact_name, place.contact_email],
        receiver=[booking.organisation.name, booking.holder.name],
        sections=sections,
        footer=f"{place.name(i18n.language())}, {booking.title}",
    )
    return pdf(paper, at=at)


def _asked(booking: Booking, rows: Sequence[Occurrence]) -> Section:
    space, language = rows[0].space, i18n.language()
    people = ngettext("%(num)s person", "%(num)s people", booking.people)
    facts = [
        (_("Who"), f"{booking.organisation.name} ({words.kind_name(booking.organisation.kind)})"),
        (_("What"), f"{booking.title}, {words.word(booking.purpose, 'activity_purpose')}, {people}"),
        (_("Where"), f"{space.name(language)}, {space.premises.name(language)}"),
    ]
    return Section(heading=_("What was asked for"), facts=facts)


def _times(rows: Sequence[Occurrence]) -> Iterable[Section]:
    """The times granted, then those refused."""
    for state, heading in (
        (OccurrenceState.CONFIRMED, _("Granted times")),
        (OccurrenceState.REFUSED, _("Refused times")),
    ):
        some = [row for row in rows if row.state == state]
        if some:
            yield Section(heading=heading, items=[_time(row) for row in some])


def _time(row: Occurrence) -> str:
    zone = ZoneInfo(row.space.premises.zone)
    return f"{i18n.day(row.starts_at.astimezone(zone).date())} {i18n.span(row.starts_at, row.ends_at, zone)}"


def _why(rows: Sequence[Occurrence], told: Explanation) -> Section:
    """What the people who decided said, and the rows of the rulebook with the decisions they come from."""
    spoken = [line for one in told.decisions for line in (one.reason, one.conditions) if line]
    reasons = dict.fromkeys([*spoken, *(reason for row in rows if (reason := _reason(row)))])
    return Section(heading=_("Grounds"), paragraphs=list(reasons), items=[_cited(one) for one in told.deciding])


def _reason(row: Occurrence) -> str:
    """What was said of a refused or granted time; reasons that are codes of the system have no words here."""
    if row.trace.get("decision"):
        return str(row.trace["decision"])
    return row.reason if row.state == OccurrenceState.REFUSED and " " in row.reason else ""


def _cited(one: Reason) -> str:
    return f"{one.text} {_('Decision: %(decision)s', decision=one.decision)}"


def _cost(told: Explanation) -> list[Section]:
    if told.price_cents is None and not told.price_class:
        return []
    facts = [(_("Price class"), str(told.price_name or told.price_class)), (_("Price"), i18n.euros(told.price_cents))]
    return [Section(heading=_("Price of each time"), facts=facts)]


def _appeal() -> Section:
    read = appeals()["review_request"]
    language = i18n.language()
    return Section(heading=read["heading"][language], paragraphs=[read["text"][language], read["source"]])


@cache
def appeals() -> dict[str, Any]:
    """How decisions are contested, from papers/appeal.toml."""
    return tomllib.loads((FOLDER / "appeal.toml").read_text(encoding="utf-8"))
