"""Use as open data, without personal data: months and premises, and kinds of users where there are enough of them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from booking.practice import practice
from booking.reports.uses import Sums, Use, summed

ALL = "all"


@dataclass(frozen=True, slots=True)
class Line:
    """One month at one premises, of one kind of users or of all. Money is None where so few used it that a sum would
    tell of one of them, or where some of it is unknown."""

    month: str
    premises: str
    district: str
    users: str
    times: int
    minutes: int
    normal_cents: int | None
    charged_cents: int | None
    support_cents: int | None


def lines(found: Iterable[Use]) -> list[Line]:
    """All users of each month and premises, then each kind that has at least `open_data_least_users` of them.

    A kind is told only when the rest, too, are enough: else the difference would tell of the few."""
    kept = list(found)
    least = practice("open_data_least_users")
    wholes = summed(kept, lambda use: (use.month, use.premises_name, use.district))
    parts = summed(kept, lambda use: (use.month, use.premises_name, use.district, use.organisation_kind))
    out: list[Line] = []
    for place, whole in sorted(wholes.items()):
        out.append(_line((*place, ALL), whole, enough=len(whole.organisations) >= least))
        own = {key: sums for key, sums in sorted(parts.items()) if key[:3] == place}
        if all(len(sums.organisations) >= least for sums in own.values()):
            out += [_line(key, sums, enough=True) for key, sums in own.items()]
    return out


def _line(key: tuple[str, str, str, str], sums: Sums, *, enough: bool) -> Line:
    known = enough and not sums.unknown
    money = (sums.normal_cents, sums.charged_cents, sums.support_cents) if known else (None, None, None)
    return Line(*key, sums.times, sums.minutes, *money)
