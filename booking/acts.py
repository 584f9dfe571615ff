"""Acts: what somebody did, told on the session and kept in the audit log by the same commit (adr/0001)."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import event
from sqlalchemy.orm import Session, SessionTransaction

from booking.ids import OccurrenceId, PersonId, PremisesId


class ActKind(StrEnum):
    """One vocabulary for everything the audit log holds."""

    BOOKING_HELD = "booking.held"
    BOOKING_MADE = "booking.made"
    BOOKING_MOVED = "booking.moved"
    BOOKING_CANCELLED = "booking.cancelled"
    BOOKING_APPROVED = "booking.approved"
    BOOKING_REFUSED = "booking.refused"
    BOOKING_RESTORED = "booking.restored"
    DECISION_PASSED_ON = "decision.passed_on"
    DECISION_STOPPED = "decision.stopped"
    LIMIT_EXCEEDED = "limit.exceeded"
    OCCURRENCE_DISPLACED = "occurrence.displaced"
    OCCURRENCE_RELEASED = "occurrence.released"
    ATTENDANCE_TOLD = "attendance.told"
    ATTENDANCE_LINK = "attendance.link"
    HAPPENING_NOTED = "happening.noted"
    HAPPENING_DECIDED = "happening.decided"
    HAPPENING_OBJECTED = "happening.objected"
    SWAP_ASKED = "swap.asked"
    SWAP_ENDED = "swap.ended"
    SUBSTITUTE_TAKEN = "substitute.taken"
    GROUP_SESSION_SET = "group_session.set"
    GROUP_SESSION_ENDED = "group_session.ended"
    GRANT_HANDED_BACK = "grant.handed_back"
    GRANT_EXCEPTION = "grant.exception"
    GRANT_YEAR_MADE = "grant.year_made"
    GRANT_SWAP_ASKED = "grant.swap_asked"
    GRANT_SWAP_ENDED = "grant.swap_ended"
    WAITING_JOINED = "waiting.joined"
    WAITING_LEFT = "waiting.left"
    SLOT_FREED = "slot.freed"
    SLOT_OFFERED = "slot.offered"
    SLOT_ANSWERED = "slot.answered"
    SLOT_LEFT_OVER = "slot.left_over"
    SANCTION_PROPOSED = "sanction.proposed"
    SANCTION_GIVEN = "sanction.given"
    SANCTION_ENDED = "sanction.ended"
    DEBT_STEP = "debt.step"
    PREMISES_CHANGED = "premises.changed"
    SPACE_CHANGED = "space.changed"
    HOURS_CHANGED = "hours.changed"
    CLOSED_DAYS_CHANGED = "closed_days.changed"
    ORGANISATION_CHANGED = "organisation.changed"
    ORGANISATION_MERGED = "organisation.merged"
    ORGANISATION_DISSOLVED = "organisation.dissolved"
    REGISTER_IMPORTED = "register.imported"
    REGISTER_EXPORTED = "register.exported"
    GROUP_CHANGED = "group.changed"
    UMBRELLA_CHANGED = "umbrella.changed"
    PROOF_RECEIVED = "proof.received"
    PROOF_CHECKED = "proof.checked"
    PROOF_REFUSED = "proof.refused"
    PROOF_WARNED = "proof.warned"
    REPORT_CHANGED = "report.changed"
    REPORT_SENT = "report.sent"
    REPORT_REOPENED = "report.reopened"
    REPORT_ACCEPTED = "report.accepted"
    COMMITMENT_SIGNED = "commitment.signed"
    COMMITMENT_ENDED = "commitment.ended"
    BOOKING_HANDED_OVER = "booking.handed_over"
    PERSON_CHANGED = "person.changed"
    PERSON_VIEWED = "person.viewed"
    PERSON_ERASED = "person.erased"
    ROLE_GRANTED = "role.granted"
    ROLE_ENDED = "role.ended"
    SIGN_IN_ASKED = "sign_in.asked"
    SIGNED_IN = "sign_in.done"
    SIGN_IN_FAILED = "sign_in.failed"
    SIGNED_OUT = "sign_in.ended"
    FEED_MADE = "feed.made"
    FEED_REVOKED = "feed.revoked"
    RULEBOOK_IN_FORCE = "rulebook.in_force"
    CHARGE_MADE = "charge.made"
    CHARGE_CHANGED = "charge.changed"
    INVOICER_CHANGED = "invoicer.changed"
    INVOICE_RUN_MADE = "invoice.run_made"
    INVOICE_CHANGED = "invoice.changed"
    INVOICE_EXPORTED = "invoice.exported"
    INVOICE_CREDITED = "invoice.credited"
    INVOICE_REMINDED = "invoice.reminded"
    PAYMENT_NOTED = "payment.noted"
    RULEBOOK_DRAFT = "rulebook.draft"
    RULEBOOK_STEP = "rulebook.step"
    MONEY_GRANT_ENTERED = "money_grant.entered"
    MONEY_GRANT_WITHDRAWN = "money_grant.withdrawn"
    REPORT_EXPORTED = "report.exported"
    ROUND_PROPOSED = "round.proposed"
    ROUND_DECISION = "round.decision_step"
    ROUND_UNDO = "round.undo_step"
    GRANT_ANSWERED = "grant.answered"
    GRANT_REPLIED = "grant.replied"
    GRANT_SETTLED = "grant.settled"
    GRANT_FILED = "grant.filed"
    REVIEW_STEP = "review.step"
    ROUND_CHANGED = "round.changed"
    ROUND_HOURS_CHANGED = "round.hours_changed"
    ROUND_PUBLISHED = "round.published"
    ROUND_POSTPONED = "round.postponed"
    ROUND_DRAWN = "round.drawn"
    ROUND_CLOSED = "round.closed"
    APPLICATION_STARTED = "application.started"
    APPLICATION_CHANGED = "application.changed"
    APPLICATION_SENT = "application.sent"
    APPLICATION_WITHDRAWN = "application.withdrawn"
    APPLICATIONS_EXPORTED = "application.exported"
    ROUND_JUDGED = "round.judged"
    ROUND_CLASS_GIVEN = "round.class_given"
    SCENARIO_ASKED = "scenario.asked"
    SCENARIO_ENDED = "scenario.ended"
    SCENARIO_CHANGED = "scenario.changed"
    SCENARIO_CHOSEN = "scenario.chosen"
    SCENARIO_DELETED = "scenario.deleted"
    CREDENTIAL_ENROLLED = "credential.enrolled"
    CREDENTIAL_CHANGED = "credential.changed"
    CREDENTIAL_REVOKED = "credential.revoked"
    PIN_MADE = "credential.pin_made"
    PIN_SHOWN = "credential.pin_shown"
    VISITOR_CODE_MADE = "credential.visitor_code"
    CARD_SHOWING = "credential.showing"
    STAND_IN_GIVEN = "stand_in.given"
    STAND_IN_WITHDRAWN = "stand_in.withdrawn"
    METAL_KEY_CHANGED = "metal_key.changed"
    METAL_KEY_HANDED_OUT = "metal_key.handed_out"
    METAL_KEY_BACK = "metal_key.back"
    METAL_KEY_REMINDED = "metal_key.reminded"
    PHONE_PRESSED = "door.phone_pressed"
    DOOR_SCREEN = "door.screen"
    DOOR_CHANGED = "door.changed"
    DOOR_MODE_ORDERED = "door.mode_ordered"
    DOOR_MODE_CONFIRMED = "door.mode_confirmed"
    DOOR_RULES_CHANGED = "door.rules_changed"
    FREE_TIMES_CHANGED = "door.free_times_changed"
    STAFF_ACCESS_CHANGED = "staff_access.changed"
    CONTROLLERS_PREPARED = "door.controllers_prepared"
    CONTROLLER_CLAIMED = "door.controller_claimed"
    NEWCOMER_FORGOTTEN = "door.newcomer_forgotten"
    HOME_ASSISTANT_SET = "door.home_assistant_set"
    DOOR_LIST_ISSUED = "door.list_issued"
    DOOR_LIST_CONFIRMED = "door.list_confirmed"
    DOOR_EVENT = "door.event"
    DOOR_DECIDED = "door.decided"
    DOOR_COMMAND_ASKED = "door.command_asked"
    DOOR_COMMAND_ENDED = "door.command_ended"
    DOOR_ALARM = "door.alarm"
    DOOR_ALARM_TOLD = "door.alarm_told"
    DOOR_ALARM_CARED = "door.alarm_cared"
    ALARM_HOUSE_CHANGED = "door.alarm_house"
    DOOR_EVENT_EXPLAINED = "door.event_explained"
    LOG_RAN_OUT = "log.ran_out"
    LOG_HOLD_SET = "log.hold_set"
    LOG_HOLD_LIFTED = "log.hold_lifted"
    LOG_VIEWED = "log.viewed"
    LOG_EXPORTED = "log.exported"


@dataclass(frozen=True, slots=True)
class Act:
    """One thing done. `at`: its instant; `actor`: who did it (None: the system or a stranger); `subject`:
    the random ref of what it was done to. `body` may hold personal data: it goes into the erasable part of the log.
    `persons` are those whom the body concerns, `occurrences` those whose door rights it may change."""

    kind: ActKind
    at: datetime
    actor: PersonId | None
    subject: str
    body: Mapping[str, Any] = field(default_factory=dict)
    premises: PremisesId | None = None
    persons: tuple[PersonId, ...] = ()
    occurrences: tuple[OccurrenceId, ...] = ()


KeepActs = Callable[[Session, Sequence[Act]], None]
_PENDING = "vuoro_acts"


def tell(session: Session, act: Act) -> None:
    """Say that something was done; it is kept when, and only when, the transaction commits."""
    session.info.setdefault(_PENDING, []).append(act)


def told(session: Session) -> tuple[Act, ...]:
    """The acts told in this transaction so far."""
    return tuple(session.info.get(_PENDING, ()))


def keep_with(session_class: type[Session], keep_acts: KeepActs) -> None:
    """Have every outermost commit of `session_class` hand its acts to `keep_acts` first, inside the transaction."""

    @event.listens_for(session_class, "before_commit")
    def keep(session: Session) -> None:
        if session.in_nested_transaction():
            return
        while acts := session.info.pop(_PENDING, None):
            keep_acts(session, acts)

    @event.listens_for(session_class, "after_soft_rollback")
    def forget(session: Session, previous: SessionTransaction) -> None:
        if previous.parent is None:
            session.info.pop(_PENDING, None)
