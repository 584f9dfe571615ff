"""Invoicing without a database: ages in months, reference numbers of banks."""

from __future__ import annotations

from datetime import date
from itertools import cycle

REFERENCE_WEIGHTS = (7, 3, 1)


def months_between(first: date, last: date) -> int:
    """Whole months from one day to another: 31 January to 28 February is one, for February has no later day."""
    months = (last.year - first.year) * 12 + last.month - first.month
    ends_month = (last.toordinal() + 1) == date(last.year + last.month // 12, last.month % 12 + 1, 1).toordinal()
    return months - (1 if last.day < first.day and not ends_month else 0)


def viitenumero(base: str) -> str:
    """The national reference number: 3 to 19 digits and a check digit by weights 7-3-1 from the right.

    Finance Finland, Forming a Finnish reference number and a check digit. Raises ValueError for other text."""
    digits = base.lstrip("0")
    if not digits.isascii() or not digits.isdigit() or not 3 <= len(digits) <= 19:
        raise ValueError(f"a reference number has 3 to 19 digits before its check digit: {base!r}")
    return digits + check_digit(digits)


def check_digit(digits: str) -> str:
    """What lifts the weighted sum to the next full ten."""
    total = sum(int(digit) * weight for digit, weight in zip(reversed(digits), cycle(REFERENCE_WEIGHTS), strict=False))
    return str(-total % 10)


def is_viitenumero(text: str) -> bool:
    """Whether a reference as typed or read (with blanks, leading zeros) is one with a right check digit."""
    digits = text.replace(" ", "").lstrip("0")
    if not digits.isascii() or not digits.isdigit() or not 4 <= len(digits) <= 20:
        return False
    return check_digit(digits[:-1]) == digits[-1]


def rf_reference(reference: str) -> str:
    """The same reference in the international form, RF and two check digits before it (ISO 11649)."""
    return f"RF{98 - int(f'{reference}271500') % 97:02d}{reference}"


def virtual_barcode(iban: str, cents: int, reference: str, due_on: date) -> str:
    """What a payer copies into the bank instead of typing account, sum, reference and day: 54 digits, version 4.

    Finance Finland, Bank bar code guide. "" where there is none: a foreign account, nothing or too much to pay."""
    if not iban.startswith("FI") or not 0 < cents < 100_000_000:
        return ""
    return f"4{iban[2:]}{cents // 100:06d}{cents % 100:02d}000{reference:0>20}{due_on:%y%m%d}"


def grouped(reference: str) -> str:
    """A reference as printed: groups of five from the right."""
    turned = reference[::-1]
    return " ".join(turned[at : at + 5] for at in range(0, len(turned), 5))[::-1]
