"""The button on a phone: who has a right at a door now, and stands before it, has it opened.

That they stand there is shown by the code of the moment on the screen beside the door. The service decides as the door
would; the order is void after five seconds, and what the page says is what the door answered."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session, joinedload

from access import access_list, commands, door_modes, upcoming
from access.code_models import PhoneOpening, PhoneOutcome
from access.decide import ClockView, Presented, decide
from access.ids import CredentialId
from access.keys import Vault, link_key
from access.models import Door, DoorCommand
from access.practice import practice
from access.serving import doors_of
from access.wanted import Bearer, Use, WantedRight, wanted
from booking.acts import Act, ActKind, tell
from booking.ids import OccurrenceId, PersonId
from booking.models import Occurrence, Person
from booking.refusals import NotFound, TooMany
from devices import presence
from devices.messages import Clock, Medium, Right

ASSURANCE = "L1"
_NEAR = timedelta(days=1)  # no time and no lead is longer
_CRED = "0" * 64
_PHONE = CredentialId(0)


@dataclass(frozen=True, slots=True)
class Standing:
    """Whether a person may open a door now, why (a reason of the door's table), and for which time."""

    allowed: bool
    reason: str
    occurrence: OccurrenceId | None


def press(session: Session, vault: Vault, door: Door, person: Person, typed: str, now: datetime) -> PhoneOpening:
    """One press, kept whatever comes of it. Raises TooMany after too many wrong codes; these are kept as well."""
    session.get_one(Person, person.id, with_for_update=True)  # presses of one person are numbered without a gap
    _mind_tries(session, person.id, now)
    step = presence.matching(
        link_key(vault, door), door.controller_id, typed, now_step=presence.step_at(_seconds(now), _step_s())
    )
    if step is None:
        return _kept(session, door, person, PhoneOutcome.WRONG_CODE, now)
    standing = may_open(session, door, person.id, now)
    if not standing.allowed:
        return _kept(session, door, person, PhoneOutcome.NO_RIGHT, now, step=step, reason=standing.reason)
    order = commands.ask_by_phone(session, door, by=person.id, now=now)
    row = _kept(session, door, person, PhoneOutcome.ASKED, now, step=step, reason=standing.reason, order=order)
    row.occurrence_id = standing.occurrence
    session.flush()
    return row


def may_open(session: Session, door: Door, person: PersonId, now: datetime) -> Standing:
    """Decided as at the door, from what the person's bookings want at this instant: a phone counts as a code."""
    rights = {f"phone-{number}": right for number, right in enumerate(sorted(_wanted(session, door, person, now)), 1)}
    built, _ = access_list.build(session, door, now, cred=_CRED)  # rules and windows of the door, and nobody's rights
    held = replace(built, rights=tuple(_right(ref, right) for ref, right in sorted(rights.items())))
    shown, clock = Presented(Medium.PIN, _CRED), ClockView(Clock.SYNCED, _seconds(now))
    decision = decide(held, shown, clock, mode=door_modes.mode_of(session, door.id))
    right = rights.get(decision.right or "")
    return Standing(decision.granted, decision.reason.value, right.occurrence if right else None)


def code_of(vault: Vault, door: Door, now: datetime) -> tuple[str, int]:
    """What the screen beside the door shows now, and for how many seconds more."""
    step = presence.step_at(_seconds(now), _step_s())
    left = (step + 1) * _step_s() - _seconds(now)
    return presence.code(link_key(vault, door), door.controller_id, step), left


def opening_of(session: Session, ref: str, person: PersonId) -> tuple[PhoneOpening, DoorCommand | None]:
    """One's own press and the order that came of it. Raises NotFound, also for those of others."""
    row = session.scalar(select(PhoneOpening).where(PhoneOpening.ref == ref, PhoneOpening.person_id == person))
    if row is None:
        raise NotFound(what="opening")
    order = session.get(DoorCommand, row.command_id, options=[joinedload(DoorCommand.door)]) if row.command_id else None
    return row, order


def _wanted(session: Session, door: Door, person: PersonId, now: datetime) -> frozenset[WantedRight]:
    near = select(Occurrence.id).where(Occurrence.starts_at < now + _NEAR, Occurrence.ends_at > now - _NEAR)
    mine = near.where(Occurrence.id.in_(upcoming.occurrences_of_person(session, person, now)))
    uses = upcoming.uses(session, session.scalars(mine).all(), now)
    spaces = frozenset().union(*(use.spaces for use in uses))
    return wanted(
        uses,
        [_bearer(use, door, person) for use in {use.booking: use for use in uses}.values()],
        doors=doors_of(session, spaces),
        key_holders=upcoming.key_holders(session, {use.organisation for use in uses}),
    )


def _bearer(use: Use, door: Door, person: PersonId) -> Bearer:
    return Bearer(_PHONE, person, use.booking, frozenset({door.id}))


def _right(ref: str, right: WantedRight) -> Right:
    starts, ends = int(right.valid_from.timestamp()), int(right.valid_until.timestamp())
    return Right(ref, _CRED, Medium.PIN, starts, ends)


def _kept(
    session: Session,
    door: Door,
    person: Person,
    outcome: PhoneOutcome,
    now: datetime,
    *,
    step: int | None = None,
    reason: str = "",
    order: DoorCommand | None = None,
) -> PhoneOpening:
    last = session.scalar(select(func.max(PhoneOpening.user_seq)).where(PhoneOpening.person_id == person.id)) or 0
    row = PhoneOpening(
        door_id=door.id,
        person_id=person.id,
        user_seq=last + 1,
        at=now,
        outcome=outcome.value,
        reason=reason,
        step=step,
        command_id=order.id if order else None,
    )
    session.add(row)
    session.flush()
    body = {"door": door.ref, "user_seq": row.user_seq, "outcome": outcome.value, "assurance": ASSURANCE}
    body |= {"reason": reason, "command": order.ref if order else None}
    tell(session, Act(ActKind.PHONE_PRESSED, now, person.id, row.ref, body, door.premises_id, (person.id,)))
    return row


def _mind_tries(session: Session, person: PersonId, now: datetime) -> None:
    since = now - timedelta(minutes=practice().phone_tries_min)
    wrong = (PhoneOpening.person_id == person) & (PhoneOpening.outcome == PhoneOutcome.WRONG_CODE.value)
    times = session.scalars(select(PhoneOpening.at).where(wrong, PhoneOpening.at > since).order_by(PhoneOpening.at))
    if len(found := times.all()) >= practice().phone_tries:
        raise TooMany(retry_after_s=int((found[0] - since).total_seconds()) + 1)


def _seconds(now: datetime) -> int:
    return int(now.timestamp())


def _step_s() -> int:
    return practice().presence_step_s
