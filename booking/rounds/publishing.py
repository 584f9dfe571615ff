"""Publishing a round and what may be done after it: days moved later, the public draw, closing with nothing granted."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from booking.acts import Act, ActKind, tell
from booking.core.allocation.instance import Fairness, HistoryMode
from booking.ids import PersonId
from booking.models import Organisation, Person
from booking.refusals import BadInput, NotNow, RoundNotReady
from booking.rounds import hours
from booking.rounds.listing import spaces_of
from booking.rounds.models import Application, ApplicationState, Round, RoundState
from booking.rounds.notice_models import NoticeKind, RoundNotice
from booking.rounds.plan_models import GrantState, SlotGrant
from booking.rounds.setting_up import local_day, require_draft
from booking.rulebooks import NoRulebook
from booking.versions.known import book_on

GONE = (GrantState.DECLINED, GrantState.LAPSED, GrantState.UNDONE, GrantState.HANDED_BACK)


@dataclass(frozen=True, slots=True)
class Finding:
    """Something to look at before publishing. `stops`: it must be mended first; else it is only worth knowing."""

    code: str
    stops: bool
    facts: Mapping[str, Any] = field(default_factory=dict)


def findings(session: Session, round_: Round, now: datetime) -> list[Finding]:
    """What is missing or odd in a loaded round, what stops first."""
    found = [*_of_days(round_, now), *_of_rules(session, round_), *_of_hours(session, round_), *_of_words(round_)]
    return sorted(found, key=lambda one: not one.stops)


def _of_days(round_: Round, now: datetime) -> list[Finding]:
    closes_on = local_day(round_.apply_to_at, round_.zone)
    decided = round_.decide_by_on
    checks = [
        ("window_over", round_.apply_to_at <= now, True),
        ("window_after_season", closes_on >= round_.first_on, True),
        ("decided_before_deadline", decided is not None and decided <= closes_on, True),
        ("answer_before_deadline", round_.answer_by_at is not None and round_.answer_by_at <= round_.apply_to_at, True),
        ("decided_in_season", decided is not None and decided > round_.first_on, False),
        ("no_decision_day", decided is None, False),
        ("window_opened", round_.apply_from_at < now < round_.apply_to_at, False),
    ]
    return [Finding(code, stops) for code, holds, stops in checks if holds]


def _of_rules(session: Session, round_: Round) -> list[Finding]:
    try:
        book = book_on(session, round_.family, round_.first_on)
    except NoRulebook:
        return [Finding("no_rulebook", True, {"family": round_.family, "day": round_.first_on})]
    unsourced = [row["id"] for row in round_.quotas if not row.get("source")]
    unknown = [row["id"] for row in round_.quotas if set(row.get("classes", ())) - set(book.priority.classes)]
    pinned = round_.policy.get("history") == HistoryMode.PIN and not round_.policy.get("decision")
    members = round_.policy.get("fairness") == Fairness.MEMBERS and _members_missing(session)
    found = [Finding("quota_without_source", True, {"quota": one}) for one in unsourced]
    found += [Finding("quota_of_unknown_class", True, {"quota": one}) for one in unknown]
    found += [Finding("pin_without_decision", True)] if pinned else []
    return found + ([Finding("members_not_told", False, {"count": members})] if members else [])


def _members_missing(session: Session) -> int:
    query = select(Organisation.id).where(Organisation.kind == "association", Organisation.members_total.is_(None))
    return len(list(session.scalars(query)))


def _of_hours(session: Session, round_: Round) -> list[Finding]:
    spaces = spaces_of(round_)
    if not spaces:
        return [Finding("no_hours", True)]
    opened = hours.opening_hours(session, spaces)
    weeks = hours.weeks(round_)
    found = []
    for space in spaces:
        wished = [one for week in weeks[space.id].values() for one in week]
        checks = (
            ("outside_opening", not hours.covers(opened[space.id], wished)),
            ("off_grid", any(opens % round_.grid_min or closes % round_.grid_min for _day, opens, closes in wished)),
            ("other_rulebook", space.premises.rulebook != round_.family),
            ("not_bookable", not space.bookable),
        )
        found += [Finding(code, False, {"space": space}) for code, holds in checks if holds]
    return found


def _of_words(round_: Round) -> list[Finding]:
    said = [language for language in ("fi", "sv", "en") if round_.criteria.get(language)]
    half = bool(said) and not {"fi", "sv"} <= set(said)
    found = [Finding("no_swedish_name", False)] if not round_.name_sv else []
    return found + ([Finding("criteria_in_one_language", False)] if half else [])


def publish(session: Session, round_: Round, *, by: PersonId, now: datetime) -> None:
    """Let everybody see a loaded draft, its rulebook's version fixed. Raises NotNow, RoundNotReady."""
    require_draft(round_)
    faults = [one.code for one in findings(session, round_, now) if one.stops]
    if faults:
        raise RoundNotReady(faults=faults)
    round_.rulebook = book_on(session, round_.family, round_.first_on).id
    round_.state = RoundState.PUBLISHED.value
    _note(session, round_, NoticeKind.PUBLISHED, "", {"rulebook": round_.rulebook}, by, now)


