"""Names of the phases of rounds, and other words of their pages. Writers of pages of rounds add theirs."""

from __future__ import annotations

from datetime import date
from typing import Any

from babel.dates import format_date
from flask_babel import lazy_gettext as _l

from booking.core.allocation.instance import Fairness, HistoryMode, Tier
from booking.models import Space
from booking.rounds.annual_clock import ClockDay, ClockKind
from booking.rounds.listing import Phase
from booking.rounds.notice_models import NoticeKind
from booking.rounds.publishing import Finding
from web import i18n
from web.rule_words import said

PHASES: dict[str, Any] = {
    Phase.DRAFT: _l("draft"),
    Phase.COMING: _l("not yet open"),
    Phase.OPEN: _l("open for applications"),
    Phase.LATE: _l("late applications only"),
    Phase.OVER: _l("being allocated"),
    Phase.PROPOSED: _l("proposed to the applicants"),
    Phase.DECIDED: _l("decided"),
    Phase.CLOSED: _l("closed"),
}
LOOKS = {"draft": "waiting", "coming": "waiting", "open": "ok", "late": "waiting", "decided": "ok", "closed": "ended"}
TIER_NAMES: dict[str, Any] = {
    Tier.ORDER: _l("The order of the rules’ tie-breaks"),
    Tier.FAIRNESS: _l("Fairness between organisations"),
    Tier.PREFERENCE: _l("The wishes of the groups"),
    Tier.HISTORY: _l("Last season’s times"),
    Tier.DURATION: _l("Longer times"),
}
TIERS_SAID: dict[str, Any] = {
    Tier.ORDER: _l("Groups that come earlier by the rules’ tie-breaks get their times first."),
    Tier.FAIRNESS: _l("Times are divided so that no organisation falls behind the others of its class."),
    Tier.PREFERENCE: _l("Each group gets the spaces and times that it wished most, as far as possible."),
    Tier.HISTORY: _l("A group keeps the time it had last season, when it really used it."),
    Tier.DURATION: _l("Times are made longer than the shortest that was asked, as far as there is room."),
}
FAIRNESS: dict[str, Any] = {
    Fairness.SHARE: _l("share of the weekly times that an organisation asked for"),
    Fairness.MEMBERS: _l("weekly hours for each active member"),
    Fairness.NONE: _l("no measure"),
}
HISTORY: dict[str, Any] = {
    HistoryMode.NONE: _l("Last season counts for nothing."),
    HistoryMode.TIE_BREAK: _l("Last season decides only between plans that are otherwise equally good."),
    HistoryMode.PIN: _l("Last season’s times are kept before anything else."),
}
NOTICES: dict[str, Any] = {
    NoticeKind.PUBLISHED: _l("Published"),
    NoticeKind.POSTPONED: _l("Days moved later"),
    NoticeKind.DRAWN: _l("Number drawn in public"),
    NoticeKind.CLOSED: _l("Closed with nothing granted"),
}
CLOCK_GROUPS: dict[str, Any] = {
    "round": _l("Applying and deciding"),
    "season": _l("Seasons"),
    "rule": _l("Days of the rules"),
    "term": _l("Terms of premises"),
}
CLOCK_KINDS: dict[str, Any] = {
    ClockKind.APPLY: _l("Applying"),
    ClockKind.LATE: _l("Late applications"),
    ClockKind.ANSWER_BY: _l("Answer proposals by"),
    ClockKind.DECIDE_BY: _l("Decided by"),
    ClockKind.APPEAL_ENDS: _l("Appealing ends"),
    ClockKind.SEASON: _l("Season"),
    ClockKind.PERIOD: _l("Period"),
    ClockKind.TERM: _l("Term"),
}
OF_ROUNDS = frozenset(
    {ClockKind.APPLY, ClockKind.LATE, ClockKind.ANSWER_BY, ClockKind.DECIDE_BY, ClockKind.APPEAL_ENDS}
)
FINDINGS: dict[str, Any] = {
    "no_hours": _l("No space has hours that can be applied for."),
    "no_rulebook": _l("The rules “%(family)s” have no version in force on %(day)s."),
    "window_over": _l("The window for applying is over already."),
    "window_after_season": _l("The window for applying ends after the season has begun."),
    "decided_before_deadline": _l("The day of deciding is before the end of the window."),
    "answer_before_deadline": _l("Proposals would be answered before the window is over."),
    "quota_without_source": _l("A quota does not say by which decision it is."),
    "quota_of_unknown_class": _l("A quota names a class that the rules do not have."),
    "pin_without_decision": _l("Keeping last season’s times needs a decision: write it in the settings."),
    "decided_in_season": _l("Slots are decided only after the season has begun."),
    "no_decision_day": _l("No day is told by which slots are decided."),
    "window_opened": _l("The window is open from the moment of publishing: its first day has passed."),
    "members_not_told": _l("%(count)s associations have not told how many members they have; they count as none."),
    "outside_opening": _l("%(space)s: the bookable hours reach outside the opening hours."),
    "off_grid": _l("%(space)s: the bookable hours do not begin and end on the grid of times."),
    "other_rulebook": _l("%(space)s: the premises go by other rules than the round."),
    "not_bookable": _l("%(space)s: the space cannot be booked."),
    "no_swedish_name": _l("The round has no Swedish name."),
    "criteria_in_one_language": _l("The town’s own text on the criteria is not in both Finnish and Swedish."),
}


def notice_word(kind: str) -> str:
    return str(NOTICES[kind])


def finding_said(one: Finding) -> str:
    """What is missing or odd, in a sentence."""
    facts = dict(one.facts)
    if isinstance(space := facts.get("space"), Space):
        language = i18n.language()
        facts["space"] = f"{space.premises.name(language)}, {space.name(language)}"
    if "day" in facts:
        facts["day"] = i18n.day(facts["day"], "plain")
    return str(FINDINGS[one.code]) % facts


def clock_group(one: ClockDay) -> str:
    """By what a day of the annual clock is filtered and coloured."""
    if one.round is not None:
        return "round" if one.kind in OF_ROUNDS else "season"
    return "term" if one.kind == ClockKind.TERM else "rule"


def clock_said(one: ClockDay) -> str:
    """A day of the annual clock in words."""
    language = i18n.language()
    if one.round is not None:
        whose, named = one.round.name(language), said(one.name)
        return f"{CLOCK_KINDS[one.kind]}: {whose}" + (f", {named}" if named else "")
    if one.premises is not None:
        return f"{said(one.name)}: {one.premises.name(language)}"
    return said(one.name, one.kind)


def period_name(period: dict[str, str]) -> str:
    """The name of a period of a round in the page's language, else in Finnish."""
    own = period.get(f"name_{i18n.language()}")
    return own or period["name"]


def month_name(first: date) -> str:
    """A month by its name and year."""
    return format_date(first, "LLLL y", locale=i18n.locale()).capitalize()


def tier_name(tier: str) -> str:
    return str(TIER_NAMES[tier])


def phase_word(phase: str) -> str:
    return str(PHASES[phase])


def phase_look(phase: str) -> str:
    """How a phase is marked."""
    return LOOKS.get(phase, "waiting")


FILTERS = {
    "round_phase": phase_word,
    "round_phase_look": phase_look,
    "round_notice": notice_word,
    "period_name": period_name,
    "tier_name": tier_name,
    "month_name": month_name,
    "clock_said": clock_said,
    "clock_group": clock_group,
    "iso_day": date.fromisoformat,
    "said_text": said,
}
