"""Small towns for tests of money: a rulebook from the rows that matter, read as any file is."""

import re
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

from booking.core.rulebook import Outcome, Rulebook, evaluate
from booking.rulebook_requests import request_of
from booking.rulebooks import load

HEAD = """
family = "town"
version = "2026-01"
valid_from = 2020-01-01
municipality = "Town"
binding_language = "fi"
decider = "manager"
name = { fi = "K", sv = "S", en = "T" }
[sources.S]
title = "Board"
[policy]
priority = "first_match"
price = "first_match"
[[priority_classes]]
id = "1"
name = { fi = "Kaikki", sv = "Alla" }
[[priority]]
id = "everybody"
class = "1"
"""
CLASSES = """
[[price_classes]]
id = "free"
name = { fi = "Maksuton", sv = "Avgiftsfri" }
[[price_classes]]
id = "1"
name = { fi = "Ryhmä 1", sv = "Grupp 1" }
[[price_classes]]
id = "2"
name = { fi = "Ryhmä 2", sv = "Grupp 2" }
[[price]]
id = "children-free"
class = "free"
when = { fact = "audience.group", is = "==", value = "children", not_told = "no" }
[[price]]
id = "associations"
class = "1"
when = { fact = "applicant.kind", is = "==", value = "association", not_told = "no" }
[[price]]
id = "the-rest"
class = "2"
"""
ROW = re.compile(r"^\[\[(exclusions|priority|price|rates|adjustments|add_ons|vat)\]\]$|^\[invoicing\]$", re.MULTILINE)
CITED = '\\g<0>\ndecision = "§ 1"\nsource = "S"\ntext = { fi = "Rivi", sv = "Rad", en = "Row" }'


def written(rows: str, classes: str = CLASSES) -> str:
    """The whole document: each row cited alike."""
    return ROW.sub(CITED, HEAD + classes + rows)


@cache
def town(rows: str, classes: str = CLASSES) -> Rulebook:
    """A rulebook with these rows of money. Raises RulebookError."""
    with TemporaryDirectory() as folder:
        path = Path(folder) / "town-2026-01.toml"
        path.write_text(written(rows, classes), encoding="utf-8")
        return load(path)


def rate(fields: str) -> Rulebook:
    """A town with one rate for everybody, which is also the normal price."""
    return town(f'[[rates]]\nid = "rate"\nnormal = true\n{fields}')


def asked(book: Rulebook, **groups: dict) -> Outcome:
    """What the town answers to a request told by its groups of facts."""
    return evaluate(book, request_of(groups, book.words, book.own_facts))


def lasting(minutes: int, start: str = "2026-03-03T08:00") -> dict:
    """A time of so many minutes on a weekday morning, unless told otherwise."""
    begins = datetime.fromisoformat(start)
    return {"start": start, "end": (begins + timedelta(minutes=minutes)).isoformat()}
