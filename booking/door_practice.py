"""How the door of a booked time opens by the rulebook of its day: how, from when until when, and what stands in the
way. Asked anew each time: what was signed, paid or banned a moment ago counts at once."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import func, select
from sqlalchemy.orm import Session, joinedload

from booking.asked import NEEDS
from booking.availability import Tree
from booking.core.rulebook import Rulebook, access_of, facts_for, limits_of, standing
from booking.core.rules.access import AccessRule, End, Mode
from booking.core.rules.limits import LimitVerdict, NeededFor, Status
from booking.core.rules.prepare import treated
from booking.core.rules.rows import Citation
from booking.core.span import Span
from booking.happenings.history import BANS, bans_at
from booking.happenings.models import Happening, HappeningState, Sanction
from booking.ids import BookingId, OccurrenceId
from booking.judging import book_of
from booking.models import Booking, Occurrence, OccurrenceState, Space
from booking.money.settled import settled
from booking.refusals import BadInput
from booking.rounds.plan_models import SlotGrant
from booking.rounds.season_models import GrantYear
from booking.wishes import Again

# Where a door has a reader, who has a key of their own opens it with a card or a code made for the booking.
CODES = frozenset({Mode.OWN_KEY, Mode.PIN, Mode.PHONE})
ELECTRONIC = CODES | {Mode.TAG}  # of the others people open the door, or it is open
NO_BAN = "no_ban"
BEING_UNDONE = "slot_being_undone"
SECOND = timedelta(seconds=1)  # doors reckon in whole seconds: an end that is still inside lasts one more


@dataclass(frozen=True, slots=True)
class DoorPractice:
    """How one time gets in. `rule` None: the rulebook says nothing of doors, and the space's own lead time holds.

    `because`: needs not met, as the rulebook names them, and rows that stand against it; `rows`: those as cited."""

    opens_at: datetime
    closes_at: datetime
    rule: AccessRule | None = None
    because: tuple[str, ...] = ()
    rows: tuple[Citation, ...] = ()
    leave_by: datetime | None = None

    @property
    def allowed(self) -> bool:
        return not self.because

    @property
    def electronic(self) -> bool:
        """Whether a card (a tag), a PIN or a phone opens at all."""
        return self.rule is None or self.rule.mode in ELECTRONIC

    @property
    def codes(self) -> bool:
        """Whether a door code belongs to the booking."""
        return self.rule is None or self.rule.mode in CODES

    @property
    def opens(self) -> bool:
        """Whether a right belongs at the door."""
        return self.electronic and self.allowed

    @property
    def lead_min(self) -> int | None:
        """How many minutes before the start, where the rulebook says it."""
        return None if self.rule is None else self.rule.before_minutes


def practices(
    session: Session, occurrences: Collection[OccurrenceId], now: datetime
) -> dict[OccurrenceId, DoorPractice]:
    """The practice of each of these times, by the rows valid on its own day. A ban shuts every door."""
    query = select(Occurrence).where(Occurrence.id.in_(list(occurrences)))
    rows = session.scalars(
        query.options(
            joinedload(Occurrence.booking).joinedload(Booking.organisation),
            joinedload(Occurrence.space).joinedload(Space.premises),
        )
    ).all()
    banned = set(session.scalars(select(Sanction.organisation_id).where(*BANS))) if rows else set()
    shut = _being_undone(session, rows)
    found = {row.id: _undone(row, _leading(session, row, _by_rules(session, row, now)), shut) for row in rows}
    return found | {
        row.id: _banned(session, row, found[row.id]) for row in rows if row.booking.organisation_id in banned
    }


def practice_of(session: Session, row: Occurrence, now: datetime) -> DoorPractice:
    """The practice of one time; its booking, organisation, space and premises are loaded."""
    found = _leading(session, row, _by_rules(session, row, now))
    return _banned(session, row, _undone(row, found, _being_undone(session, [row])))


def _being_undone(session: Session, rows: Collection[Occurrence]) -> Mapping[BookingId, datetime]:
    """The bookings of season slots that are being undone, with the instant after which their times open no door."""
    ids = {row.booking_id for row in rows if row.booking.kind == "regular"}
    if not ids:
        return {}
    first = select(SlotGrant.booking_id, SlotGrant.shut_at).where(SlotGrant.booking_id.in_(ids))
    years = select(GrantYear.booking_id, SlotGrant.shut_at).join(SlotGrant, SlotGrant.id == GrantYear.grant_id)
    found = (
        *session.execute(first.where(SlotGrant.shut_at.is_not(None))),
        *session.execute(years.where(GrantYear.booking_id.in_(ids), SlotGrant.shut_at.is_not(None))),
    )
    return {booking: shut_at for booking, shut_at in found if booking is not None and shut_at is not None}


def _undone(row: Occurrence, found: DoorPractice, shut: Mapping[BookingId, datetime]) -> DoorPractice:
    shut_at = shut.get(row.booking_id)
    if shut_at is None or row.starts_at <= shut_at:
        return found
    return replace(found, because=(BEING_UNDONE, *found.because))


def _banned(session: Session, row: Occurrence, found: DoorPractice) -> DoorPractice:
    """The practice with the ban that is in force in that space on its day, if there is one."""
    if NO_BAN in found.because or not bans_at(session, row.booking.organisation_id, local_day(row), row.space):
        return found
    return replace(found, because=(NO_BAN, *found.because))


def _by_rules(session: Session, row: Occurrence, now: datetime) -> DoorPractice:
    usual = DoorPractice(row.starts_at - timedelta(minutes=row.space.door_lead_min), row.ends_at)
    span, day = Span(row.starts_at, row.ends_at), local_day(row)
    try:
        book = standing(book_of(row.space, span), day)
    except BadInput:
        return usual
    if not book.access and not any(limit.needed_for is NeededFor.ACCESS for limit in book.limits):
        return usual
    facts = _facts(session, book, row, now)
    against = tuple(one for one in limits_of(book, facts, day) if one.needed_for is NeededFor.ACCESS)
    verdict = access_of(book, facts, day, against)
    if verdict is None:
        return replace(usual, **_standing_against(against, [one.row.row for one in against if _shuts(one)]))
    because = verdict.because if verdict.allowed is False else verdict.missing if verdict.allowed is None else ()
    shown = usual if verdict.rule is None else _by(verdict.rule, row)
    return replace(shown, **_standing_against(against, because))


def _leading(session: Session, row: Occurrence, found: DoorPractice) -> DoorPractice:
    """The practice with what the space itself says: its own minutes before and after go before those of the rulebook,
    and where nobody enters while the group before is inside, the door opens when that group's time ends."""
    space = row.space
    if space.lead_in_min is not None:
        found = replace(found, opens_at=row.starts_at - timedelta(minutes=space.lead_in_min))
    if space.lead_out_min is not None:
        found = replace(found, closes_at=row.ends_at + timedelta(minutes=space.lead_out_min))
    if space.enter_early or found.opens_at >= row.starts_at:
        return found
    return replace(found, opens_at=_when_empty(session, row, found.opens_at))


