"""Why a door decided so, in words: the list it held, its clock, what was missing, and whether a replay agrees."""

from __future__ import annotations

from zoneinfo import ZoneInfo

from flask_babel import gettext as _
from jinja2 import Environment

from access.replay import Agreement, Missing, Replay
from devices.events import DoorReason, EventKind
from web import i18n
from web.clock import HELSINKI
from web.words_of_doors import door_word

LOOKS = {
    Agreement.SAME: "ok",
    Agreement.OTHER: "alarm",
    Agreement.LIST_UNKNOWN: "alarm",
    Agreement.UNSEEN: "unknown",
    Agreement.LIST_GONE: "unknown",
}


def start(jinja: Environment) -> None:
    jinja.globals |= {"replay_sentences": sentences, "replay_verdict": verdict, "replay_look": LOOKS.get}


def sentences(found: Replay, zone: ZoneInfo = HELSINKI) -> list[str]:
    """What the door knew and what was missing, one sentence each."""
    return [said for said in (_clock(found, zone), _held(found, zone), _why(found), _missing(found, zone)) if said]


def _clock(found: Replay, zone: ZoneInfo) -> str:
    if found.event.clock == "unknown":
        return str(_("The door did not know the time."))
    at = i18n.moment(found.event.device_at, zone)
    state = door_word(found.event.clock, "door_clock")
    return str(_("The door’s clock said %(at)s (%(state)s).", at=at, state=state))


def _held(found: Replay, zone: ZoneInfo) -> str:
    if found.held is None:
        return str(_("The door held no list of rights."))
    if found.issued_at is None or found.not_after is None:
        return str(_("The door says it held list v%(version)s.", version=found.held.version))
    times = {"at": i18n.moment(found.issued_at, zone), "until": i18n.moment(found.not_after, zone)}
    return str(
        _("The door held list v%(version)s, made %(at)s and good until %(until)s.", version=found.held.version, **times)
    )


def _why(found: Replay) -> str:
    reason = door_word(found.event.reason, "reason")
    if found.event.kind == EventKind.DENIED:
        return str(_("It did not open: %(reason)s.", reason=reason))
    if found.event.kind == EventKind.PENDING:
        return str(_("It waited: %(reason)s.", reason=reason))
    return str(_("It opened: %(reason)s.", reason=reason))


def _missing(found: Replay, zone: ZoneInfo) -> str:
    if found.missing is Missing.STRANGER and found.event.reason == DoorReason.UNKNOWN_CREDENTIAL:
        return str(_("Nobody here has such a card or PIN for this door."))
    if found.missing is Missing.NO_RIGHT:
        return str(_("Whose it is had no right at any door around that time."))
    return _near(found, zone) if found.near else ""


def _near(found: Replay, zone: ZoneInfo) -> str:
    near = found.near
    assert near is not None
    right = near.right
    facts = {
        "turn": f"{near.turn.booking.organisation.name}, {near.turn.space.name(i18n.language())}",
        "window": i18n.span(right.valid_from, right.valid_until, zone),
        "day": i18n.day(right.valid_from.astimezone(zone).date(), "short"),
    }
    version, out = right.in_version, right.out_version
    given = i18n.moment(right.given_at, zone)
    gone = i18n.moment(right.withdrawn_at, zone) if right.withdrawn_at else ""
    door = near.door.name(i18n.language())
    said = {
        Missing.NOTHING: _("The right that fits: %(turn)s, %(day)s %(window)s.", **facts),
        Missing.ON_ITS_WAY: _(
            "The right that fits (%(turn)s, %(day)s %(window)s) was given %(given)s with list v%(version)s, which the "
            "door did not have yet.",
            **facts,
            given=given,
            version=version,
        ),
        Missing.TAKEN_AWAY: _(
            "The right for %(turn)s, %(day)s %(window)s, was taken away %(gone)s, with list v%(version)s.",
            **facts,
            gone=gone,
            version=out,
        ),
        Missing.LEFT_OUT: _(
            "The right that fits (%(turn)s, %(day)s %(window)s) was left out, because the door had no room.", **facts
        ),
        Missing.OTHER_TIME: _("The nearest right at this door: %(turn)s, %(day)s %(window)s.", **facts),
        Missing.OTHER_DOOR: _("It fits another door, %(door)s: %(turn)s, %(day)s %(window)s.", **facts, door=door),
    }
    return str(said[found.missing])


def verdict(found: Replay) -> str:
    """What taking the decision again shows."""
    again = door_word(found.again.reason, "reason") if found.again else ""
    said = {
        Agreement.SAME: _("Decided again now with the same list and clock, it comes out the same."),
        Agreement.OTHER: _(
            "Decided again now it comes out otherwise: %(again)s. The door did not follow its list: have it looked at.",
            again=again,
        ),
        Agreement.UNSEEN: _("It rests on what only the door saw in that moment, so it cannot be decided again here."),
        Agreement.LIST_GONE: _(
            "The words of that list are no longer kept; its version and hash are. So it cannot be decided again."
        ),
        Agreement.LIST_UNKNOWN: _("This system never issued that list: treat the controller as stolen or restored."),
        Agreement.NOT_ASKED: "",
    }
    return str(said[found.agreement])