def _note(
    session: Session,
    round_: Round,
    kind: NoticeKind,
    note: str,
    body: Mapping[str, Any],
    by: PersonId,
    now: datetime,
) -> None:
    round_.revision += 1
    session.add(RoundNotice(round_id=round_.id, kind=kind.value, at=now, by=by, note=note.strip(), body=dict(body)))
    session.flush()
    told = {NoticeKind.PUBLISHED: ActKind.ROUND_PUBLISHED, NoticeKind.POSTPONED: ActKind.ROUND_POSTPONED}
    told |= {NoticeKind.DRAWN: ActKind.ROUND_DRAWN, NoticeKind.CLOSED: ActKind.ROUND_CLOSED}
    tell(session, Act(told[kind], now, by, round_.ref, {**body, "note": note.strip()} if note else dict(body)))


def _require_note(note: str, field: str) -> None:
    if not note.strip():
        raise BadInput(field=field, problem="empty")


def notices(session: Session, round_: Round) -> list[RoundNotice]:
    """What has been done to a round since it was published, in order."""
    query = select(RoundNotice).where(RoundNotice.round_id == round_.id)
    return list(session.scalars(query.order_by(RoundNotice.at, RoundNotice.id)))


@dataclass(frozen=True, slots=True, kw_only=True)
class Later:
    """Days to move to; None: as it is."""

    apply_to_at: datetime | None = None
    late_until_at: datetime | None = None
    decide_by_on: date | None = None
    answer_by_at: datetime | None = None


DAYS = ("apply_to_at", "late_until_at", "decide_by_on", "answer_by_at")


def postpone(
    session: Session, round_: Round, later: Later, *, note: str, by: PersonId, now: datetime
) -> dict[str, Any]:
    """Move days of a published round later, with a note that everybody reads. Returns what moved, as [before, after].
    Raises NotNow once the number is drawn or slots are proposed, BadInput for an earlier day."""
    if round_.state not in (RoundState.PUBLISHED, RoundState.ALLOCATING):
        raise NotNow(state=round_.state)
    _require_note(note, "note")
    moved = {
        name: (getattr(round_, name), new)
        for name in DAYS
        if _moves(getattr(round_, name), new := getattr(later, name), name)
    }
    if not moved:
        raise BadInput(field="", problem="same")
    if "apply_to_at" in moved and (round_.public_draw or round_.state != RoundState.PUBLISHED):
        raise NotNow(state=round_.state, reason="round_drawn")
    for name, (_before, new) in moved.items():
        setattr(round_, name, new)
    if round_.late_until_at is not None and round_.late_until_at < round_.apply_to_at:
        round_.late_until_at = round_.apply_to_at
    body = {name: [before and before.isoformat(), new.isoformat()] for name, (before, new) in moved.items()}
    _note(session, round_, NoticeKind.POSTPONED, note, body, by, now)
    return body


def _moves(before: date | None, new: date | None, name: str) -> bool:
    """Whether a day is told that differs. Raises BadInput for an earlier one."""
    if new is None or new == before:
        return False
    if before is not None and new < before:
        raise BadInput(field=name.replace("_at", "_on"), problem="earlier")
    return True


def draw(session: Session, round_: Round, number: str, *, note: str, by: PersonId, now: datetime) -> None:
    """Note the number that was drawn in public after the deadline; `note`: how and before whom. Once only. Raises
    NotNow, BadInput."""
    if round_.public_draw:
        raise NotNow(state=round_.state, reason="round_drawn")
    if round_.state not in (RoundState.PUBLISHED, RoundState.ALLOCATING):
        raise NotNow(state=round_.state)
    if now < round_.apply_to_at:
        raise NotNow(state=round_.state, reason="round_open")
    _require_note(number, "number")
    _require_note(note, "draw_note")
    round_.public_draw = number.strip()
    _note(session, round_, NoticeKind.DRAWN, note, {"number": round_.public_draw}, by, now)


def close(session: Session, round_: Round, *, reason: str, by: PersonId, now: datetime) -> None:
    """End a round with nothing granted, and say why. Raises NotNow when slots of it stand."""
    _require_note(reason, "reason")
    standing = select(SlotGrant.id).where(
        SlotGrant.round_id == round_.id, SlotGrant.state.not_in([one.value for one in GONE])
    )
    if session.scalar(standing.limit(1)) is not None:
        raise NotNow(state=round_.state, reason="round_granted")
    if round_.state == RoundState.CLOSED:
        raise NotNow(state=round_.state)
    before, round_.state = round_.state, RoundState.CLOSED.value
    _note(session, round_, NoticeKind.CLOSED, reason, {"was": before}, by, now)


def applicants(session: Session, round_: Round, *, drafts: bool = True) -> Sequence[tuple[Application, Person]]:
    """Those who applied, or with `drafts` also those who have begun to: each application with whom to write to."""
    states = [ApplicationState.SENT.value, *([ApplicationState.DRAFT.value] if drafts else [])]
    query = (
        select(Application, Person)
        .join(Person, Person.id == Application.contact_id)
        .where(Application.round_id == round_.id, Application.state.in_(states))
        .order_by(Application.id)
    )
    return [(application, person) for application, person in session.execute(query)]
