"""From a wish to a rulebook's request, and from its outcome to what is kept on the occurrence."""

from __future__ import annotations

from typing import Any
from zoneinfo import ZoneInfo

from booking.core.rulebook import Activity, Applicant, Audience, Citation, Outcome, Place, Request, Timing, evaluate
from booking.core.span import Span
from booking.models import Organisation, Space
from booking.refusals import BadInput
from booking.rulebook_requests import is_holiday, plainly
from booking.rulebooks import NoRulebook, in_force
from booking.versions.known import books_near
from booking.wish import Wish

REGISTERED_KINDS = frozenset({"association", "foundation", "congregation", "party_branch"})


def judge(wish: Wish, space: Space, organisation: Organisation, span: Span, occasion: int | None = None) -> Outcome:
    """What the rulebook of the premises, in force on the day of use, says of this date.

    `occasion`: the how-manieth single time of the user in the season. Raises BadInput where no rulebook is in force."""
    zone = ZoneInfo(space.premises.zone)
    try:
        rulebook = in_force(books_near(space), space.premises.rulebook, span.starts_at.astimezone(zone).date())
    except NoRulebook as error:
        raise BadInput(field="space", problem="no_rulebook", rulebook=space.premises.rulebook) from error
    return evaluate(rulebook, request_of(wish, space, organisation, span, occasion))


def request_of(
    wish: Wish, space: Space, organisation: Organisation, span: Span, occasion: int | None = None
) -> Request:
    """The facts of one date of a wish; what nobody told stays not told."""
    told, standing = wish.audience, organisation.facts
    return Request(
        applicant=applicant_of(organisation),
        activity=Activity(
            purpose=wish.purpose,
            non_profit=_not(standing.get("for_profit")),
            complements=standing.get("complements"),
            entry_fee=told.get("entry_fee"),
            consents=tuple(told["consents"]) if "consents" in told else None,
        ),
        audience=Audience(
            total=wish.people,
            under_18=told.get("under_18"),
            under_20=told.get("under_20"),
            residents=told.get("residents"),
            under_18_residents=told.get("under_18_residents"),
            group=told.get("group"),
            targets_residents=told.get("targets_residents"),
        ),
        space=Place(
            kind=space.kind,
            premises_kind=space.premises_kind or space.premises.kind,
            premises=space.premises.ref,
            supervised=space.supervised,
            area_m2=space.area_m2,
            capacity=space.capacity,
        ),
        time=Timing(
            booking_type="regular" if wish.regular else "single",
            span=span,
            zone=ZoneInfo(space.premises.zone),
            occasion=occasion,
            holiday=is_holiday(span.starts_at.astimezone(ZoneInfo(space.premises.zone)).date()),
        ),
    )


def applicant_of(organisation: Organisation) -> Applicant:
    """What the register knows of an applicant."""
    standing = organisation.facts
    registered = bool(organisation.registration_number) or organisation.kind in REGISTERED_KINDS
    return Applicant(
        kind=organisation.kind,
        domicile=organisation.domicile or None,
        works_in=tuple(standing["works_in"]) if "works_in" in standing else None,
        registered=standing.get("registered", registered),
        for_profit=standing.get("for_profit"),
        purposes=tuple(organisation.purposes),
        grants=tuple(standing.get("grants", ())),
        relation=standing.get("relation"),
    )


def snapshot(outcome: Outcome) -> dict[str, Any]:
    """The outcome as JSON, kept with the occurrence: nothing that changes later changes what was decided."""
    return {
        "kind": outcome.kind.value,
        "priority_class": outcome.priority_class,
        "priority_rank": outcome.priority_rank,
        "priority_name": dict(outcome.priority_name),
        "price_name": dict(outcome.price_name),
        "price_class": outcome.price_class,
        "price_cents": outcome.price_cents,
        "normal_cents": outcome.normal_cents,
        "subsidy_cents": outcome.subsidy_cents,
        "formula": outcome.formula,
        "decider": outcome.decider,
        "redirect_to": outcome.redirect_to,
        "redirects": list(outcome.redirects),
        "reasons": [citation_facts(reason) for reason in outcome.reasons],
        "matched": [citation_facts(row) for row in outcome.matched],
        "obligations": [citation_facts(row) for row in outcome.obligations],
        "missing": list(outcome.missing),
        "facts": {name: plainly(value) for name, value in outcome.facts.items()},
    }


def citation_facts(citation: Citation) -> dict[str, Any]:
    """A cited row as JSON."""
    return {
        "rulebook": citation.rulebook,
        "version": citation.version,
        "table": citation.table,
        "row": citation.row,
        "decision": citation.decision,
        "source": citation.source,
        "valid_from": citation.valid_from.isoformat(),
        "text": dict(citation.text),
    }


def _not(value: bool | None) -> bool | None:  # noqa: FBT001 - a fact, not a flag
    return None if value is None else not value