def _when_empty(session: Session, row: Occurrence, opens_at: datetime) -> datetime:
    """When the last group that has the space, a part of it or the whole before this time is out, from `opens_at` on."""
    tree = Tree(session, [row.space.premises_id])
    shared = [space for space in tree.parent if tree.share(space, row.space_id)]
    query = select(func.max(Occurrence.ends_at)).where(Occurrence.space_id.in_(shared))
    query = query.where(Occurrence.state == OccurrenceState.CONFIRMED.value, Occurrence.booking_id != row.booking_id)
    last = session.scalar(query.where(Occurrence.ends_at > opens_at, Occurrence.ends_at <= row.starts_at))
    return last or opens_at


def local_day(row: Occurrence) -> date:
    return row.starts_at.astimezone(ZoneInfo(row.space.premises.zone)).date()


def _shuts(one: LimitVerdict) -> bool:
    return one.status is not Status.KEPT


def _standing_against(limits: tuple[LimitVerdict, ...], because: Collection[str]) -> dict[str, Any]:
    rows = tuple(one.row for one in limits if one.row.row in because)
    return {"because": tuple(because), "rows": rows}


def _by(rule: AccessRule, row: Occurrence) -> DoorPractice:
    """The window of a rule. A start that is not inside begins a second later, an end that is inside a second later.

    Rows for keys seldom tell minutes, for a key has none: then the space's own lead holds at its reader."""
    keys = rule.mode is Mode.OWN_KEY and not rule.before_minutes
    opens_at = row.starts_at - timedelta(minutes=row.space.door_lead_min if keys else rule.before_minutes)
    closes_at = row.ends_at + timedelta(minutes=rule.after_minutes)
    leave = rule.leave_by_minutes
    return DoorPractice(
        opens_at=opens_at + SECOND if rule.start is End.OPEN else opens_at,
        closes_at=closes_at + SECOND if rule.end is End.CLOSED else closes_at,
        rule=rule,
        leave_by=None if leave is None else row.ends_at + timedelta(minutes=leave),
    )


def _facts(session: Session, book: Rulebook, row: Occurrence, now: datetime) -> Mapping[str, Any]:
    """What is known now of a booked time; its lead counts from when it was booked."""
    booking = row.booking
    again = Again(session, booking, now, frozenset({row.id}), applied_at=booking.made_at)
    knowing = again.knowing(row, row.space, dict(row.trace.get("decided_facts", {})))
    facts = facts_for(book, knowing.request(book, Span(row.starts_at, row.ends_at), None))
    if not NEEDS_PAYMENT.isdisjoint(_asked(book)):
        facts["activity.prepaid"] = settled(session, row)
    if kind := _revoking(session, book, row):
        facts["event.kind"] = kind
    treated(book, facts)
    return facts


NEEDS_PAYMENT = frozenset(NEEDS["prepayment"])


def _asked(book: Rulebook) -> set[str]:
    needed = {need.partition(":")[0] for rule in book.access for need in rule.needs}
    limited = {limit.kind.value for limit in book.limits}
    return {name for need in needed | limited for name in NEEDS.get(need, ())}


def _revoking(session: Session, book: Rulebook, row: Occurrence) -> str | None:
    """What happened at a time of this booking after which some rule ends the right to the door at once."""
    kinds = {kind for rule in book.access for kind in rule.revoke_on}
    if not kinds:
        return None
    query = select(Happening.kind).join(Occurrence, Occurrence.id == Happening.occurrence_id)
    query = query.where(Occurrence.booking_id == row.booking_id, Happening.kind.in_(kinds))
    return session.scalar(query.where(Happening.state == HappeningState.CONFIRMED.value).limit(1))
