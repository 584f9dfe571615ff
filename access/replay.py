"""Why a door decided as it did: the same decision taken again, with the list the door held then and its own clock."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from sqlalchemy import select, tuple_
from sqlalchemy.orm import Session, joinedload

from access import list_post
from access.decide import ClockView, Decision, Presented, Situation, decide
from access.models import AccessList, Door, DoorEvent, Right
from booking.models import Booking, Occurrence
from devices import messages
from devices.events import DoorReason, EventKind
from devices.messages import Clock, DoorMode, ListVersion, Medium, Reader

AROUND = timedelta(hours=12)
DOUBTS_S = (0, 1, 10, 60, 600, 3600)  # an event does not say by how much its door doubted its clock
LOOKS_BACK = 500  # events of the same door that may matter for a decision
DECIDED = (EventKind.GRANTED, EventKind.DENIED, EventKind.PENDING)
# What the door saw of other doors, contacts and people in that moment is in no event.
UNSEEN = frozenset({DoorReason.INTERLOCK, DoorReason.PASSBACK, DoorReason.SECOND_FACTOR, DoorReason.SECOND_PERSON})


class Agreement(StrEnum):
    """What taking the decision again shows."""

    SAME = "same"
    OTHER = "other"
    UNSEEN = "unseen"  # it rests on what only the door saw
    LIST_GONE = "list_gone"  # the words of that list are no longer kept
    LIST_UNKNOWN = "list_unknown"  # the door names a list that was never issued
    NOT_ASKED = "not_asked"  # the event is no decision


class Missing(StrEnum):
    """What was wanting for the door to open."""

    NOTHING = "nothing"
    STRANGER = "stranger"  # nobody here has such a card or PIN
    LEFT_OUT = "left_out"  # the door had no room for it
    ON_ITS_WAY = "on_its_way"  # given, but the door did not have that list yet
    TAKEN_AWAY = "taken_away"
    OTHER_TIME = "other_time"
    OTHER_DOOR = "other_door"
    NO_RIGHT = "no_right"


@dataclass(frozen=True, slots=True)
class NearRight:
    """A right of the same card or PIN that would have fitted, or nearly: at this door or another one."""

    right: Right
    door: Door
    turn: Occurrence


@dataclass(frozen=True, slots=True)
class Replay:
    """The door's own words, the decision taken again, and what was missing. `held`: the list the door named."""

    event: DoorEvent
    held: ListVersion | None
    issued_at: datetime | None
    not_after: datetime | None
    agreement: Agreement
    again: Decision | None
    missing: Missing
    near: NearRight | None


def replay(session: Session, event: DoorEvent) -> Replay:
    """The decision of this event taken again. The event must have its door loaded."""
    held = _named(event)
    if event.kind not in DECIDED:
        return Replay(event, held, None, None, Agreement.NOT_ASKED, None, Missing.NOTHING, None)
    row = _issued(session, event, held)
    again, agreement = _again(session, event, row, held)
    missing, near = _missing(session, event, row)
    issued, until = (row.issued_at, row.not_after) if row else (None, None)
    return Replay(event, held, issued, until, agreement, again, missing, near)


def _named(event: DoorEvent) -> ListVersion | None:
    told = event.body.get("list")
    return ListVersion(told["epoch"], told["version"]) if told else None


def _issued(session: Session, event: DoorEvent, held: ListVersion | None) -> AccessList | None:
    if held is None:
        return None
    query = select(AccessList).where(AccessList.door_id == event.door_id, AccessList.epoch == held.epoch)
    return session.scalar(query.where(AccessList.version == held.version))


def _again(
    session: Session, event: DoorEvent, row: AccessList | None, held: ListVersion | None
) -> tuple[Decision | None, Agreement]:
    if held is not None and row is None:
        return None, Agreement.LIST_UNKNOWN
    words = words_of(row) if row else None
    if held is not None and words is None:
        return None, Agreement.LIST_GONE
    if not event.body.get("cred"):
        return None, Agreement.UNSEEN
    found = _decisions(session, event, words)
    same = next((one for one in found if _told(one) == (event.kind, event.reason)), None)
    if same is not None:
        return same, Agreement.SAME
    return found[0], Agreement.UNSEEN if event.reason in UNSEEN else Agreement.OTHER


def _told(decision: Decision) -> tuple[str, str]:
    return decision.outcome.value, decision.reason.value


def _decisions(session: Session, event: DoorEvent, words: messages.AccessList | None) -> list[Decision]:
    """As decided with each doubt the door may have had of its clock; the first is without any."""
    mode, state = situation(session, event, words)
    reader = Reader(event.body.get("reader", Reader.IN.value))
    shown = Presented(Medium(event.body["medium"]), event.body["cred"], reader)
    clock, at = Clock(event.clock), int(event.body.get("at", event.device_at.timestamp()))
    doubts: Sequence[int] = DOUBTS_S if clock is Clock.HOLDOVER else DOUBTS_S[:2]
    views = [ClockView(clock, at, doubt) for doubt in doubts]
    moment = int(event.body.get("mono_ms", 0))
    return [decide(words, shown, view, mode=mode, state=state, mono_ms=moment) for view in views]


