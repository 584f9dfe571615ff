"""What is wrong with a draft, in words: the row and the field by their names, and the fault as a sentence."""

from __future__ import annotations

import re
from collections.abc import Callable
from re import Match
from typing import Any

from flask_babel import gettext as _

from web.rule_sheets import tables
from web.rule_words import field_name, table_name

Sentence = Callable[[Match[str]], Any]
SENTENCES: tuple[tuple[str, Sentence], ...] = (
    (r"(Missing data for required field\.|missing)", lambda m: _("is missing")),
    (r'missing; write "unknown" .*', lambda m: _("is missing: write unknown when nobody knows the sum")),
    (
        r'unknown field; did you mean "(.+)"\?',
        lambda m: _("there is no such field; did you mean “%(word)s”?", word=m[1]),
    ),
    (r"unknown field.*", lambda m: _("there is no such field")),
    (
        r'unknown "(.*)"; did you mean "(.+)"\?',
        lambda m: _("“%(word)s” is not known; did you mean “%(other)s”?", word=m[1], other=m[2]),
    ),
    (r'unknown "(.*)".*', lambda m: _("“%(word)s” is not known", word=m[1])),
    (
        r'unknown fact "(.*?)"; did you mean "(.+)"\?',
        lambda m: _("there is no fact “%(word)s”; did you mean “%(other)s”?", word=m[1], other=m[2]),
    ),
    (r'unknown fact "(.*?)".*', lambda m: _("there is no fact “%(word)s”", word=m[1])),
    (r'no condition named "(.*?)".*', lambda m: _("there is no condition named “%(word)s”", word=m[1])),
    (r"used twice in .*", lambda m: _("is used twice")),
    (r"Must be one of: (.*)", lambda m: _("must be one of: %(words)s", words=m[1])),
    (r"Not a valid integer\.|.*whole number.*", lambda m: _("must be a whole number")),
    (r"a day is written as .*", lambda m: _("is no day: write for example 2027-01-31")),
    (r"an amount is a text such as .*", lambda m: _("is no amount: write for example 7.50")),
    (r"small letters, digits and hyphens only", lambda m: _("small letters, digits and hyphens only")),
    (r"Shorter than minimum length 1\.", lambda m: _("is missing")),
)


def fault_said(line: str) -> str:
    """One line of a check: where first, then what."""
    where, what = parted(line)
    said = next(
        (str(sentence(match)) for pattern, sentence in SENTENCES if (match := re.fullmatch(pattern, what))), what
    )
    return ": ".join([*where, said])


def parted(line: str) -> tuple[list[str], str]:
    """The places a fault is at, named, and the fault itself: what has blanks or quotes is no place any more."""
    parts = line.split(": ")
    where: list[str] = []
    while len(parts) > 1 and re.fullmatch(r"[A-Za-z0-9_.-]+|number \d+", parts[0]):
        where.append(place_name(parts.pop(0), first=not where))
    return where, ": ".join(parts)


def place_name(part: str, *, first: bool) -> str:
    if first and part in tables():
        return table_name(part)
    return field_name(part)
