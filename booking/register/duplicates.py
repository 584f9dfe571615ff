"""Entries that are likely the same organisation: the same number, or nearly the same name."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from difflib import SequenceMatcher
from itertools import combinations

from sqlalchemy import select
from sqlalchemy.orm import Session

from booking.ids import OrganisationId
from booking.models import Organisation, OrganisationKind

# Words that say what an organisation is and not which: ry, rf, oy, ab, registered …
FORMS = frozenset({"ry", "rf", "oy", "ab", "oyj", "rekisteroity", "yhdistys", "seura", "forening", "foreningen", "the"})
LIKE = 0.88  # of two names without those words: a letter or two in fifteen may differ
FEWEST_LETTERS = 4


@dataclass(frozen=True, slots=True)
class Likely:
    """Two entries that may be one. `why`: number or name."""

    first: Organisation
    second: Organisation
    why: str


def words(name: str) -> list[str]:
    """The words of a name as they are compared: small letters without accents, signs and words of form."""
    letters = unicodedata.normalize("NFKD", name.casefold()).encode("ascii", "ignore").decode()
    found = re.findall(r"[a-z0-9]+", letters)
    return [word for word in found if word not in FORMS] or found


def alike(first: str, second: str) -> bool:
    """Whether two names are nearly the same, in the same order of words or another. A different figure in them makes
    them two teams."""
    if sorted(re.findall(r"\d+", first)) != sorted(re.findall(r"\d+", second)):
        return False
    mine, other = words(first), words(second)
    return _like(" ".join(mine), " ".join(other)) or _like(" ".join(sorted(mine)), " ".join(sorted(other)))


def _like(first: str, second: str) -> bool:
    if min(len(first), len(second)) < FEWEST_LETTERS:
        return first == second
    match = SequenceMatcher(None, first, second, autojunk=False)
    return match.quick_ratio() >= LIKE and match.ratio() >= LIKE


def likely(session: Session) -> list[Likely]:
    """All such pairs among the entries in use, by name."""
    query = select(Organisation).where(Organisation.merged_into_id.is_(None))
    rows = list(
        session.scalars(query.where(Organisation.kind != OrganisationKind.PERSON.value).order_by(Organisation.id))
    )
    found: dict[tuple[OrganisationId, OrganisationId], Likely] = {}
    for first, second in _near(rows):
        why = "number" if _same_number(first, second) else "name"
        if why == "number" or alike(first.name, second.name):
            found[(first.id, second.id)] = Likely(first, second, why)
    return sorted(found.values(), key=lambda pair: (pair.first.name, pair.second.name))


def _near(rows: Iterable[Organisation]) -> set[tuple[Organisation, Organisation]]:
    """The pairs worth comparing: those that share the beginning of a word, or a number."""
    blocks: dict[str, list[Organisation]] = {}
    for row in rows:
        keys = {word[:4] for word in words(row.name)} | {f"#{number}" for number in _numbers(row)}
        for key in keys:
            blocks.setdefault(key, []).append(row)
    return {pair for block in blocks.values() for pair in combinations(block, 2)}


def _numbers(row: Organisation) -> set[str]:
    return {re.sub(r"\D", "", number) for number in (row.registration_number, row.business_id) if number}


def _same_number(first: Organisation, second: Organisation) -> bool:
    return not _numbers(first).isdisjoint(_numbers(second))
