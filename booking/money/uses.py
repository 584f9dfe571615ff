"""From occurrences to charges: every booked time with a price is charged once, and no longer when it is not booked."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import String, cast, or_, select
from sqlalchemy.orm import Session, joinedload

from booking.core.rules.invoices import RunWhen
from booking.ids import BookingId, OccurrenceId, PremisesId
from booking.models import Occurrence, OccurrenceState, Space
from booking.money import crediting
from booking.money.charges import Owed, charge_of
from booking.money.models import Charge, ChargeKind, ChargeState

LIVE = (ChargeState.OPEN.value, ChargeState.INVOICED.value, ChargeState.WAIVED.value)
MARGIN = timedelta(days=1)  # local days and instants never differ by more


@dataclass(frozen=True, slots=True)
class Settling:
    """What has to happen so that charges agree with what was booked. `made`: charges not yet in the database."""

    made: list[Charge] = field(default_factory=list)
    gone: list[Charge] = field(default_factory=list)


def settling(session: Session, premises: Sequence[PremisesId], until: date, when: RunWhen, now: datetime) -> Settling:
    """The charges to make and to take back for uses up to a local day; nothing is changed."""
    charged, keys = _charged(session, premises)
    replaced = _replaced(session, premises)
    found = Settling()
    rows = list(_occurrences(session, premises, until, when, now, charged))
    firsts = _firsts(session, rows)
    for row in rows:
        wanted = _wanted(row, until, firsts)
        if row.id in replaced:
            wanted.pop("use", None)
        _compare(found, wanted, charged.get(row.id, {}), now)
    return Settling([row for row in found.made if row.key not in keys], found.gone)


def settle(session: Session, found: Settling, *, now: datetime) -> None:
    """Write what a settling found: new charges, and old ones taken back, by a credit note where they were sent."""
    session.add_all(found.made)
    session.flush()
    for row in found.gone:
        crediting.take_back(session, row, reason="not_booked", by=None, now=now)


def _compare(found: Settling, wanted: dict[str, Owed], there: dict[str, Charge], now: datetime) -> None:
    for line, owed in wanted.items():
        before = there.get(line)
        if before is None:
            found.made.append(charge_of(owed, by=None, now=now))
        elif before.gross_cents is not None and before.gross_cents != owed.gross_cents and not before.reason:
            found.gone.append(before)
            found.made.append(charge_of(owed, by=None, now=now))
    found.gone.extend(row for line, row in there.items() if line not in wanted)


def _wanted(row: Occurrence, until: date, firsts: set[OccurrenceId]) -> dict[str, Owed]:
    """What is owed for one occurrence, by line: its price, and its add-ons. The price of a whole season is owed for the
    first time of the booking."""
    day = row.starts_at.astimezone(ZoneInfo(row.space.premises.zone)).date()
    if row.state != OccurrenceState.CONFIRMED or day > until:
        return {}
    owed = {str(line["row"]): _add_on(row, day, line) for line in row.lines}
    if not row.trace.get("whole_season") or row.id in firsts:
        owed["use"] = _use(row, day)
    return {line: one for line, one in owed.items() if one.gross_cents != 0}


def _gross(row: Occurrence) -> int | None:
    if row.net_cents is not None and row.vat_cents is not None:
        return row.net_cents + row.vat_cents
    return row.price_cents


def _use(row: Occurrence, day: date) -> Owed:
    return replace(
        _owed(row, day, "use", ChargeKind.USE),
        gross_cents=_gross(row),
        net_cents=row.net_cents,
        vat_percent=row.vat_percent,
        text=_text(row, {}),
        citation=_cited(row, table="rates"),
        trace={"line": "use", "working": row.trace.get("formula", "")},
    )


def _add_on(row: Occurrence, day: date, line: dict[str, Any]) -> Owed:
    net, vat, percent = line.get("net_cents"), line.get("vat_cents"), line.get("vat_percent")
    return replace(
        _owed(row, day, line["row"], ChargeKind.EXTRA),
        gross_cents=line["cents"] if net is None or vat is None else net + vat,
        net_cents=net,
        vat_percent=None if percent is None else Decimal(percent),
        text=_text(row, line.get("text") or {}),
        citation=_cited(row, row_id=line["row"]),
        trace={"line": line["row"], "working": line.get("working", "")},
    )


def _owed(row: Occurrence, day: date, line: str, kind: ChargeKind) -> Owed:
    return Owed(
        key=f"{line}:{row.ref}" + (f":{row.sequence}" if row.sequence else ""),
        kind=kind,
        organisation=row.booking.organisation_id,
        premises=row.space.premises_id,
        happened_on=day,
        gross_cents=None,
        text={},
        occurrence=row.id,
        price_class=row.price_class,
    )


def _cited(row: Occurrence, *, table: str = "", row_id: str = "") -> dict[str, Any]:
    """The row of the rulebook that a sum comes from, as the trace of the occurrence cites it."""
    cited = [each for each in row.trace.get("reasons", ()) if table == each["table"] or row_id == each["row"]]
    return dict(cited[-1]) if cited else {}


def _firsts(session: Session, rows: Sequence[Occurrence]) -> set[OccurrenceId]:
    """The first booked time of each booking that is priced for a whole season."""
    bookings = {row.booking_id for row in rows if row.trace.get("whole_season")}
    found: dict[BookingId, OccurrenceId] = {}
    query = select(Occurrence.booking_id, Occurrence.id).where(Occurrence.booking_id.in_(bookings))
    booked = query.where(Occurrence.state == OccurrenceState.CONFIRMED.value)
    for booking, row in session.execute(booked.order_by(Occurrence.starts_at)) if bookings else ():
        found.setdefault(booking, row)
    return set(found.values())


def _text(row: Occurrence, added: dict[str, str]) -> dict[str, str]:
    """Such as "Sali 1, Keksilän päiväkoti, klo 18.00–19.30", in every language."""
    zone = ZoneInfo(row.space.premises.zone)
    start, end = (at.astimezone(zone) for at in (row.starts_at, row.ends_at))
    said = {}
    for language, sign in (("fi", "."), ("sv", "."), ("en", ":")):
        clock = "–".join(f"{at.hour}{sign}{at.minute:02d}" for at in (start, end))
        parts = (
            added.get(language) or added.get("fi", ""),
            row.space.name(language),
            row.space.premises.name(language),
            clock,
        )
        said[language] = ", ".join(part for part in parts if part)
    return said


def _occurrences(
    session: Session,
    premises: Sequence[PremisesId],
    until: date,
    when: RunWhen,
    now: datetime,
    charged: dict[OccurrenceId, dict[str, Charge]],
) -> Iterable[Occurrence]:
    """The occurrences a run looks at: booked ones up to the day, and those charged before that may be so no longer."""
    query = (
        select(Occurrence)
        .join(Space, Space.id == Occurrence.space_id)
        .where(Space.premises_id.in_(premises))
        .options(joinedload(Occurrence.space).joinedload(Space.premises), joinedload(Occurrence.booking))
        .order_by(Occurrence.starts_at, Occurrence.id)
    )
    limit = datetime.combine(until, datetime.min.time(), tzinfo=now.tzinfo) + 2 * MARGIN
    costs = or_(Occurrence.price_cents.is_(None), Occurrence.price_cents != 0, cast(Occurrence.lines, String) != "[]")
    booked = query.where(Occurrence.state == OccurrenceState.CONFIRMED.value, Occurrence.starts_at < limit, costs)
    if when is RunWhen.AFTER_USE:
        booked = booked.where(Occurrence.ends_at <= now)
    known = set()
    for row in session.scalars(booked):
        known.add(row.id)
        yield row
    others = [each for each in charged if each not in known]
    for start in range(0, len(others), 500):
        yield from session.scalars(query.where(Occurrence.id.in_(others[start : start + 500])))


def _charged(
    session: Session, premises: Sequence[PremisesId]
) -> tuple[dict[OccurrenceId, dict[str, Charge]], frozenset[str]]:
    """The live charges of uses and add-ons, by occurrence and line; and every key ever used."""
    query = select(Charge).where(Charge.premises_id.in_(premises), Charge.occurrence_id.is_not(None))
    rows = list(session.scalars(query.order_by(Charge.id)))
    credited = crediting.credited(session, premises)
    found: dict[OccurrenceId, dict[str, Charge]] = {}
    for row in rows:
        if row.occurrence_id and row.state in LIVE and "line" in row.trace and row.id not in credited:
            found.setdefault(row.occurrence_id, {})[row.trace["line"]] = row
    return found, frozenset(row.key for row in rows)


def _replaced(session: Session, premises: Sequence[PremisesId]) -> set[OccurrenceId]:
    """The occurrences for which something else is asked instead of their price, as a fee for not coming."""
    query = select(Charge).where(Charge.premises_id.in_(premises), Charge.instead_of_use, Charge.state.in_(LIVE))
    credited = crediting.credited(session, premises)
    return {row.occurrence_id for row in session.scalars(query) if row.occurrence_id and row.id not in credited}
