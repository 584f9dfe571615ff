"""What the domain says no with: a stable code, facts, and a status; the sentences live in web/errors.py."""

from __future__ import annotations

from typing import Any, ClassVar


class Refusal(Exception):
    """The domain says no. `code` is stable for the API and the catalogues; `facts` fill the sentence."""

    code: ClassVar[str] = "refused"
    status: ClassVar[int] = 409

    def __init__(self, **facts: Any) -> None:
        super().__init__(f"{self.code} {facts}" if facts else self.code)
        self.facts: dict[str, Any] = facts


class NotAllowed(Refusal):
    """The person lacks the role."""

    code = "not_allowed"
    status = 403


class NotFound(Refusal):
    """No such thing, or not to be seen by this person. facts: what."""

    code = "not_found"
    status = 404


class BadInput(Refusal):
    """The wish cannot be understood. facts: field, problem."""

    code = "bad_input"
    status = 422


class NoSuchWallTime(BadInput):
    """The clocks jump over this time. facts: day, minute."""

    code = "no_such_time"


class EndsBeforeStart(BadInput):
    """The end is not after the start."""

    code = "ends_before_start"


class InThePast(Refusal):
    """The time has already begun."""

    code = "in_the_past"


class SpaceTaken(Refusal):
    """Somebody holds the space, a part of it or the whole. facts: space, starts_at, ends_at."""

    code = "space_taken"


class SpaceClosed(Refusal):
    """Outside opening hours, term, or on a closed day. facts: reason, day."""

    code = "space_closed"


class BadLength(Refusal):
    """Shorter, longer or off the start grid of the space. facts: problem (too_short, too_long, off_grid), minutes."""

    code = "bad_length"
    status = 422


class RuleRefuses(Refusal):
    """The rulebook excludes this use. facts: outcome."""

    code = "rule_refuses"


class RuleLimits(RuleRefuses):
    """A limit of the rulebook stands against this use. facts: outcome, kind, row, value, unit, told, deadline."""

    code = "rule_limits"


class HoldLost(Refusal):
    """The temporary hold ran out and somebody took the time."""

    code = "hold_lost"


class NotNow(Refusal):
    """The state of the thing does not allow the act. facts: state."""

    code = "not_now"


class SpaceUnderItself(Refusal):
    """A space cannot become its own ancestor."""

    code = "space_under_itself"


class AlreadyThere(Refusal):
    """One of these exists already. facts: what."""

    code = "already_there"


class TooMany(Refusal):
    """Too many tries in a short time. facts: retry_after_s."""

    code = "too_many"
    status = 429


class LinkSpent(Refusal):
    """The sign-in link or code is unknown, used or too old."""

    code = "link_spent"
    status = 403


class NotWhole(Refusal):
    """All or nothing was asked, and some dates are impossible. facts: dates, a list of {day, reason}."""

    code = "not_whole"


class Untimely(BadInput):
    """The owner's notice is too short for taking a time back. facts: field, problem (too_late, needs_reason), days."""

    code = "untimely"
    status = 409


class SlotImpossible(Refusal):
    """A hard fact stands against a weekly slot that an official sets. facts: problem, group (whose slot is in the way),
    others."""

    code = "slot_impossible"


class Banned(Refusal):
    """The organisation may not book there then: a sanction. facts: scope, until."""

    code = "banned"


class RoundNotReady(Refusal):
    """Something is missing before a season round can be published. facts: faults (their codes)."""

    code = "round_not_ready"


class ChangedMeanwhile(Refusal):
    """Somebody else saved it since it was looked at, and nothing of theirs is written over. facts: by, at."""

    code = "changed_meanwhile"


class NotOpen(Refusal):
    """Applications are not taken now. facts: reason (coming, over, draft)."""

    code = "not_open"


class Incomplete(BadInput):
    """The application cannot be sent as it is. facts: sections, a list of {section, name, faults}."""

    code = "incomplete"