def words_of(row: AccessList) -> messages.AccessList | None:
    """The list as it was signed, with its pages; None when its words were emptied or are of an older form."""
    try:
        return list_post.read(row.payload)
    except (ValueError, KeyError, TypeError):
        return None


def situation(session: Session, event: DoorEvent, words: messages.AccessList | None) -> tuple[DoorMode, Situation]:
    """What the door had told of itself before: its mode, a fire, a keypad that waits, how often rights were used."""
    before = tuple_(DoorEvent.boot_epoch, DoorEvent.seq) < (event.boot_epoch, event.seq)
    query = select(DoorEvent).where(DoorEvent.door_id == event.door_id, before)
    newest = query.order_by(DoorEvent.boot_epoch.desc(), DoorEvent.seq.desc()).limit(LOOKS_BACK)
    return _situation(event, list(session.scalars(newest)), words)


def _situation(
    event: DoorEvent, earlier: Sequence[DoorEvent], words: messages.AccessList | None
) -> tuple[DoorMode, Situation]:
    """`earlier`: newest first."""
    mode = next((one.body.get("mode") for one in earlier if one.kind == EventKind.MODE_APPLIED), None)
    fire = next((one.body.get("active") for one in earlier if one.kind == EventKind.FIRE), None)
    lockout = any(one.kind == EventKind.LOCKOUT for one in earlier)
    this_boot = [one for one in earlier if one.boot_epoch == event.boot_epoch]
    state = Situation(
        fire=bool(fire),
        locked_out=lockout and event.reason == DoorReason.LOCKED_OUT,
        armed=any("first_in" in one.body.get("notes", ()) for one in this_boot),
        used=_used(earlier, words),
    )
    return DoorMode(mode) if mode else DoorMode.NORMAL, replace(state, inside=_inside(earlier, words))


def _used(earlier: Iterable[DoorEvent], words: messages.AccessList | None) -> dict[str, int]:
    used: dict[str, int] = {}
    limited = {right.id for right in words.rights if right.uses is not None} if words else set()
    for one in earlier:
        right = one.body.get("right")
        if one.kind == EventKind.GRANTED and right in limited:
            used[right] = used.get(right, 0) + 1
    return used


def _inside(earlier: Sequence[DoorEvent], words: messages.AccessList | None) -> frozenset[str]:
    """Who came in and did not go out, as far as the rights of this list tell who it was."""
    if words is None or words.rules.apb is None:
        return frozenset()
    holders = {right.id: right.holder for right in words.rights}
    inside: set[str] = set()
    for one in reversed(earlier):
        holder = holders.get(one.body.get("right") or "")
        if one.kind == EventKind.GRANTED and holder is not None:
            (inside.discard if one.body.get("reader") == Reader.OUT else inside.add)(holder)
    return frozenset(inside)


def _missing(session: Session, event: DoorEvent, row: AccessList | None) -> tuple[Missing, NearRight | None]:
    if event.kind != EventKind.DENIED:
        return Missing.NOTHING, None
    if event.credential_id is None:
        return Missing.STRANGER, None
    rights = _rights(session, event)
    here = [one for one in rights if one.door_id == event.door_id]
    fitting = [one for one in here if one.valid_from <= event.device_at < one.valid_until]
    if fitting:
        right = fitting[-1]
        return _why_absent(right, row), _near(session, right)
    if nearest := _nearest(here, event.device_at):
        return Missing.OTHER_TIME, _near(session, nearest)
    elsewhere = [one for one in rights if one.valid_from <= event.device_at < one.valid_until]
    return (Missing.OTHER_DOOR, _near(session, elsewhere[-1])) if elsewhere else (Missing.NO_RIGHT, None)


def _rights(session: Session, event: DoorEvent) -> list[Right]:
    """The rights of this card or PIN around that moment, at any door."""
    around = Right.valid_from < event.device_at + AROUND, Right.valid_until > event.device_at - AROUND
    query = select(Right).where(Right.credential_id == event.credential_id, *around)
    return list(session.scalars(query.order_by(Right.id)))


def _why_absent(right: Right, row: AccessList | None) -> Missing:
    version = row.version if row else 0
    if right.out_version is not None and right.out_version <= version:
        return Missing.TAKEN_AWAY
    if right.in_version > version:
        return Missing.ON_ITS_WAY
    return Missing.LEFT_OUT if row and right.ref in row.left_out else Missing.NOTHING


def _nearest(rights: Sequence[Right], at: datetime) -> Right | None:
    live = [one for one in rights if one.out_version is None]
    return min(live, key=lambda one: min(abs(one.valid_from - at), abs(one.valid_until - at)), default=None)


def _near(session: Session, right: Right) -> NearRight:
    turn = select(Occurrence).where(Occurrence.id == right.occurrence_id)
    loaded = joinedload(Occurrence.booking).joinedload(Booking.organisation), joinedload(Occurrence.space)
    found = session.scalars(turn.options(*loaded)).one()
    return NearRight(right, session.get_one(Door, right.door_id), found)
